import type { Alert } from '../../core/alert.ts';
import { afterFailure, type BreakerSettings, type BreakerState, CLOSED, retryMs, tried } from '../../core/breaker.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { CamshardError } from '../../core/errors.ts';
import type { LogReader, LogRecord } from '../adapters/segment-log/log-reader.ts';
import type { DeliveryRight } from './delivery-right.ts';
import type { AsideRecord } from './left-behind.ts';
import type { OutboxRecord } from './outbox-record.ts';
import { type Sifted, siftRecords } from './sift-records.ts';
import type { AlertSink, Delivered, OutboxAlert, RefusedReason } from './sink.ts';

/** A sink did not answer in the time it has. */
export class SinkTimeoutError extends CamshardError {}

export interface DeliveryOptions {
  readonly sink: AlertSink;
  readonly reader: Pick<LogReader<OutboxRecord>, 'read' | 'wait' | 'commit' | 'behind' | 'next' | 'lost'>;
  readonly clock: Clock;
  readonly breaker: BreakerSettings;
  /** An attempt that takes longer is a failure, whatever the sink makes of its signal. */
  readonly attemptMsMax: number;
  /** 0 .. 1, for jitter. */
  readonly random: () => number;
  /** A change an operator may want to know of. */
  readonly onChange: (change: DeliveryChange) => void;
  /** Whether this node may deliver it, still or already; always where this is not given. */
  readonly mayDeliver?: (alert: Alert) => DeliveryRight;
  /** Whether a record went to another node with its camera. */
  readonly hasMoved?: (camera: string, position: number) => boolean;
  /** Keeps what this node may not deliver for whoever may. @returns `false` where it cannot be kept */
  readonly setAside?: (records: readonly AsideRecord[]) => Promise<boolean>;
}

export type DeliveryChange =
  | { readonly kind: 'failing'; readonly error: unknown; readonly retryMs: number }
  | { readonly kind: 'breaker_opened'; readonly error: unknown; readonly retryMs: number }
  | { readonly kind: 'recovered'; readonly failures: number; readonly breakerWasOpen: boolean }
  | { readonly kind: 'refused'; readonly reason: RefusedReason; readonly id: string; readonly detail: string };

export interface DeliveryStatus {
  readonly sink: string;
  readonly breaker: BreakerState['kind'];
  /** Records of the outbox it has not had yet. */
  readonly behind: number;
  /** Position of the first of them: it is done with all before. */
  readonly next: number;
  /** Never delivered: given up because the outbox was full, or damaged. */
  readonly lost: number;
  readonly delivered: number;
  readonly failures: number;
  readonly refused: Readonly<Record<RefusedReason, number>>;
  /** Set aside for the owner of their cameras: this node may not deliver them any more. */
  readonly fenced: number;
  /** Went to another node with their cameras, which delivers them. */
  readonly moved: number;
}

/** A sink waits this long before it asks again whether this node may deliver. */
const NOT_NOW_MS = 50;
const ALWAYS = (): DeliveryRight => 'yes';
/** A breaker that is open waits this much longer at most, so that sinks that fell together do not rise together. */
const OPEN_JITTER = 0.1;

/**
 * One sink's way through the outbox: in order, at least once, as slow as the sink is and nobody else's.
 *
 *     wait ─► read ─► deliver ─► commit ─┐
 *      ▲                 │ failed        │
 *      │                 ▼               │
 *      │           wait, then again      │
 *      └─────────────────────────────────┘
 *
 * In a cluster a node delivers only what it owns: what moved is passed over, what is somebody else's is set aside for
 * the owner, and where nobody can tell right now, the sink waits.
 */
export class Delivery {
  readonly #o: DeliveryOptions;
  readonly #end = new AbortController();
  readonly #refused: Record<RefusedReason, number> = { fenced: 0, rejected: 0 };
  #breaker: BreakerState = CLOSED;
  #delivered = 0;
  #failures = 0;
  #failuresInRow = 0;
  #fenced = 0;
  #moved = 0;
  #stopping = false;
  #running: Promise<void> | undefined;

  constructor(options: DeliveryOptions) {
    this.#o = options;
  }

  get status(): DeliveryStatus {
    const { sink, reader } = this.#o;
    return {
      sink: sink.name,
      breaker: this.#breaker.kind,
      behind: reader.behind,
      next: reader.next,
      lost: reader.lost,
      delivered: this.#delivered,
      failures: this.#failures,
      refused: { ...this.#refused },
      fenced: this.#fenced,
      moved: this.#moved,
    };
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Ends the loop: at once where nothing waits or the sink is away, else when what waits is delivered or `graceMs` are
   * over. What is not committed by then is delivered after the next start.
   */
  async stop(graceMs: number): Promise<void> {
    const { clock, sink, reader } = this.#o;
    this.#stopping = true;
    if (this.#failuresInRow > 0 || reader.behind === 0) this.#end.abort();
    const timer = clock.after(graceMs, () => this.#end.abort());
    await this.#running;
    timer.cancel();
    await sink.close();
  }

  async #run(): Promise<void> {
    const { reader, sink } = this.#o;
    const { signal } = this.#end;
    const ended = new Promise<'closed'>((resolve) => signal.addEventListener('abort', () => resolve('closed')));
    while (!signal.aborted && (await Promise.race([reader.wait(), ended])) === 'more') {
      try {
        const probing = this.#breaker.kind === 'half_open';
        const records = await reader.read(probing ? 1 : sink.batchMax);
        const fault = await this.#deliver(records);
        if (fault === 'not_now') {
          if (this.#stopping) return;
          await this.#sleep(NOT_NOW_MS);
        } else if (fault === undefined) this.#succeeded();
        else await this.#failed(fault.error, fault.retryAfterMs);
      } catch (error) {
        // The disk could not be read: as good as a sink that is away.
        await this.#failed(error);
      }
      if (this.#stopping && (this.#failuresInRow > 0 || reader.behind === 0)) return;
    }
  }

  /** @returns what kept the rest from being delivered */
  async #deliver(records: readonly LogRecord<OutboxRecord>[]): Promise<Delivered['fault'] | 'not_now'> {
    const { sink, mayDeliver = ALWAYS, hasMoved } = this.#o;
    const sifted = siftRecords(records, { sink, mayDeliver, hasMoved });
    const { wanted } = sifted;
    if (wanted.length === 0) {
      const passed = await this.#pass(sifted, sifted.last);
      return passed ?? (sifted.notNow ? 'not_now' : undefined);
    }
    const outcome = await this.#attempt(wanted);
    const aside: number[] = [];
    for (const refused of outcome.refused ?? []) {
      this.#refused[refused.reason]++;
      const id = wanted.find(({ position }) => position === refused.position)?.alert.id ?? '';
      this.#o.onChange({ kind: 'refused', id, reason: refused.reason, detail: refused.detail });
      if (refused.reason === 'fenced') aside.push(refused.position);
    }
    this.#delivered += outcome.done - (outcome.refused?.length ?? 0);
    const all = outcome.done === wanted.length;
    const fault = await this.#pass(sifted, all ? sifted.last : wanted[outcome.done - 1]?.position, aside);
    if (fault !== undefined) return fault;
    if (all) return sifted.notNow ? 'not_now' : undefined;
    return outcome.fault ?? { error: new CamshardError('sink_incomplete', `${sink.name} took only a part`) };
  }

  /** Is done with everything up to `position`, once what is somebody else's is kept for them. */
  async #pass(
    { records, moved, fenced }: Sifted,
    position: number | undefined,
    refused: readonly number[] = [],
  ): Promise<Delivered['fault']> {
    const { sink, reader, setAside } = this.#o;
    if (position === undefined) return undefined;
    const withheld = fenced.filter((at) => at <= position);
    const aside = new Set([...withheld, ...refused]);
    if (aside.size > 0 && setAside !== undefined) {
      const kept = await setAside(
        records.filter((record) => aside.has(record.position)).map((record) => ({ ...record, sink: sink.name })),
      );
      if (!kept) return { error: new CamshardError('aside_full', 'alerts of other owners cannot be kept for them') };
    }
    this.#fenced += withheld.length;
    this.#moved += moved.filter((at) => at <= position).length;
    reader.commit(position);
    return undefined;
  }

  async #attempt(alerts: readonly OutboxAlert[]): Promise<Delivered> {
    const { sink, clock, attemptMsMax } = this.#o;
    const abort = new AbortController();
    const onEnd = (): void => abort.abort();
    this.#end.signal.addEventListener('abort', onEnd);
    let timer: Timer | undefined;
    const late = new Promise<Delivered>((resolve) => {
      timer = clock.after(attemptMsMax, () => abort.abort());
      abort.signal.addEventListener('abort', () => {
        const error = new SinkTimeoutError('sink_timeout', `no answer within ${attemptMsMax} ms`);
        resolve({ done: 0, fault: { error } });
      });
    });
    try {
      const outcome = sink.deliver(alerts, abort.signal).catch((error: unknown) => ({ done: 0, fault: { error } }));
      return await Promise.race([outcome, late]);
    } finally {
      timer?.cancel();
      this.#end.signal.removeEventListener('abort', onEnd);
    }
  }

  #succeeded(): void {
    if (this.#failuresInRow === 0) return;
    const breakerWasOpen = this.#breaker.kind !== 'closed';
    this.#breaker = CLOSED;
    this.#o.onChange({ kind: 'recovered', failures: this.#failuresInRow, breakerWasOpen });
    this.#failuresInRow = 0;
  }

  async #failed(error: unknown, retryAfterMs = 0): Promise<void> {
    if (this.#end.signal.aborted) return;
    const { breaker, random, onChange } = this.#o;
    this.#failures++;
    this.#failuresInRow++;
    this.#breaker = afterFailure(this.#breaker, breaker);
    const ceilingMs = retryMs(this.#breaker, breaker);
    const open = this.#breaker.kind === 'open';
    // Closed: half to all of a growing ceiling. Open: nearly all of it, so that 30 s is the longest anybody waits.
    const waitMs = open ? ceilingMs * (1 - OPEN_JITTER * random()) : (ceilingMs / 2) * (1 + random());
    const wait = Math.max(waitMs, retryAfterMs);
    onChange({ kind: open ? 'breaker_opened' : 'failing', error, retryMs: Math.round(wait) });
    await this.#sleep(wait);
    this.#breaker = tried(this.#breaker);
  }

  #sleep(ms: number): Promise<void> {
    const { signal } = this.#end;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.#o.clock.after(ms, done);
      signal.addEventListener('abort', done);
    });
  }
}
