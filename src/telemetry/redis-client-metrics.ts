import { Counter, Gauge, type Registry } from 'prom-client';
import { LATENCY_BOUNDS_MS } from '../adapters/redis/latency-counts.ts';
import type { OpenRedis } from '../adapters/redis/open-redis.ts';
import { type Labels, pulled, pulledHistogram } from './pulled-metric.ts';

/** By what each is for: there are as many as a node opens, a handful. */
export type RedisClients = () => Iterable<readonly [client: string, redis: Pick<OpenRedis, 'stats' | 'calls'>]>;

const BREAKER_LEVELS = { closed: 0, half_open: 1, open: 2 } as const;

/** Every Redis client of the node: what it asks, how that ends, and how long it takes. */
export function registerRedisClients(registry: Registry, clients: RedisClients): void {
  type Read = (redis: Pick<OpenRedis, 'stats' | 'calls'>) => number;
  const each = (Kind: typeof Counter | typeof Gauge, name: string, help: string, read: Read): void =>
    pulled(registry, Kind, name, help, ['client'], function* () {
      for (const [client, redis] of clients()) yield [{ client }, read(redis)] as const;
    });
  const name = (rest: string): string => `camshard_redis_client_${rest}`;
  each(Gauge, name('ready'), 'Whether the client has its connection: 0 or 1.', ({ stats }) => (stats.ready ? 1 : 0));
  each(Gauge, name('connections'), 'Connections the client has to servers.', ({ stats }) => stats.connections);
  each(Counter, name('commands_total'), 'Calls of Redis that were made.', ({ stats }) => stats.counts.commands);
  each(Counter, name('failures_total'), 'Those of them that failed.', ({ stats }) => stats.counts.failures);
  each(Counter, name('timeouts_total'), 'Those that failed for want of an answer.', ({ stats }) => stats.counts.timeouts);
  each(
    Counter,
    name('refused_total'),
    'Calls that were not made: too many were under way, or the breaker was open.',
    ({ stats }) => stats.counts.refused,
  );
  each(Counter, name('connection_errors_total'), 'Errors of the connection.', ({ stats }) => stats.counts.errors);
  each(Gauge, name('in_flight'), 'Calls under way.', ({ stats }) => stats.inFlight);
  each(
    Gauge,
    name('breaker'),
    'Circuit breaker of the client: 0 closed, 1 half open, 2 open.',
    ({ calls }) => BREAKER_LEVELS[calls.breaker],
  );
  pulledHistogram(registry, name('seconds'), 'How long calls took, as their callers saw it.', function* () {
    for (const [client, { stats }] of clients()) {
      const { latency } = stats;
      const counts = latency.atMost();
      const labels: Labels = { client };
      const buckets = LATENCY_BOUNDS_MS.map((ms, i) => [ms / 1_000, counts[i] ?? 0] as const);
      yield { labels, buckets, count: latency.count, sum: latency.sumMs / 1_000 };
    }
  });
}
