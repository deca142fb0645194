import { connect, type MqttClient } from 'mqtt';
import type { NodeConfig } from '../../../config/schema.ts';
import type { Alert } from '../../../core/alert.ts';
import type { Clock } from '../../../core/clock.ts';
import { CamshardError } from '../../../core/errors.ts';
import { cloudEvent } from '../../alerts/cloud-event.ts';
import type { AlertSink, Delivered } from '../../alerts/sink.ts';
import { redactUrl } from '../../client/urls.ts';
import type { Logger } from '../../telemetry/log.ts';

/** The broker has no connection with us, or did not acknowledge. */
export class MqttError extends CamshardError {}

export interface MqttSinkOptions {
  readonly config: NonNullable<NodeConfig['alerts']['mqtt']>;
  readonly cluster: string;
  /** One per node: a broker ends the connection of whoever had it before. */
  readonly clientId: string;
  readonly log: Logger;
  readonly clock: Clock;
}

const BATCH_MAX = 32;
const CONNECT_MS_MAX = 5_000;
const RECONNECT_MS = 1_000;
const KEEPALIVE_S = 15;
/** A broker that does not acknowledge within this is away. */
const ACKNOWLEDGE_MS_MAX = 5_000;
const ERROR_LOG_MS = 60_000;

/** An MQTT broker: `<prefix>/<cluster>/alerts/<severity>/<camera>`, QoS 1, a CloudEvent as JSON. */
export function mqttSink({ config, cluster, clientId, log, clock }: MqttSinkOptions): AlertSink {
  const { url, username, password, topicPrefix } = config;
  const client = connect(url, {
    clientId,
    clean: true,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    connectTimeout: CONNECT_MS_MAX,
    reconnectPeriod: RECONNECT_MS,
    keepalive: KEEPALIVE_S,
    // Alerts wait in the outbox, never in the client.
    queueQoSZero: false,
    resubscribe: false,
  });
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  client.on('error', (error) => {
    if (clock.nowMs() - loggedAtMs < ERROR_LOG_MS) return;
    loggedAtMs = clock.nowMs();
    log.warn({ err: error, broker: redactUrl(url) }, 'the MQTT broker cannot be reached');
  });
  const topicOf = ({ severity, camera }: Alert): string => `${topicPrefix}/${cluster}/alerts/${severity}/${camera}`;
  return {
    name: 'mqtt',
    batchMax: BATCH_MAX,
    async deliver(alerts, signal): Promise<Delivered> {
      for (const [done, { alert }] of alerts.entries()) {
        try {
          // One after the other: a broker that ends the connection between two of them must not take the second first.
          await publish(client, topicOf(alert), JSON.stringify(cloudEvent(alert)), clock, signal);
        } catch (error) {
          return { done, fault: { error } };
        }
      }
      return { done: alerts.length };
    },
    close: () => client.endAsync(true).then(() => {}),
  };
}

/** @throws MqttError `mqtt_away`, `mqtt_timeout`, `mqtt_refused` */
function publish(client: MqttClient, topic: string, text: string, clock: Clock, signal: AbortSignal): Promise<void> {
  if (!client.connected) return Promise.reject(new MqttError('mqtt_away', 'no connection with the MQTT broker'));
  return new Promise((resolve, reject) => {
    const fail = (code: string, message: string, cause?: unknown): void => {
      settle();
      reject(new MqttError(code, message, { cause }));
    };
    const onClose = (): void => fail('mqtt_away', 'the MQTT broker ended the connection');
    const onAbort = (): void => fail('mqtt_timeout', 'given up');
    const timer = clock.after(ACKNOWLEDGE_MS_MAX, () => {
      fail('mqtt_timeout', `the MQTT broker did not acknowledge within ${ACKNOWLEDGE_MS_MAX} ms`);
      // Whatever is under way on it would only arrive late: begin anew.
      client.reconnect();
    });
    const settle = (): void => {
      timer.cancel();
      client.off('close', onClose);
      signal.removeEventListener('abort', onAbort);
    };
    client.once('close', onClose);
    signal.addEventListener('abort', onAbort);
    client.publish(topic, text, { qos: 1 }, (error) => {
      if (error) return fail('mqtt_refused', error.message, error);
      settle();
      resolve();
    });
  });
}
