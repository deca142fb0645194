import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../core/clock.ts';
import type { Heard } from '../reconcile.ts';
import { eventIdOf, type Subscriber } from './subscriber.ts';

const TAKEN = 204;

/** An endpoint that takes alerts, or hangs: it reads a request and never answers. */
export class Webhook implements Subscriber {
  readonly sink = 'webhook';
  /** What it has answered for; a request that it let hang it has not taken. */
  readonly heard: Heard[] = [];
  readonly #server: Server;
  readonly #held = new Set<ServerResponse>();
  #hangs = false;
  #hung = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (bytes: Buffer) => parts.push(bytes));
      request.on('end', () => this.#answer(Buffer.concat(parts).toString(), response));
      request.on('error', () => {});
    });
  }

  static async open(): Promise<Webhook> {
    const webhook = new Webhook();
    await new Promise<void>((resolve) => webhook.#server.listen(0, '127.0.0.1', resolve));
    return webhook;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/alerts`;
  }

  /** Requests it let hang. */
  get hung(): number {
    return this.#hung;
  }

  hang(): void {
    this.#hangs = true;
  }

  /** Ends what hangs without an answer, and answers from now on. */
  answer(): void {
    this.#hangs = false;
    for (const response of this.#held) response.destroy();
    this.#held.clear();
  }

  async close(): Promise<void> {
    this.answer();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(text: string, response: ServerResponse): void {
    if (this.#hangs) {
      this.#hung++;
      this.#held.add(response);
      response.on('close', () => this.#held.delete(response));
      return;
    }
    this.heard.push({ id: eventIdOf(text), atMs: systemClock.wallMs() });
    response.writeHead(TAKEN).end();
  }
}
