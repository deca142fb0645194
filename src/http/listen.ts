import uWS, { type ListenOptions, type TemplatedApp, type us_listen_socket } from 'uWebSockets.js';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { NodeConfig } from '../../config/schema.ts';
import { CamshardError, errorMessage } from '../../core/errors.ts';

/**
 * An app that speaks TLS where certificates are configured.
 * @throws CamshardError `tls_failed` naming the file, where one cannot be read or the two are no pair.
 */
export function createApp(config: NodeConfig['server']): TemplatedApp {
  if (config.tls === null) return uWS.App();
  const { certFile, keyFile } = config.tls;
  try {
    // uWebSockets.js says no more than "App construction failed".
    createSecureContext({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
    return uWS.SSLApp({ cert_file_name: certFile, key_file_name: keyFile });
  } catch (cause) {
    const files = `server.tls.certFile ${certFile}, server.tls.keyFile ${keyFile}`;
    throw new CamshardError('tls_failed', `cannot serve TLS with ${files}: ${errorMessage(cause)}`, { cause });
  }
}

export interface Listening {
  readonly port: number;
  /** `http(s)://host:port` to reach it from this machine. */
  readonly url: string;
  /** Takes no new connections; the open ones stay. */
  close(): void;
}

/** `ListenOptions.LIBUS_LISTEN_EXCLUSIVE_PORT`: the package declares that enum, and has none at run time. */
const EXCLUSIVE_PORT: ListenOptions = 1;

/** @throws CamshardError `listen_failed` where the address is taken or not this machine's. */
export function listen(app: TemplatedApp, config: NodeConfig['server']): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const done = (socket: us_listen_socket | false): void => {
      if (socket === false) {
        reject(listenFailed(config));
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
    if (config.host === '0.0.0.0') app.listen(config.port, EXCLUSIVE_PORT, done);
    else app.listen(config.host, config.port, done);
  });
}

/**
 * uWebSockets.js shares a port among processes (SO_REUSEPORT), and given a host cannot be told not to: a second node
 * would start without complaint and take half the cameras. A plain socket finds out whether the address is taken.
 * @throws CamshardError `listen_failed`
 */
export function assertAddressFree(config: NodeConfig['server']): Promise<void> {
  if (config.port === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause) => reject(listenFailed(config, cause)));
    probe.listen({ host: config.host, port: config.port, exclusive: true }, () => probe.close(() => resolve()));
  });
}

function listenFailed(config: NodeConfig['server'], cause?: unknown): CamshardError {
  const where = `${config.host}:${config.port}`;
  return new CamshardError('listen_failed', `cannot listen on ${where}: is another program using it?`, { cause });
}
