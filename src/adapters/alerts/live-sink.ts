import type { AlertSink } from '../../alerts/sink.ts';
import type { LiveHub } from '../../live/live-hub.ts';

const BATCH_MAX = 256;

/**
 * Watchers of topic `alerts`, each change as `{"type":"alert","keeper":"node-1","position":n,"alert":{...}}`. Best effort:
 * who is not there, or reads slowly, asks `GET /v1/alerts?after=` for what it missed.
 * @param keeper this node, in whose outbox the positions count
 */
export function liveSink(live: Pick<LiveHub, 'publish'>, keeper: string): AlertSink {
  return {
    name: 'live',
    batchMax: BATCH_MAX,
    async deliver(alerts) {
      for (const { position, alert } of alerts) {
        live.publish('alerts', () => ({ type: 'alert', keeper, position, alert }));
      }
      return { done: alerts.length };
    },
    async close() {},
  };
}
