/** What is remembered of a frame until the node answers it. */
export interface SentFrame<P> {
  readonly seq: number;
  readonly sentAtMs: number;
  readonly picture: P;
}

/**
 * Keeps a camera within its credit: at most that many frames may be unanswered. A result answers one frame, an ack all
 * up to one; whatever is answered twice counts once.
 */
export class SendWindow<P> {
  readonly #unanswered = new Map<number, SentFrame<P>>();
  #credit = 0;
  #lastSeq = 0;

  get unanswered(): number {
    return this.#unanswered.size;
  }

  get canSend(): boolean {
    return this.#unanswered.size < this.#credit;
  }

  /** When the oldest unanswered frame was sent; `undefined` where all are answered. */
  get oldestSentAtMs(): number | undefined {
    for (const frame of this.#unanswered.values()) return frame.sentAtMs;
    return undefined;
  }

  /** The absolute window the node gives; saying it again changes nothing. */
  setCredit(credit: number): void {
    this.#credit = credit;
  }

  /** Takes a place in the window and gives the frame's sequence number. */
  send(picture: P, nowMs: number): number {
    const seq = ++this.#lastSeq;
    this.#unanswered.set(seq, { seq, sentAtMs: nowMs, picture });
    return seq;
  }

  /** Answers one frame; `undefined` where it was answered before. */
  answer(seq: number): SentFrame<P> | undefined {
    const frame = this.#unanswered.get(seq);
    this.#unanswered.delete(seq);
    return frame;
  }

  /** Answers every frame up to and with `seq`. */
  answerUpTo(seq: number): void {
    for (const unanswered of this.#unanswered.keys()) {
      if (unanswered > seq) return;
      this.#unanswered.delete(unanswered);
    }
  }

  /** A new connection begins: no credit yet, nothing unanswered, sequence numbers from 1. */
  reset(): void {
    this.#unanswered.clear();
    this.#credit = 0;
    this.#lastSeq = 0;
  }
}
