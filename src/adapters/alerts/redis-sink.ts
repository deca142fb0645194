import type { Result } from 'ioredis';
import { CamshardError } from '../../../core/errors.ts';
import { cloudEvent } from '../../alerts/cloud-event.ts';
import type { AlertSink, Delivered, OutboxAlert } from '../../alerts/sink.ts';
import { alertChannel, alertKeys, PUBLISH_ALERTS } from '../redis/alert-script.ts';
import type { OpenRedis } from '../redis/open-redis.ts';

/** Redis has no connection right now. */
export class RedisAwayError extends CamshardError {}

declare module 'ioredis' {
  interface RedisCommander<Context> {
    camshardPublishAlerts(...keysAndArguments: string[]): Result<number[], Context>;
  }
}

/** Alerts in one call of the script: a batch that was away for long drains fast, and none holds the server for long. */
const BATCH_MAX = 64;

export interface RedisSinkOptions {
  readonly redis: OpenRedis;
  readonly cluster: string;
  readonly streamLengthMax: number;
}

/** Redis pub/sub and the stream, as CloudEvents, fenced by the epoch of the camera's shard. */
export function redisSink({ redis, cluster, streamLengthMax }: RedisSinkOptions): AlertSink {
  const { client, stats } = redis;
  client.defineCommand('camshardPublishAlerts', { numberOfKeys: 2, lua: PUBLISH_ALERTS });
  return {
    name: 'redis',
    batchMax: BATCH_MAX,
    async deliver(alerts): Promise<Delivered> {
      // A cluster client queues what it is given before it knows the cluster.
      if (client.status !== 'ready') {
        return { done: 0, fault: { error: new RedisAwayError('redis_away', `redis is ${client.status}`) } };
      }
      stats.counts.commands++;
      try {
        const answers = await client.camshardPublishAlerts(...publishArguments(cluster, streamLengthMax, alerts));
        return { done: alerts.length, refused: refusals(alerts, answers) };
      } catch (error) {
        stats.counts.failures++;
        return { done: 0, fault: { error } };
      }
    },
    close: () => redis.close(),
  };
}

/** Keys and arguments of the script, in order. */
export function publishArguments(cluster: string, streamLengthMax: number, alerts: readonly OutboxAlert[]): string[] {
  const all: string[] = [...alertKeys(cluster), String(streamLengthMax), alertChannel(cluster)];
  for (const { alert } of alerts) {
    const { shard, epoch, severity, camera } = alert;
    all.push(String(shard), String(epoch), severity, camera, JSON.stringify(cloudEvent(alert)));
  }
  return all;
}

const refusals = (alerts: readonly OutboxAlert[], answers: readonly number[]): NonNullable<Delivered['refused']> =>
  alerts.flatMap(({ position, alert }, i) =>
    answers[i] === 0
      ? [{ position, reason: 'fenced' as const, detail: `shard ${alert.shard} has an epoch above ${alert.epoch}` }]
      : [],
  );
