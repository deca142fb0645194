import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { History, HistoryStatus } from '../../../../src/history/port.ts';
import type { HistoryQueries, QueryCounters } from '../../../../src/history/queries/history-queries.ts';
import { registerHistory, registerHistoryQueries } from '../../../../src/telemetry/history-metrics.ts';

/** As the real ones: what they tell is private to them, and can only be asked of the object itself. */
class QuietHistory implements Pick<History, 'status'> {
  readonly #status: HistoryStatus = {
    state: 'ready',
    servers: [
      {
        ...{ name: 'embedded', kind: 'pglite', up: true, error: null, lagMs: null },
        ...{ connectionsMax: 1, connectionsOpen: 1, connectionsBusy: 0, waiting: 0, acquireTimeouts: 2 },
      },
    ],
    breaker: 'closed',
    spool: { bytes: 10, bytesMax: 100, records: 1 },
    records: { accepted: 5, stored: 3, stale: 1, aside: 0, dropped: { spool_full: 4 } },
    ...{ rowsWritten: 7, transactions: 2, writeFailures: 0, delayMs: 1_500, lastError: null },
  };

  status(): HistoryStatus {
    return this.#status;
  }
}

class QuietQueries implements Pick<HistoryQueries, 'counters'> {
  readonly #counters: QueryCounters = {
    asked: { counts: 3, speeds: 0, occupancy: 0, composition: 0, events: 1, alerts: 0 },
    failed: { bad_query: 2 },
    cache: { hits: 1, revalidated: 0, misses: 2, joined: 0, invalidated: 0 },
    cacheEntries: 2,
  };

  counters(): QueryCounters {
    return this.#counters;
  }
}

describe('the metrics of the history', () => {
  it('say what became of records, how the database is, and what it is asked', async () => {
    const registry = new Registry();
    registerHistory(registry, new QuietHistory());
    registerHistoryQueries(registry, new QuietQueries());
    const lines = (await registry.metrics()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'camshard_history_state{state="ready"} 1',
        'camshard_history_records_total{outcome="dropped",reason="spool_full"} 4',
        'camshard_history_behind_seconds 1.5',
        'camshard_history_acquire_timeouts_total{server="embedded"} 2',
        'camshard_history_queries_total{resource="counts"} 3',
        'camshard_history_query_failures_total{code="bad_query"} 2',
        'camshard_history_cache_lookups_total{outcome="misses"} 2',
        'camshard_history_cache_entries 2',
      ]),
    );
  });
});
