import type { FrameOutcome, LostReason, RejectReason, ShedReason } from './outcome.ts';

/** Counts by reason; a reason that never happened is absent. */
export type ReasonCounts<R extends string> = { [K in R]?: number };

/** A ledger as JSON, and as it moves in a hand-off. All are frames. */
export interface LedgerSnapshot {
  readonly received: number;
  readonly inferred: number;
  readonly gated: number;
  readonly shed: ReasonCounts<ShedReason>;
  readonly rejected: ReasonCounts<RejectReason>;
  readonly lost: ReasonCounts<LostReason>;
  readonly inFlight: number;
}

/**
 * The account of every frame: received = inferred + gated + shed + rejected + lost + in flight, always.
 *
 * `receive` opens a frame's account and `settle` closes it; the identity then holds by construction, and what can
 * still go wrong, settling a frame twice or one that never came, throws.
 */
export class Ledger {
  #received = 0;
  #inferred = 0;
  #gated = 0;
  #inFlight = 0;
  // Absent until first needed: most of ten thousand cameras never reject or lose a frame.
  #shed: ReasonCounts<ShedReason> | undefined;
  #rejected: ReasonCounts<RejectReason> | undefined;
  #lost: ReasonCounts<LostReason> | undefined;

  get received(): number {
    return this.#received;
  }

  get inferred(): number {
    return this.#inferred;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** A frame came in; exactly one {@link settle} must follow. */
  receive(): void {
    this.#received++;
    this.#inFlight++;
  }

  /** @throws Error where nothing is in flight: the frame was settled before. */
  settle(outcome: Pick<FrameOutcome, 'kind'> & { readonly reason?: string }): void {
    if (this.#inFlight === 0) throw new Error(`ledger: settled (${outcome.kind}) with nothing in flight`);
    this.#inFlight--;
    const o = outcome as FrameOutcome;
    switch (o.kind) {
      case 'inferred':
        this.#inferred++;
        return;
      case 'gated':
        this.#gated++;
        return;
      case 'shed':
        this.#shed ??= {};
        bump(this.#shed, o.reason, 1);
        return;
      case 'rejected':
        this.#rejected ??= {};
        bump(this.#rejected, o.reason, 1);
        return;
      case 'lost':
        this.#lost ??= {};
        bump(this.#lost, o.reason, 1);
        return;
    }
  }

  /** Adds another account to this one: passivation folds a camera's into its shard's. */
  add(other: LedgerSnapshot): void {
    this.#received += other.received;
    this.#inferred += other.inferred;
    this.#gated += other.gated;
    this.#inFlight += other.inFlight;
    this.#shed = addCounts(this.#shed, other.shed);
    this.#rejected = addCounts(this.#rejected, other.rejected);
    this.#lost = addCounts(this.#lost, other.lost);
  }

  /** Takes out what was added; `other` has nothing in flight. */
  subtract(other: LedgerSnapshot): void {
    this.#received -= other.received;
    this.#inferred -= other.inferred;
    this.#gated -= other.gated;
    this.#shed = addCounts(this.#shed, negated(other.shed));
    this.#rejected = addCounts(this.#rejected, negated(other.rejected));
    this.#lost = addCounts(this.#lost, negated(other.lost));
  }

  snapshot(): LedgerSnapshot {
    return {
      received: this.#received,
      inferred: this.#inferred,
      gated: this.#gated,
      shed: { ...this.#shed },
      rejected: { ...this.#rejected },
      lost: { ...this.#lost },
      inFlight: this.#inFlight,
    };
  }
}

/** received − (inferred + gated + shed + rejected + lost + in flight): 0 in a ledger that closes. */
export function ledgerImbalance(l: LedgerSnapshot): number {
  return (
    l.received - (l.inferred + l.gated + sumCounts(l.shed) + sumCounts(l.rejected) + sumCounts(l.lost) + l.inFlight)
  );
}

export function sumCounts(counts: Readonly<Record<string, number | undefined>>): number {
  let sum = 0;
  for (const n of Object.values(counts)) sum += n ?? 0;
  return sum;
}

function negated<R extends string>(counts: ReasonCounts<R>): ReasonCounts<R> {
  const negative: ReasonCounts<R> = {};
  for (const reason of Object.keys(counts) as R[]) bump(negative, reason, -(counts[reason] ?? 0));
  return negative;
}

function bump<R extends string>(counts: ReasonCounts<R>, reason: R, by: number): void {
  counts[reason] = ((counts[reason] as number | undefined) ?? 0) + by;
}

function addCounts<R extends string>(
  into: ReasonCounts<R> | undefined,
  from: ReasonCounts<R>,
): ReasonCounts<R> | undefined {
  let sum = into;
  for (const reason of Object.keys(from) as R[]) {
    sum ??= {};
    bump(sum, reason, from[reason] ?? 0);
  }
  return sum;
}
