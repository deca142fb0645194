import { CamshardError } from '../../../core/errors.ts';
import type { ClusterEventLog, ClusterEventPage, LoggedClusterEvent } from '../../cluster/port.ts';

/** Events kept where nobody says otherwise. */
const EVENTS_MAX = 10_000;

/** The last events of this process, in memory. */
export class LocalEventLog implements ClusterEventLog {
  readonly lost = 0;
  readonly #max: number;
  /** Oldest first; up to twice as many as are shown, so that old ones are cut off rarely. */
  #events: LoggedClusterEvent[] = [];
  #last = 0;

  constructor(max = EVENTS_MAX) {
    this.#max = max;
  }

  append(event: Omit<LoggedClusterEvent, 'id'>): void {
    this.#last++;
    this.#events.push({ ...event, id: String(this.#last) });
    if (this.#events.length >= 2 * this.#max) this.#events = this.#events.slice(-this.#max);
  }

  /** @throws CamshardError `bad_cursor` */
  async page({ limit, before }: { readonly limit: number; readonly before?: string }): Promise<ClusterEventPage> {
    if (before !== undefined && !/^\d{1,15}$/.test(before))
      throw new CamshardError('bad_cursor', 'no place in the log');
    const end = before === undefined ? this.#last + 1 : Math.min(Number(before), this.#last + 1);
    const first = this.#last - this.#events.length + 1;
    const oldest = Math.max(first, this.#last - this.#max + 1);
    const from = Math.max(oldest, end - limit);
    const items = this.#events.slice(from - first, Math.max(from, end) - first).reverse();
    return { items, next: from > oldest && items.length > 0 ? String(from) : null };
  }

  async close(): Promise<void> {}
}
