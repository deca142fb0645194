import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { systemClock } from '../../../core/clock.ts';
import type { Heard } from '../reconcile.ts';
import { alertsAfter } from './api.ts';
import type { Subscriber } from './subscriber.ts';

interface LiveAlert {
  readonly type: string;
  readonly position: number;
  readonly alert: { readonly id: string; readonly state: string };
}

const RECONNECT_MS = 100;

/** A watcher of `ws /v1/live?topics=alerts` that asks for what it missed while it had no connection, as `alerts tail` does. */
export class LiveWatcher implements Subscriber {
  readonly sink = 'live';
  readonly heard: Heard[] = [];
  readonly #seen = new Set<string>();
  readonly #url: string;
  readonly #httpUrl: string;
  #socket: WebSocket | undefined;
  #last = 0;
  #closed = false;

  private constructor(httpUrl: string) {
    this.#httpUrl = httpUrl;
    this.#url = `${httpUrl.replace(/^http/, 'ws')}/v1/live?topics=alerts`;
  }

  static async open(httpUrl: string): Promise<LiveWatcher> {
    const watcher = new LiveWatcher(httpUrl);
    await watcher.#connect();
    return watcher;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#socket?.terminate();
  }

  async #connect(): Promise<void> {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    // What comes while the gap is asked for waits behind it: it is later.
    const waiting: LiveAlert[] = [];
    let caughtUp = false;
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as LiveAlert;
      if (message.type !== 'alert') return;
      if (caughtUp) this.#hear(message);
      else waiting.push(message);
    });
    socket.on('error', () => {});
    socket.once('close', () => void this.#again());
    const opened = await new Promise<boolean>((resolve) => {
      socket.once('open', () => resolve(true));
      socket.once('close', () => resolve(false));
    });
    if (!opened) return;
    if (this.#last > 0) {
      const gap = await alertsAfter(this.#httpUrl, this.#last).catch(() => undefined);
      // Without an answer the connection is of no use either: begin anew.
      if (gap === undefined) return socket.terminate();
      for (const event of gap.heard) this.#once(event);
      this.#last = gap.last;
    }
    caughtUp = true;
    for (const message of waiting) this.#hear(message);
  }

  async #again(): Promise<void> {
    await sleep(RECONNECT_MS);
    if (!this.#closed) await this.#connect();
  }

  #hear({ position, alert }: LiveAlert): void {
    this.#last = Math.max(this.#last, position);
    this.#once({ id: `${alert.id}:${alert.state}`, atMs: systemClock.wallMs() }, true);
  }

  /** @param live what is sent twice is noted twice; what is asked for overlaps by nature */
  #once(event: Heard, live = false): void {
    if (!live && this.#seen.has(event.id)) return;
    this.#seen.add(event.id);
    this.heard.push(event);
  }
}
