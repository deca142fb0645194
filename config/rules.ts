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
  return [...breaches, ...checkCluster(config)];
}

/** What has to hold for a node to be one of several. */
function checkCluster({ cluster, redis, history }: NodeConfig): readonly RuleBreach[] {
  const breaches: RuleBreach[] = [];
  if (cluster.leaseRenewMs * 3 > cluster.leaseTtlMs) {
    breaches.push({
      key: 'cluster.leaseRenewMs',
      message: `three times ${cluster.leaseRenewMs} ms must fit cluster.leaseTtlMs (${cluster.leaseTtlMs} ms): two renewals may be lost`,
    });
  }
  if (cluster.leaseGuardMs + cluster.leaseRenewMs >= cluster.leaseTtlMs) {
    breaches.push({
      key: 'cluster.leaseGuardMs',
      message: `${cluster.leaseGuardMs} ms and a renewal must be under cluster.leaseTtlMs (${cluster.leaseTtlMs} ms): the lease would end between two renewals`,
    });
  }
  if (cluster.adapter === 'local') return breaches;
  if (redis.url === null) {
    breaches.push({ key: 'redis.url', message: 'cluster.adapter: redis needs to know where Redis is' });
  }
  if (cluster.secret === null) {
    breaches.push({
      key: 'cluster.secret',
      message: 'cluster.adapter: redis needs a secret (16 characters or more) that its nodes share',
    });
  }
  if (history.enabled && history.url === null) {
    breaches.push({
      key: 'history.url',
      message:
        'a cluster has one PostgreSQL: each node with an embedded database of its own would answer for its own cameras ' +
        'only. Set history.url, or history.enabled: false',
    });
  }
  return breaches;
}
