import { isIP } from 'node:net';
import type { NodeConfig } from './schema.ts';

/** A relation between keys that does not hold. */
export interface RuleBreach {
  readonly key: string;
  readonly message: string;
}

/** Whether an address to bind is reachable from this machine only. A name other than `localhost` never counts. */
export function isLoopback(host: string): boolean {
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const address = bare.toLowerCase().startsWith('::ffff:') ? bare.slice(7) : bare;
  if (isIP(address) === 4) return address.startsWith('127.');
  return bare === '::1' || bare.toLowerCase() === 'localhost';
}

/** The rules that span several keys; what one key may hold is the schema's. */
export function checkConfig(config: NodeConfig): readonly RuleBreach[] {
  const breaches: RuleBreach[] = [];
  const { server, auth, ingest, batching } = config;
  if (auth.token === null && !isLoopback(server.host)) {
    breaches.push({
      key: 'server.host',
      message:
        `"${server.host}" is reachable from other machines and auth.token is not set: anybody could send frames and ` +
        'watch cameras. Set auth.token (CAMSHARD_AUTH__TOKEN, 16 characters or more), or bind 127.0.0.1',
    });
  }
  if (batching.batchDelayMsMax >= batching.frameDeadlineMs) {
    breaches.push({
      key: 'batching.batchDelayMsMax',
      message:
        `${batching.batchDelayMsMax} ms must be under batching.frameDeadlineMs (${batching.frameDeadlineMs} ms): ` +
        'frames would expire while the device waits for company',
    });
  }
  if (ingest.picturePixelsMax > ingest.sidePixelsMax ** 2) {
    breaches.push({
      key: 'ingest.picturePixelsMax',
      message:
        `${ingest.picturePixelsMax} pixels must be at most the square of ingest.sidePixelsMax ` +
        `(${ingest.sidePixelsMax ** 2}): it would never act`,
    });
  }
  return breaches;
}
