import { RingBuffer } from '../../core/ring-buffer.ts';

/** Something with messages waiting. */
export interface Runnable {
  /** Handles at most `limit` messages and says how many; submits itself again where more are waiting. */
  run(limit: number): number;
}

/** Messages handled before the event loop gets a turn: at some microseconds each, I/O waits about a millisecond. */
const MESSAGES_PER_TURN = 512;

/**
 * Gives actors their turns on the one thread, first come first served.
 *
 * The first message after a pause runs in a microtask, so it waits for nothing but the caller's own stack. Microtasks
 * keep the event loop from turning, though, and an actor that awaits settled promises would hold it for good; so the
 * messages of one event-loop turn are counted over all microtasks, and past {@link MESSAGES_PER_TURN} the rest waits for
 * `setImmediate`, which runs after I/O was polled.
 */
export class Dispatcher {
  readonly #throughput: number;
  readonly #ready = new RingBuffer<Runnable>(Number.MAX_SAFE_INTEGER); // each actor is in it at most once
  #leftInTurn = MESSAGES_PER_TURN;
  #armed = false;
  readonly #onMicrotask = (): void => this.#run();
  readonly #onNextTurn = (): void => {
    this.#leftInTurn = MESSAGES_PER_TURN;
    this.#run();
  };

  /** @throws RangeError where `throughput`, messages one actor handles before others, is not a whole number over 0. */
  constructor(throughput: number) {
    if (!Number.isInteger(throughput) || throughput < 1)
      throw new RangeError(`throughput must be >= 1, got ${throughput}`);
    this.#throughput = throughput;
  }

  /** Puts `runnable` at the end of the line; the caller sees to it that it stands there once. */
  submit(runnable: Runnable): void {
    this.#ready.push(runnable);
    if (!this.#armed) this.#arm();
  }

  #arm(): void {
    this.#armed = true;
    if (this.#leftInTurn > 0) queueMicrotask(this.#onMicrotask);
    else setImmediate(this.#onNextTurn);
  }

  #run(): void {
    try {
      while (this.#leftInTurn > 0) {
        const next = this.#ready.shift();
        if (next === undefined) break;
        this.#leftInTurn -= Math.max(1, next.run(this.#throughput));
      }
    } finally {
      // Also after a bug threw through here: the other actors must not stand still because of it.
      this.#armed = false;
      if (!this.#ready.isEmpty) this.#arm();
    }
  }
}
