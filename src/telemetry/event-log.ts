import type { Clock } from '../../core/clock.ts';
import { type EmitEvent, NODE_EVENT_KINDS, type NodeEvent, type NodeEventKind } from '../../core/node-event.ts';
import { RingBuffer } from '../../core/ring-buffer.ts';
import type { Logger } from './log.ts';

/** Events kept for `/v1/events`; the log has them all. */
export const EVENTS_KEPT = 256;

const LOG_LEVELS = { info: 'info', warning: 'warn', critical: 'error' } as const;

export interface EventLogOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each event once it is kept, e.g. to send it to watchers. */
  readonly onEvent?: (event: NodeEvent) => void;
}

/** One page of events, oldest first. */
export interface EventPage {
  /** When this log began, ms since the Unix epoch: ids count from 1 again where it is another than before. */
  readonly since: number;
  readonly events: readonly NodeEvent[];
  /** The id of the newest event there is; 0 where none has happened. */
  readonly lastId: number;
}

/** What every line of the log calls by the same name; the rest stays in `data`. */
const NAMED = ['camera', 'shard', 'epoch', 'device', 'alert', 'code'] as const;

function named(data: NodeEvent['data']): Record<string, unknown> {
  return Object.fromEntries(NAMED.flatMap((key) => (data[key] === undefined ? [] : [[key, data[key]]])));
}

/** What happened on this node: numbers events, dates them, logs them, and keeps the newest. Fixed memory. */
export class EventLog {
  /** A property, so that it can be handed to whoever emits. */
  readonly emit: EmitEvent;
  readonly #ring = new RingBuffer<NodeEvent>(EVENTS_KEPT);
  readonly #counts = new Map<NodeEventKind, number>(NODE_EVENT_KINDS.map((kind) => [kind, 0]));
  readonly #since: number;
  #lastId = 0;

  constructor({ clock, log, onEvent }: EventLogOptions) {
    this.#since = Math.round(clock.wallMs());
    this.emit = ({ severity, kind, message, data }) => {
      const event: NodeEvent = { id: ++this.#lastId, at: Math.round(clock.wallMs()), severity, kind, message, data };
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
      if (this.#ring.isFull) this.#ring.shift();
      this.#ring.push(event);
      log[LOG_LEVELS[severity]]({ event: kind, eventId: event.id, ...named(data), data }, message);
      onEvent?.(event);
    };
  }

  /**
   * Up to `limit` events, oldest first: those next after id `after`, or the newest ones where it is not given. Events
   * that were dropped to make room are skipped.
   */
  recent({ after, limit }: { readonly after?: number | undefined; readonly limit: number }): EventPage {
    const kept = [...this.#ring];
    const rows =
      after === undefined
        ? kept.slice(Math.max(0, kept.length - limit))
        : kept.filter((event) => event.id > after).slice(0, limit);
    return { since: this.#since, events: rows, lastId: this.#lastId };
  }

  /** Events so far by kind, those that never happened included. */
  counts(): ReadonlyMap<NodeEventKind, number> {
    return this.#counts;
  }
}
