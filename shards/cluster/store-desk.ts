import type { ClusterEffect } from './brain-io.ts';
import type { CommitAnswer, CommitRequest } from './store.ts';

const RETRY_MS_MIN = 10;

/** Numbers everything asked of the store, and keeps one reading of the map in flight at most. */
export class StoreDesk<S> {
  readonly #retryMs: number;
  #lastId = 0;
  #reading: { readonly id: number; readonly newestThen: number } | undefined;
  #wanted = false;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  /** @param retryMs between a reading that failed and the next */
  constructor(retryMs: number) {
    this.#retryMs = retryMs;
  }

  get lastId(): number {
    return this.#lastId;
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** The map is to be read, after now: a reading in flight does not count. */
  wantRead(): void {
    this.#wanted = true;
  }

  /** @param newest version of the map heard of so far */
  flush(newest: number, nowMs: number, out: ClusterEffect<S>[]): void {
    if (!this.#wanted || this.#reading !== undefined || nowMs < this.#notBeforeMs) return;
    this.#wanted = false;
    this.#reading = { id: this.nextId(), newestThen: newest };
    out.push({ kind: 'read-map', id: this.#reading.id });
  }

  /** @returns what was the newest version when it was sent; `undefined` where no such reading is in flight */
  answered(id: number, failed: boolean, nowMs: number): number | undefined {
    const reading = this.#reading;
    if (reading?.id !== id) return undefined;
    this.#reading = undefined;
    this.#notBeforeMs = failed ? nowMs + this.#retryMs : nowMs;
    if (failed) this.#wanted = true;
    return reading.newestThen;
  }

  get wakeAtMs(): number {
    return this.#wanted && this.#reading === undefined ? this.#notBeforeMs : Number.POSITIVE_INFINITY;
  }
}

/**
 * One commit in flight at most. After one that was refused, or was not answered and may have been done all the same,
 * the next waits for a reading of the map that was sent later: it is worked out from what is so by then.
 */
export class CommitSlot<P> {
  readonly #pauseMsMax: number;
  #inFlight: { readonly id: number; readonly request: CommitRequest; readonly purpose: P } | undefined;
  #readAfter = Number.NEGATIVE_INFINITY;
  #waitsForRead = false;
  #failures = 0;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(pauseMsMax: number) {
    this.#pauseMsMax = pauseMsMax;
  }

  isFree(nowMs: number): boolean {
    return this.#inFlight === undefined && !this.#waitsForRead && nowMs >= this.#notBeforeMs;
  }

  /** When it may be free again without anything else happening. */
  get wakeAtMs(): number {
    return this.#inFlight === undefined && !this.#waitsForRead && this.#failures > 0
      ? this.#notBeforeMs
      : Number.POSITIVE_INFINITY;
  }

  sent(id: number, request: CommitRequest, purpose: P): void {
    this.#inFlight = { id, request, purpose };
  }

  /** A reading of the map has come. */
  mapRead(id: number): void {
    if (id > this.#readAfter) this.#waitsForRead = false;
  }

  /** @param lastId newest number given out: only a reading with a later one shows what became of this */
  answered(
    id: number,
    answer: CommitAnswer | undefined,
    lastId: number,
    nowMs: number,
  ): { readonly request: CommitRequest; readonly purpose: P } | undefined {
    const sent = this.#inFlight;
    if (sent?.id !== id) return undefined;
    this.#inFlight = undefined;
    if (answer?.kind === 'committed') {
      this.#failures = 0;
      return sent;
    }
    this.#waitsForRead = true;
    this.#readAfter = lastId;
    this.#notBeforeMs = nowMs + Math.min(this.#pauseMsMax, RETRY_MS_MIN * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    return sent;
  }
}
