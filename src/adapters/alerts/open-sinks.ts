import type { NodeConfig } from '../../../config/schema.ts';
import type { Clock } from '../../../core/clock.ts';
import type { HistoryWriter } from '../../../core/history-record.ts';
import type { EmitEvent } from '../../../core/node-event.ts';
import type { AlertSink } from '../../alerts/sink.ts';
import type { LiveHub } from '../../live/live-hub.ts';
import type { Logger } from '../../telemetry/log.ts';
import { type OpenRedis, openRedis } from '../redis/open-redis.ts';
import { historySink } from './history-sink.ts';
import { liveSink } from './live-sink.ts';
import { mqttSink } from './mqtt-sink.ts';
import { redisSink } from './redis-sink.ts';
import { webhookSink } from './webhook-sink.ts';

export interface OpenSinksOptions {
  readonly config: Pick<NodeConfig, 'node' | 'cluster' | 'alerts' | 'redis'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: EmitEvent;
  readonly live: Pick<LiveHub, 'publish'>;
  readonly history?: HistoryWriter;
}

export interface OpenSinks {
  readonly sinks: readonly AlertSink[];
  readonly redis: OpenRedis | undefined;
}

/** Every sink the configuration names. None of them has to be there yet. */
export function openSinks({ config, clock, log, live, history }: OpenSinksOptions): OpenSinks {
  const { alerts, cluster, node } = config;
  const { url } = config.redis;
  const redis =
    url === null ? undefined : openRedis({ config: { ...config.redis, url }, name: `camshard-${node.id}`, clock, log });
  const sinks: AlertSink[] = [liveSink(live, node.id)];
  if (history !== undefined) sinks.push(historySink(history));
  if (redis !== undefined) {
    sinks.push(redisSink({ redis, cluster: cluster.name, streamLengthMax: config.redis.streamLengthMax }));
  }
  if (alerts.mqtt !== null) {
    const clientId = `camshard-${cluster.name}-${node.id}`;
    sinks.push(mqttSink({ config: alerts.mqtt, cluster: cluster.name, clientId, log, clock }));
  }
  for (const webhook of alerts.webhooks) sinks.push(webhookSink({ webhook, clock }));
  return { sinks, redis };
}
