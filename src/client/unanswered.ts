import type { AckMessage } from '../../core/protocol.ts';

export type FrameAnswer =
  /** Analysed; its result came. */
  | { readonly kind: 'inferred' }
  /** Acknowledged without a result: analysed where results were not asked for, else gated. */
  | { readonly kind: 'passed' }
  | { readonly kind: 'shed'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly code: string };

export interface AnsweredFrame {
  readonly seq: number;
  /** From sending to the answer's arrival, ms. */
  readonly rttMs: number;
  readonly answer: FrameAnswer;
}

/**
 * The frames a camera sent and has no answer for yet, oldest first.
 *
 * Acks and results are cumulative: one for a frame answers all frames before it. An ack may go out just before the
 * result of a frame it covers, so with results asked for an acknowledged frame stays in view until something newer
 * shows that no result follows. It does not count as unanswered meanwhile.
 */
export class UnansweredFrames {
  readonly #results: boolean;
  readonly #sentAtMs = new Map<number, number>();
  readonly #acked = new Map<number, number>();

  /** @param results whether the node was asked for results */
  constructor(results: boolean) {
    this.#results = results;
  }

  get size(): number {
    return this.#sentAtMs.size;
  }

  /** Nothing more can be said of any frame. */
  get isSettled(): boolean {
    return this.#sentAtMs.size === 0 && this.#acked.size === 0;
  }

  sent(seq: number, nowMs: number): void {
    this.#sentAtMs.set(seq, nowMs);
  }

  /** A result came: `seq` is analysed, and nothing more follows for the frames before it. */
  result(seq: number, nowMs: number): AnsweredFrame[] {
    const answered = this.#settleAcked(seq, nowMs);
    for (const [older, sentAtMs] of this.#sentAtMs) {
      if (older >= seq) break;
      this.#sentAtMs.delete(older);
      answered.push({ seq: older, rttMs: nowMs - sentAtMs, answer: { kind: 'passed' } });
    }
    const sentAtMs = this.#sentAtMs.get(seq) ?? this.#acked.get(seq);
    if (sentAtMs === undefined) return answered;
    this.#sentAtMs.delete(seq);
    this.#acked.delete(seq);
    answered.push({ seq, rttMs: nowMs - sentAtMs, answer: { kind: 'inferred' } });
    return answered;
  }

  rejected(seq: number, code: string, nowMs: number): AnsweredFrame[] {
    return this.#settleOne(seq, { kind: 'rejected', code }, nowMs);
  }

  /** All frames up to `upTo` are answered; those in `shed`, which may be newer, without being analysed. */
  acknowledge(ack: AckMessage, nowMs: number): AnsweredFrame[] {
    const answered = this.#settleAcked(Number.POSITIVE_INFINITY, nowMs);
    for (const { seq, reason } of ack.shed) answered.push(...this.#settleOne(seq, { kind: 'shed', reason }, nowMs));
    for (const [seq, sentAtMs] of this.#sentAtMs) {
      if (seq > ack.upTo) break;
      this.#sentAtMs.delete(seq);
      if (this.#results) this.#acked.set(seq, sentAtMs);
      else answered.push({ seq, rttMs: nowMs - sentAtMs, answer: { kind: 'passed' } });
    }
    return answered;
  }

  /** The connection is over: what was acknowledged is answered, the rest is forgotten. */
  end(nowMs: number): { readonly answered: AnsweredFrame[]; readonly lost: number } {
    const answered = this.#settleAcked(Number.POSITIVE_INFINITY, nowMs);
    const lost = this.#sentAtMs.size;
    this.#sentAtMs.clear();
    return { answered, lost };
  }

  #settleOne(seq: number, answer: FrameAnswer, nowMs: number): AnsweredFrame[] {
    const sentAtMs = this.#sentAtMs.get(seq);
    if (sentAtMs === undefined) return [];
    this.#sentAtMs.delete(seq);
    return [{ seq, rttMs: nowMs - sentAtMs, answer }];
  }

  #settleAcked(before: number, nowMs: number): AnsweredFrame[] {
    const answered: AnsweredFrame[] = [];
    for (const [seq, sentAtMs] of this.#acked) {
      if (seq >= before) break;
      this.#acked.delete(seq);
      answered.push({ seq, rttMs: nowMs - sentAtMs, answer: { kind: 'passed' } });
    }
    return answered;
  }
}
