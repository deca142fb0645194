import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AlertCloudEvent } from '../../src/alerts/cloud-event.ts';

export interface WebhookDelivery {
  readonly event: AlertCloudEvent;
  /** ms since the Unix epoch. */
  readonly atMs: number;
}

/** An endpoint for alerts, which can hang. */
export class WebhookServer {
  readonly #server: Server;
  readonly #hung = new Set<ServerResponse>();
  /** What was answered with 200. */
  readonly taken: WebhookDelivery[] = [];
  /** What came, answered or not. */
  readonly seen: WebhookDelivery[] = [];
  #hangs = false;

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        const delivery = { event: JSON.parse(body) as AlertCloudEvent, atMs: Date.now() };
        this.seen.push(delivery);
        if (this.#hangs) {
          this.#hung.add(response);
          return;
        }
        this.taken.push(delivery);
        response.end();
      });
    });
  }

  static async start(): Promise<WebhookServer> {
    const webhook = new WebhookServer();
    await new Promise<void>((resolve) => webhook.#server.listen(0, '127.0.0.1', resolve));
    return webhook;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the webhook is not listening');
    return `http://127.0.0.1:${address.port}/alerts`;
  }

  /** From now on it takes what it is sent, and says nothing. */
  hang(): void {
    this.#hangs = true;
  }

  /** What comes from now on is answered; what hung is cut off. */
  answer(): void {
    this.#hangs = false;
    for (const response of this.#hung) response.destroy();
    this.#hung.clear();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
