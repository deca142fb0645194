import { createServer } from 'node:net';
import { CamshardError, errorMessage } from '../../core/errors.ts';

/**
 * A TCP port of `host` that nobody listens on.
 *
 * `camshard up --port 0` chooses the port itself, and the node is told it: a restarted node must come back on the same
 * one, and uWebSockets.js marks its listening address as reusable only where a port was given. Left to choose, a node
 * that was killed with cameras connected would find its own port in use for a minute (TIME_WAIT).
 * @throws CamshardError `listen_failed` where the host is no address of this machine
 */
export function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      reject(new CamshardError('listen_failed', `cannot listen on ${host}: ${errorMessage(error)}`, { cause: error }));
    });
    server.listen({ host, port: 0, exclusive: true }, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
