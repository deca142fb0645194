import uWS, { type TemplatedApp, type us_listen_socket } from 'uWebSockets.js';
import type { NodeConfig } from '../../config/schema.ts';
import { CamshardError } from '../../core/errors.ts';

/** An app that speaks TLS where certificates are configured. */
export function createApp(config: NodeConfig['server']): TemplatedApp {
  if (config.tls === null) return uWS.App();
  return uWS.SSLApp({ cert_file_name: config.tls.certFile, key_file_name: config.tls.keyFile });
}

export interface Listening {
  readonly port: number;
  /** `http(s)://host:port` to reach it from this machine. */
  readonly url: string;
  /** Takes no new connections; the open ones stay. */
  close(): void;
}

/** @throws CamshardError `listen_failed` where the address is taken or not this machine's. */
export function listen(app: TemplatedApp, config: NodeConfig['server']): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const done = (socket: us_listen_socket | false): void => {
      if (socket === false) {
        const where = `${config.host}:${config.port}`;
        reject(new CamshardError('listen_failed', `cannot listen on ${where}: is another program using it?`));
        return;
      }
      const port = uWS.us_socket_local_port(socket);
      const scheme = config.tls === null ? 'http' : 'https';
      const host = config.host === '0.0.0.0' || config.host === '::' ? 'localhost' : config.host;
      resolve({
        port,
        url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
        close: () => uWS.us_listen_socket_close(socket),
      });
    };
    // uWebSockets.js shares ports among processes unless told not to, and a second node would take half the cameras.
    if (config.host === '0.0.0.0') app.listen(config.port, uWS.ListenOptions.LIBUS_LISTEN_EXCLUSIVE_PORT, done);
    else app.listen(config.host, config.port, done);
  });
}
