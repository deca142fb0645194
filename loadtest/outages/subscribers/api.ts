import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../../core/clock.ts';
import { eventsOfView, type Heard } from '../reconcile.ts';
import type { Subscriber } from './subscriber.ts';

interface AlertPage {
  readonly alerts: readonly { readonly id: string; readonly state: string; readonly position: number }[];
  readonly next: number | null;
}

const POLL_MS = 1_000;
const TIMEOUT_MS = 2_000;
const PAGE = 1_000;

/** Alerts that changed after a place in the outbox, oldest first, and the place of the last. @throws where none answers */
export async function alertsAfter(
  httpUrl: string,
  after: number,
): Promise<{ readonly heard: Heard[]; readonly last: number }> {
  const heard: Heard[] = [];
  let last = after;
  for (;;) {
    const response = await fetch(`${httpUrl}/v1/alerts?after=${last}&limit=${PAGE}`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`GET /v1/alerts: ${response.status} ${await response.text()}`);
    const { alerts, next } = (await response.json()) as AlertPage;
    heard.push(...eventsOfView(alerts, systemClock.wallMs()));
    last = Math.max(last, alerts.at(-1)?.position ?? 0);
    if (next === null) return { heard, last };
  }
}

/** Somebody who asks `GET /v1/alerts?after=` each second, and never asks for what they have seen. */
export class ApiPoller implements Subscriber {
  readonly sink = 'GET /v1/alerts';
  /** Each event once: a view shows the last state of an alert as often as it is asked. */
  readonly heard: Heard[] = [];
  readonly #seen = new Set<string>();
  readonly #over = new AbortController();
  readonly #done: Promise<void>;
  #last = 0;

  constructor(httpUrl: string) {
    this.#done = this.#run(httpUrl);
  }

  async close(): Promise<void> {
    this.#over.abort();
    await this.#done;
  }

  async #run(httpUrl: string): Promise<void> {
    while (!this.#over.signal.aborted) {
      try {
        const { heard, last } = await alertsAfter(httpUrl, this.#last);
        this.#last = last;
        for (const event of heard) {
          if (this.#seen.has(event.id)) continue;
          this.#seen.add(event.id);
          this.heard.push(event);
        }
      } catch {
        // The node is away for now; the place is kept.
      }
      await sleep(POLL_MS, undefined, { signal: this.#over.signal }).catch(() => {});
    }
  }
}
