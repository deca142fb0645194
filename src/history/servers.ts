import type { NodeConfig } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import { PgliteServer } from '../adapters/pglite/pglite-server.ts';
import { PostgresServer } from '../adapters/postgres/postgres-server.ts';
import type { DatabaseServer } from './database-server.ts';

/** Connections kept for writing: questions can take all of theirs and records still go in. */
const WRITE_CONNECTIONS = 2;

/** The databases of a history. */
export interface Servers {
  readonly write: DatabaseServer;
  /** May be the same. */
  readonly read: DatabaseServer;
  readonly replicas: readonly DatabaseServer[];
}

/** Not connected yet: that happens when they are asked. */
export function serversOf(config: NodeConfig['history'], dir: string, clock: Clock): Servers {
  const { url, replicas, poolMax, acquireTimeoutMs, statementTimeoutMs } = config;
  const timeouts = { acquireTimeoutMs, statementTimeoutMs };
  if (url === null) {
    const embedded = new PgliteServer({ name: 'embedded', dir, clock, ...timeouts });
    return { write: embedded, read: embedded, replicas: [] };
  }
  const writes = Math.min(WRITE_CONNECTIONS, Math.max(1, poolMax - 1));
  const server = (name: string, url: string, connectionsMax: number) =>
    new PostgresServer({ name, url, connectionsMax, ...timeouts });
  return {
    write: server('primary-writes', url, writes),
    read: server('primary', url, Math.max(1, poolMax - writes)),
    replicas: replicas.map((replica, i) => server(`replica-${i + 1}`, replica, poolMax)),
  };
}
