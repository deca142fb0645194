import { LINK_ASKS_MAX } from '../../config/limits.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { CamshardError } from '../../core/errors.ts';
import { PACKET_ID_MAX } from './link-packet.ts';

interface Ask {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: CamshardError) => void;
  readonly timer: Timer;
}

/** What became of a question, for the breaker of its peer. */
export type AskOutcome = 'answered' | 'timeout';

/** The questions of one connection that wait for their answers. */
export class LinkAsks {
  readonly #clock: Clock;
  readonly #onOutcome: (outcome: AskOutcome) => void;
  readonly #open = new Map<number, Ask>();
  #lastId = 0;

  constructor(clock: Clock, onOutcome: (outcome: AskOutcome) => void) {
    this.#clock = clock;
    this.#onOutcome = onOutcome;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Asks by `post(id)`, which says whether the question went out.
   * @throws CamshardError `peer_busy`, `peer_timeout`, `peer_away`, or the answerer's
   */
  ask(question: string, timeoutMs: number, post: (id: number) => boolean): Promise<unknown> {
    if (this.#open.size >= LINK_ASKS_MAX) {
      return Promise.reject(new CamshardError('peer_busy', `${LINK_ASKS_MAX} questions to it wait for answers`));
    }
    const id = this.#newId();
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () => {
        this.#open.delete(id);
        this.#onOutcome('timeout');
        reject(new CamshardError('peer_timeout', `no answer to ${question} within ${timeoutMs} ms`));
      });
      this.#open.set(id, { resolve, reject, timer });
      if (post(id)) return;
      this.#take(id);
      reject(new CamshardError('peer_busy', 'as much waits to be sent to it as may'));
    });
  }

  answered(id: number, value: unknown): void {
    const ask = this.#take(id);
    if (ask === undefined) return;
    this.#onOutcome('answered');
    ask.resolve(value);
  }

  failed(id: number, code: string, message: string): void {
    const ask = this.#take(id);
    if (ask === undefined) return;
    this.#onOutcome('answered');
    ask.reject(new CamshardError(code, message));
  }

  /** The connection is gone. */
  end(): void {
    for (const id of [...this.#open.keys()]) {
      this.#take(id)?.reject(new CamshardError('peer_away', 'the link ended before the answer came'));
    }
  }

  #take(id: number): Ask | undefined {
    const ask = this.#open.get(id);
    this.#open.delete(id);
    ask?.timer.cancel();
    return ask;
  }

  #newId(): number {
    do this.#lastId = this.#lastId >= PACKET_ID_MAX ? 1 : this.#lastId + 1;
    while (this.#open.has(this.#lastId));
    return this.#lastId;
  }
}
