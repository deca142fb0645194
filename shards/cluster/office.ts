import type { NodeId } from '../../core/ids.ts';
import type { Lease, LeaseOptions } from './lease.ts';
import type { RenewAnswer } from './store.ts';

/**
 * The coordinator's office: who has it, and what its holder may do when. Its validity is like the lease's; its token
 * goes with every commit, so that a coordinator that was replaced while it slept changes nothing.
 */
export class Office {
  readonly #me: NodeId;
  readonly #options: LeaseOptions;
  #holder: NodeId | null = null;
  #token = 0;
  #untilMs = Number.NEGATIVE_INFINITY;
  #sinceMs = Number.NEGATIVE_INFINITY;

  constructor(me: NodeId, options: LeaseOptions) {
    this.#me = me;
    this.#options = options;
  }

  get holder(): NodeId | null {
    return this.#holder;
  }

  get token(): number {
    return this.#token;
  }

  /** When this node came into it. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  get untilMs(): number {
    return this.#untilMs;
  }

  isHeld(nowMs: number): boolean {
    return nowMs < this.#untilMs;
  }

  /** @returns what has changed for this node */
  renewed(answer: RenewAnswer & { readonly kind: 'held' }, sentAtMs: number, nowMs: number): 'taken' | 'lost' | 'same' {
    const { coordinator } = answer;
    this.#holder = coordinator?.node ?? null;
    if (coordinator === null || coordinator.node !== this.#me) return this.end() ? 'lost' : 'same';
    const untilMs = sentAtMs + this.#options.leaseTtlMs - this.#options.leaseGuardMs;
    const isNew = this.#untilMs === Number.NEGATIVE_INFINITY || coordinator.token !== this.#token;
    this.#token = coordinator.token;
    this.#untilMs = untilMs;
    if (!isNew) return 'same';
    this.#sinceMs = nowMs;
    return 'taken';
  }

  /** @returns true where the office has run out just now, unnoticed so far */
  lapse(nowMs: number): boolean {
    return nowMs >= this.#untilMs && this.end();
  }

  /** @returns whether this node held it */
  end(): boolean {
    if (this.#untilMs === Number.NEGATIVE_INFINITY) return false;
    this.#untilMs = Number.NEGATIVE_INFINITY;
    if (this.#holder === this.#me) this.#holder = null;
    return true;
  }

  /**
   * From when on this node may declare others dead: one TTL after the store last came back to it. Those it told that it
   * lacked the store serve until then ({@link Island}). Nothing more is needed of a node new in office: its own
   * renewals tell whether it had the store all the while, and then the store's word on the dead is good.
   */
  static deadFromMs(lease: Lease, options: LeaseOptions): number {
    return lease.goodSinceMs + options.leaseTtlMs;
  }
}
