import { connectAsync, type MqttClient } from 'mqtt';
import { systemClock } from '../../../core/clock.ts';
import type { Heard } from '../reconcile.ts';
import { eventIdOf, type Subscriber } from './subscriber.ts';

/** A subscriber of every alert at a broker. */
export class MqttSubscriber implements Subscriber {
  readonly sink = 'mqtt';
  readonly heard: Heard[] = [];
  readonly #client: MqttClient;

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on('error', () => {});
    client.on('message', (_topic, bytes) => {
      this.heard.push({ id: eventIdOf(bytes.toString()), atMs: systemClock.wallMs() });
    });
  }

  static async open(url: string, cluster: string): Promise<MqttSubscriber> {
    const subscriber = new MqttSubscriber(await connectAsync(url, { clientId: 'outages', clean: false }));
    await subscriber.#client.subscribeAsync(`camshard/${cluster}/alerts/#`, { qos: 1 });
    return subscriber;
  }

  close(): Promise<void> {
    return this.#client.endAsync(true).then(() => {});
  }
}
