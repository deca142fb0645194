import type { RenewAnswer } from './store.ts';

export interface LeaseOptions {
  readonly leaseTtlMs: number;
  readonly leaseRenewMs: number;
  readonly leaseGuardMs: number;
}

/**
 * How long this node may serve, on its own monotonic clock.
 *
 *     sent ── store got it ── answered ──────── validUntil ──┤guard├── the store says it is dead
 *      └──────────────── TTL − guard ───────────────┘
 *
 * A renewal counts from before it was sent, so that however long it travelled, the node fences itself before the store
 * lets others think it dead. Validity that has lapsed once, or that is founded on another token than before, comes back
 * only when the node has looked at the map and made its claim on what it owns ({@link confirm}): in between somebody may
 * have taken it over, or may be about to.
 */
export class Lease {
  readonly #options: LeaseOptions;
  #leaseUntilMs = Number.NEGATIVE_INFINITY;
  #islandUntilMs = Number.NEGATIVE_INFINITY;
  /** What {@link confirm} makes good. */
  #pendingUntilMs = Number.NEGATIVE_INFINITY;
  #token: number | undefined;
  #confirmedToken: number | undefined;
  #lapsed = true;
  #failing = false;
  #disrupted = true;
  #goodSinceMs = Number.POSITIVE_INFINITY;
  #inFlight: { readonly id: number; readonly sentAtMs: number } | undefined;
  #nextAtMs = Number.NEGATIVE_INFINITY;
  #sentAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Every dispatch and effect of the node compares this with now. */
  get validUntilMs(): number {
    return Math.max(this.#leaseUntilMs, this.#islandUntilMs);
  }

  /** Without the island's share: commits need the store's own word. */
  get leaseUntilMs(): number {
    return this.#leaseUntilMs;
  }

  get token(): number | undefined {
    return this.#token;
  }

  /** The lease is held, and the claim on what is owned still has to be made. */
  get unconfirmed(): boolean {
    return this.#token !== undefined && (this.#lapsed || this.#token !== this.#confirmedToken);
  }

  /** Others may have thought this node dead: what it owns has to be claimed by a commit before it is served. */
  get needsClaim(): boolean {
    return this.#token !== this.#confirmedToken;
  }

  /** The newest renewal failed. */
  get failing(): boolean {
    return this.#failing;
  }

  /** Since when every renewal was answered; infinite where the newest was not. */
  get goodSinceMs(): number {
    return this.#disrupted ? Number.POSITIVE_INFINITY : this.#goodSinceMs;
  }

  /** When the next renewal is to be sent; infinite while one is in flight. */
  get nextAtMs(): number {
    return this.#inFlight === undefined ? this.#nextAtMs : Number.POSITIVE_INFINITY;
  }

  sent(id: number, nowMs: number): void {
    this.#inFlight = { id, sentAtMs: nowMs };
    this.#sentAtMs = nowMs;
    this.#nextAtMs = nowMs + this.#options.leaseRenewMs;
  }

  /** The next renewal goes out at once, or as soon as the one in flight is answered. */
  hurry(nowMs: number): void {
    this.#nextAtMs = Math.min(this.#nextAtMs, nowMs);
  }

  /** Somebody lacks the store: whether this node has it is to be known soon. A renewal in flight tells it as well. */
  hurryIfOlder(ageMs: number, nowMs: number): void {
    if (this.#inFlight === undefined && nowMs - this.#sentAtMs > ageMs) this.hurry(nowMs);
  }

  /** The store has lost writes, leases among them perhaps: its word on who is dead is good one TTL from now. */
  doubt(): void {
    this.#disrupted = true;
  }

  /** @returns when it was sent, or `undefined` where no such renewal is in flight */
  answered(id: number, answer: RenewAnswer | undefined, nowMs: number): number | undefined {
    const sent = this.#inFlight;
    if (sent === undefined || sent.id !== id) return undefined;
    this.#inFlight = undefined;
    this.#failing = answer === undefined;
    if (answer === undefined) this.#disrupted = true;
    if (answer?.kind !== 'held') return sent.sentAtMs;
    const untilMs = sent.sentAtMs + this.#options.leaseTtlMs - this.#options.leaseGuardMs;
    if (this.#disrupted || answer.token !== this.#token) this.#goodSinceMs = nowMs;
    this.#disrupted = false;
    this.#token = answer.token;
    if (this.unconfirmed) this.#pendingUntilMs = untilMs;
    else this.#leaseUntilMs = untilMs;
    return sent.sentAtMs;
  }

  /** The map, read since the lease is held, has been looked at, and the claim (where one is needed) was committed. */
  confirm(): void {
    this.#confirmedToken = this.#token;
    this.#lapsed = false;
    this.#leaseUntilMs = this.#pendingUntilMs;
  }

  /** Nobody has the store, as of a question asked at `askedAtMs`. */
  extendAsIsland(askedAtMs: number): void {
    this.#islandUntilMs = Math.max(
      this.#islandUntilMs,
      askedAtMs + this.#options.leaseTtlMs - this.#options.leaseGuardMs,
    );
  }

  /**
   * What is told to an asking peer. Whoever is told `true` may go on past its lease, so this node counts itself as
   * without the store from here on, until it is answered again.
   */
  lacksStore(nowMs: number): boolean {
    const sent = this.#inFlight;
    const lacks = this.#failing || (sent !== undefined && nowMs - sent.sentAtMs > this.#options.leaseRenewMs * 1.5);
    if (lacks) this.#disrupted = true;
    return lacks;
  }

  /** @returns true where the validity has ended just now, unnoticed so far */
  lapse(nowMs: number): boolean {
    if (this.#lapsed || nowMs < this.validUntilMs) return false;
    this.end();
    return true;
  }

  /** Serves nothing from here on. */
  end(): void {
    this.#lapsed = true;
    this.#leaseUntilMs = Number.NEGATIVE_INFINITY;
    this.#islandUntilMs = Number.NEGATIVE_INFINITY;
  }
}
