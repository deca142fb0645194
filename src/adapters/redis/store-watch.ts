/** An answer of the store, as to when it was made. */
export interface StoreAnswerTimes {
  /** On the monotonic clock here, ms: before the question was sent, and after its answer had come. */
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  /** The store's own clock in between, whole ms. */
  readonly storeMs: number;
  /** Of the data the answer came from; another one after a failover or a restart. */
  readonly history: string;
}

/** Monotonic and wall clocks drift apart by less than this: 1,000 ppm, twice what NTP slews. */
const DRIFT = 1e-3;
/** Less than this is no jump of a clock. Leases are trusted for `leaseGuardMs` less than the store holds them. */
const TOLERANCE_MS = 50;

/**
 * Watches the clock of a store whose leases end by it, and which server it is. A wall clock that is set forward ends
 * leases early, which their holders cannot know; and a server that has taken over may not have got the last renewals. In
 * both cases no node may be called dead for a whole ttl, in which those that live renew.
 *
 * The store's clock minus ours lies between `storeMs - receivedAtMs` and `storeMs + 1 - sentAtMs`; over many answers the
 * intersection of these intervals is narrow, and an answer whose interval is beside it tells of a jump. One smaller than
 * the answer took on its way is not seen until a faster one comes.
 */
export class StoreWatch {
  #low = Number.NEGATIVE_INFINITY;
  #high = Number.POSITIVE_INFINITY;
  #atMs = 0;
  #history: string | undefined;

  /** Takes note of an answer. @returns what has happened to the store since the last */
  seen({ sentAtMs, receivedAtMs, storeMs, history }: StoreAnswerTimes): 'same' | 'jumped' | 'another' {
    const low = storeMs - receivedAtMs;
    const high = storeMs + 1 - sentAtMs;
    const slackMs = TOLERANCE_MS + DRIFT * (receivedAtMs - this.#atMs);
    const jumped = low > this.#high + slackMs || high < this.#low - slackMs;
    const forward = low > this.#high + slackMs;
    const another = this.#history !== undefined && this.#history !== history;
    if (jumped || another) {
      this.#low = low;
      this.#high = high;
    } else {
      const driftMs = DRIFT * (receivedAtMs - this.#atMs);
      this.#low = Math.max(low, this.#low - driftMs);
      this.#high = Math.min(high, this.#high + driftMs);
      if (this.#low > this.#high) [this.#low, this.#high] = [low, high];
    }
    this.#atMs = receivedAtMs;
    this.#history = history;
    if (another) return 'another';
    return forward ? 'jumped' : 'same';
  }

  /** What the store's clock shows at `atMs` of ours, at the latest; `undefined` before the first answer. */
  storeMsAt(atMs: number): number | undefined {
    if (this.#high === Number.POSITIVE_INFINITY) return undefined;
    return Math.ceil(atMs + this.#high + DRIFT * Math.max(0, atMs - this.#atMs));
  }
}
