import { Counter, Gauge, type Registry } from 'prom-client';
import { LATENCY_BOUNDS_MS } from '../adapters/redis/latency-counts.ts';
import type { OpenRedis } from '../adapters/redis/open-redis.ts';
import { type HistogramCounts, pulledHistogram } from './pulled-histogram.ts';
import { pulled } from './pulled-metric.ts';

const BREAKER_STATES = ['closed', 'half_open', 'open'] as const;

/** Figures of each Redis client of the node, by what it is for: `leases`, `map`, `data`. */
export function registerRedisClients(registry: Registry, clients: Readonly<Record<string, OpenRedis>>): void {
  const perClient = (
    Kind: typeof Counter<string> | typeof Gauge<string>,
    name: string,
    help: string,
    read: (redis: OpenRedis) => number,
  ): void =>
    pulled(registry, Kind, `camshard_redis_client_${name}`, help, ['client'], function* () {
      for (const [client, redis] of Object.entries(clients)) yield [{ client }, read(redis)] as const;
    });

  perClient(Gauge, 'ready', 'Whether it is connected: 0 or 1.', ({ stats }) => (stats.ready ? 1 : 0));
  perClient(Gauge, 'connections', 'Connections to servers.', ({ stats }) => stats.connections);
  perClient(Gauge, 'in_flight', 'Calls under way.', ({ stats }) => stats.inFlight);
  perClient(Counter, 'calls_total', 'Calls made.', ({ stats }) => stats.counts.commands);
  perClient(Counter, 'failures_total', 'Calls that failed.', ({ stats }) => stats.counts.failures);
  perClient(Counter, 'timeouts_total', 'Those of them that were not answered in time.', (r) => r.stats.counts.timeouts);
  perClient(
    Counter,
    'refused_total',
    'Calls not made: the breaker was open, or too many were under way.',
    ({ stats }) => stats.counts.refused,
  );
  perClient(Counter, 'connection_errors_total', 'Errors of its connections.', ({ stats }) => stats.counts.errors);
  perClient(Counter, 'connections_made_total', 'Times it got ready.', ({ stats }) => stats.counts.connected);
  perClient(Gauge, 'breaker', 'Its breaker: 0 closed, 1 half open, 2 open.', ({ calls }) =>
    BREAKER_STATES.indexOf(calls.breaker),
  );

  pulledHistogram(
    registry,
    'camshard_redis_client_call_seconds',
    'Seconds that calls took.',
    ['client'],
    function* (): Iterable<HistogramCounts> {
      for (const [client, { stats }] of Object.entries(clients)) {
        const { latency } = stats;
        const buckets = latency.atMost().map((n, i) => [(LATENCY_BOUNDS_MS[i] ?? 0) / 1_000, n] as const);
        yield { labels: { client }, buckets, count: latency.count, sum: latency.sumMs / 1_000 };
      }
    },
  );
}
