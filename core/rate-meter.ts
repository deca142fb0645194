/** Events per second, over about the last three seconds: an exponentially decaying count in two numbers. */
export class RateMeter {
  static readonly WINDOW_MS = 3_000;
  #weight = 0;
  #atMs = 0;

  /** Counts one event (or `n`) at `nowMs` on the monotonic clock. */
  mark(nowMs: number, n = 1): void {
    this.#weight = this.#decayed(nowMs) + n;
    this.#atMs = nowMs;
  }

  perSecond(nowMs: number): number {
    return (this.#decayed(nowMs) * 1_000) / RateMeter.WINDOW_MS;
  }

  #decayed(nowMs: number): number {
    return this.#weight === 0 ? 0 : this.#weight * Math.exp((this.#atMs - nowMs) / RateMeter.WINDOW_MS);
  }
}
