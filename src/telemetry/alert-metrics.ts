import { Counter, Gauge, type Registry } from 'prom-client';
import { SEVERITIES, type Severity } from '../../core/alert.ts';
import type { RedisStats } from '../adapters/redis/redis-stats.ts';
import type { AlertBook } from '../alerts/alert-book.ts';
import type { DeliveryStatus } from '../alerts/delivery.ts';
import type { AlertsStatus } from '../alerts/open-alerts.ts';
import { type Labels, pulled, single } from './pulled-metric.ts';

export interface AlertMetricSources {
  readonly status: () => AlertsStatus;
  readonly book: Pick<AlertBook, 'entries'>;
  readonly redis: { readonly stats: RedisStats } | undefined;
}

const BREAKER_LEVELS = { closed: 0, half_open: 1, open: 2 } as const;

/** Alerts on their way out: raised, waiting, delivered, refused, lost; and the Redis they go to. */
export function registerAlerts(registry: Registry, { status, book, redis }: AlertMetricSources): void {
  const counter = (name: string, help: string, read: () => number): void =>
    pulled(registry, Counter, name, help, [], single(read));
  const gauge = (name: string, help: string, read: () => number): void =>
    pulled(registry, Gauge, name, help, [], single(read));
  const perSink = (
    Kind: typeof Counter | typeof Gauge,
    name: string,
    help: string,
    read: (s: DeliveryStatus) => number,
  ) =>
    pulled(registry, Kind, name, help, ['sink'], function* () {
      for (const sink of status().sinks) yield [{ sink: sink.sink }, read(sink)] as const;
    });

  counter('camshard_alert_changes_total', 'Beginnings and ends of alerts raised.', () => status().desk.raised);
  counter(
    'camshard_alert_changes_lost_total',
    'Beginnings and ends of alerts given up because the disk took nothing for too long.',
    () => status().desk.lost,
  );
  pulled(registry, Gauge, 'camshard_alerts_open', 'Alerts of cameras that are open, by severity.', ['severity'], () => {
    const open = new Map<Severity, number>(SEVERITIES.map((severity) => [severity, 0]));
    for (const { alert } of book.entries()) {
      if (alert.state === 'opened') open.set(alert.severity, (open.get(alert.severity) ?? 0) + 1);
    }
    return [...open].map(([severity, n]) => [{ severity }, n] as const);
  });
  gauge('camshard_alerts_unkept', 'Alerts that wait in memory because the disk takes none.', () => status().waiting);
  gauge('camshard_outbox_bytes', 'Bytes of the outbox on disk.', () => status().outbox.bytes);
  counter('camshard_outbox_faults_total', 'Faults of the disk under the outbox.', () => status().outbox.faults);

  perSink(Counter, 'camshard_alert_deliveries_total', 'Alerts a sink has taken.', (s) => s.delivered);
  perSink(Counter, 'camshard_alert_delivery_failures_total', 'Attempts at a sink that failed.', (s) => s.failures);
  perSink(Gauge, 'camshard_alert_sink_behind_records', 'Records of the outbox that wait for a sink.', (s) => s.behind);
  perSink(
    Counter,
    'camshard_alert_sink_lost_total',
    'Records a sink never got: given up because the outbox was full, or damaged on the disk.',
    (s) => s.lost,
  );
  perSink(
    Counter,
    'camshard_alert_sink_fenced_total',
    'Alerts a sink was not given as another node owns their cameras: they are left to that node.',
    (s) => s.fenced,
  );
  perSink(
    Counter,
    'camshard_alert_sink_moved_total',
    'Alerts a sink was not given here as they went to another node with their cameras.',
    (s) => s.moved,
  );
  perSink(
    Gauge,
    'camshard_alert_sink_breaker',
    'Circuit breaker of a sink: 0 closed, 1 half open, 2 open.',
    (s) => BREAKER_LEVELS[s.breaker],
  );
  pulled(
    registry,
    Counter,
    'camshard_alert_refusals_total',
    'Alerts a sink refused for good, by reason.',
    ['sink', 'reason'],
    function* () {
      for (const { sink, refused } of status().sinks) {
        for (const [reason, n] of Object.entries(refused)) yield [{ sink, reason }, n] as const;
      }
    },
  );
  counter(
    'camshard_alerts_adopted_total',
    'Beginnings and ends of alerts taken over from other owners of their cameras, to be delivered here.',
    () => status().handOver.adopted,
  );
  gauge('camshard_alerts_undelivered', 'Alert records some sink has not had yet.', () => status().handOver.undelivered);
  pulled(
    registry,
    Gauge,
    'camshard_alerts_undelivered_oldest_timestamp_seconds',
    'When the oldest alert that some sink has not had yet was raised, in seconds since the Unix epoch. Absent where there is none.',
    [],
    function* (): Iterable<readonly [Labels, number]> {
      const { oldestAtMs } = status().handOver;
      if (oldestAtMs !== undefined) yield [{}, oldestAtMs / 1_000];
    },
  );
  gauge(
    'camshard_alerts_left_behind',
    'Alert records this node may not deliver any more, and that wait for the owner of their cameras.',
    () => status().handOver.leftBehind,
  );
  counter(
    'camshard_alerts_left_behind_lost_total',
    'Alert records left behind that no owner will get: there were too many, or the disk damaged them.',
    () => status().handOver.leftBehindLost,
  );
  if (redis !== undefined) registerRedis(registry, redis.stats);
}

function registerRedis(registry: Registry, stats: RedisStats): void {
  const gauge = (name: string, help: string, read: () => number | undefined): void =>
    pulled(registry, Gauge, name, help, [], function* (): Iterable<readonly [Labels, number]> {
      const value = read();
      if (value !== undefined) yield [{}, value];
    });
  const counter = (name: string, help: string, read: () => number): void =>
    pulled(registry, Counter, name, help, [], single(read));
  gauge('camshard_redis_ready', 'Whether there is a connection to Redis: 0 or 1.', () => (stats.ready ? 1 : 0));
  counter('camshard_redis_connections_made_total', 'Times Redis was connected to.', () => stats.counts.connected);
  counter('camshard_redis_connection_errors_total', 'Errors of the connection to Redis.', () => stats.counts.errors);
  counter('camshard_redis_commands_total', 'Calls of Redis that publish alerts.', () => stats.counts.commands);
  counter('camshard_redis_command_failures_total', 'Those of them that failed.', () => stats.counts.failures);
  gauge('camshard_redis_server_clients', 'Clients of the Redis server.', () => stats.server?.connectedClients);
  gauge('camshard_redis_server_clients_max', 'Clients the Redis server allows.', () => stats.server?.maxClients);
  pulled(
    registry,
    Counter,
    'camshard_redis_server_connections_rejected_total',
    'Connections the Redis server has refused because it had too many.',
    [],
    function* (): Iterable<readonly [Labels, number]> {
      if (stats.server !== undefined) yield [{}, stats.server.rejectedConnections];
    },
  );
  gauge(
    'camshard_redis_server_operations_per_second',
    'Commands per second the Redis server serves.',
    () => stats.server?.opsPerSecond,
  );
  gauge(
    'camshard_redis_server_memory_bytes',
    'Memory the Redis server uses, bytes.',
    () => stats.server?.usedMemoryBytes,
  );
  gauge(
    'camshard_redis_server_memory_max_bytes',
    'Memory the Redis server may use, bytes; 0 without a limit.',
    () => stats.server?.maxMemoryBytes,
  );
}
