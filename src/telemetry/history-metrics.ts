import { Counter, Gauge, type Registry } from 'prom-client';
import type { History, HistoryStatus } from '../history/port.ts';
import type { HistoryQueries, QueryCounters } from '../history/queries/history-queries.ts';
import { type Labels, pulled, single } from './pulled-metric.ts';

const STATES = ['opening', 'ready', 'down', 'closed'] as const;

/** The history's database, its pools and what waits for it. */
export function registerHistory(registry: Registry, history: Pick<History, 'status'>): void {
  const status = (): HistoryStatus => history.status();
  const one = (
    Kind: typeof Gauge<string> | typeof Counter<string>,
    name: string,
    help: string,
    read: (now: HistoryStatus) => number,
  ): void =>
    pulled(
      registry,
      Kind,
      name,
      help,
      [],
      single(() => read(status())),
    );

  pulled(registry, Gauge, 'camshard_history_state', '1 for the state the database is in.', ['state'], function* () {
    const now = status().state;
    for (const state of STATES) yield [{ state }, Number(state === now)] as const;
  });
  pulled(
    registry,
    Counter,
    'camshard_history_records_total',
    'Records by what became of them; accepted minus the others wait for the database.',
    ['outcome', 'reason'],
    function* () {
      const { dropped, ...outcomes } = status().records;
      for (const [outcome, n] of Object.entries(outcomes)) yield [{ outcome, reason: '' }, n] as const;
      for (const [reason, n] of Object.entries(dropped)) yield [{ outcome: 'dropped', reason }, n] as const;
    },
  );
  one(Counter, 'camshard_history_rows_written_total', 'Rows written.', (now) => now.rowsWritten);
  one(Counter, 'camshard_history_transactions_total', 'Batches written.', (now) => now.transactions);
  one(
    Counter,
    'camshard_history_write_failures_total',
    'Batches that failed and were tried again.',
    (now) => now.writeFailures,
  );
  one(Gauge, 'camshard_history_spool_records', 'Records that wait for the database.', (now) => now.spool.records);
  one(Gauge, 'camshard_history_spool_bytes', 'Bytes of the spool on the disk.', (now) => now.spool.bytes);
  one(Gauge, 'camshard_history_spool_max_bytes', 'Bytes the spool may have.', (now) => now.spool.bytesMax);
  one(
    Gauge,
    'camshard_history_behind_seconds',
    'How long records have been waiting for a database that fails, seconds; 0 while it takes them.',
    (now) => now.delayMs / 1_000,
  );
  one(Gauge, 'camshard_history_breaker_open', '1 where writing waits for a database that failed.', (now) =>
    Number(now.breaker !== 'closed'),
  );

  const perServer = (read: (server: HistoryStatus['servers'][number]) => number | null) =>
    function* (): Generator<readonly [Labels, number]> {
      for (const server of status().servers) {
        const value = read(server);
        if (value !== null) yield [{ server: server.name }, value] as const;
      }
    };
  pulled(
    registry,
    Gauge,
    'camshard_history_server_up',
    '1 where the server answered last.',
    ['server'],
    perServer(({ up }) => Number(up)),
  );
  pulled(
    registry,
    Gauge,
    'camshard_history_connections',
    'Open connections of the pool, by state.',
    ['server', 'state'],
    function* () {
      for (const { name: server, connectionsOpen, connectionsBusy } of status().servers) {
        yield [{ server, state: 'busy' }, connectionsBusy] as const;
        yield [{ server, state: 'idle' }, Math.max(0, connectionsOpen - connectionsBusy)] as const;
      }
    },
  );
  pulled(
    registry,
    Gauge,
    'camshard_history_connections_max',
    'Connections the pool may have.',
    ['server'],
    perServer(({ connectionsMax }) => connectionsMax),
  );
  pulled(
    registry,
    Gauge,
    'camshard_history_connection_waiters',
    'Callers that wait for a connection of the pool.',
    ['server'],
    perServer(({ waiting }) => waiting),
  );
  pulled(
    registry,
    Counter,
    'camshard_history_acquire_timeouts_total',
    'Callers that got no connection in time.',
    ['server'],
    perServer(({ acquireTimeouts }) => acquireTimeouts),
  );
  pulled(
    registry,
    Gauge,
    'camshard_history_replica_lag_seconds',
    'How far a replica is behind the primary, seconds.',
    ['server'],
    perServer(({ lagMs }) => (lagMs === null ? null : lagMs / 1_000)),
  );
}

/** What the history is asked, and how much of it the cache answers. */
export function registerHistoryQueries(registry: Registry, queries: Pick<HistoryQueries, 'counters'>): void {
  const counters = (): QueryCounters => queries.counters();
  pulled(
    registry,
    Counter,
    'camshard_history_queries_total',
    'Pages of the history asked for.',
    ['resource'],
    function* () {
      for (const [resource, n] of Object.entries(counters().asked)) yield [{ resource }, n] as const;
    },
  );
  pulled(
    registry,
    Counter,
    'camshard_history_query_failures_total',
    'Pages that could not be given, by the code of the answer.',
    ['code'],
    function* () {
      for (const [code, n] of Object.entries(counters().failed)) yield [{ code }, n] as const;
    },
  );
  pulled(
    registry,
    Counter,
    'camshard_history_cache_lookups_total',
    'What the cache of answers did: hits and revalidated cost no question, joined ones waited for an equal one.',
    ['outcome'],
    function* () {
      for (const [outcome, n] of Object.entries(counters().cache)) yield [{ outcome }, n] as const;
    },
  );
  pulled(
    registry,
    Gauge,
    'camshard_history_cache_entries',
    'Answers that are kept.',
    [],
    single(() => counters().cacheEntries),
  );
}
