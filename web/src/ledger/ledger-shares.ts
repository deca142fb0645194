import { type LedgerSnapshot, sumCounts } from '../../../core/ledger.ts';

export type Outcome = 'inferred' | 'gated' | 'shed' | 'rejected' | 'lost' | 'inFlight';

export interface OutcomeRow {
  readonly outcome: Outcome;
  readonly name: string;
  readonly meaning: string;
  readonly frames: number;
  /** Of the frames received, 0..1; `null` where none was received. */
  readonly share: number | null;
  /** By reason, most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly frames: number }[];
}

/** A ledger's outcomes in the order frames meet them; their frames add up to those received. */
export function outcomeRows(ledger: LedgerSnapshot): readonly OutcomeRow[] {
  const row = (outcome: Outcome, name: string, meaning: string, of: number | Readonly<Record<string, number>>) => {
    const frames = typeof of === 'number' ? of : sumCounts(of);
    return {
      outcome,
      name,
      meaning,
      frames,
      share: ledger.received === 0 ? null : frames / ledger.received,
      reasons: typeof of === 'number' ? [] : sortedReasons(of),
    };
  };
  return [
    row('inferred', 'Inferred', 'analysed and answered', ledger.inferred),
    row('gated', 'Gated', 'skipped because nothing moved', ledger.gated),
    row('shed', 'Shed', 'dropped for load', ledger.shed),
    row('rejected', 'Rejected', 'refused because the frame is bad', ledger.rejected),
    row('lost', 'Lost', 'lost to a fault of the node', ledger.lost),
    row('inFlight', 'In flight', 'on their way', ledger.inFlight),
  ];
}

const sortedReasons = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([reason, frames]) => ({ reason, frames }))
    .sort((a, b) => b.frames - a.frames);
