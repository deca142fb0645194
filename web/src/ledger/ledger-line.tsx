import type { LedgerSnapshot } from '../../../core/ledger.ts';
import { formatCompact, formatCount, formatShare } from '../format/numbers.ts';
import { LedgerBar } from './ledger-bar.tsx';
import { type OutcomeRow, outcomeRows } from './ledger-shares.ts';
import { reasonMeaning } from './reasons.ts';

interface Props {
  readonly ledger: LedgerSnapshot;
  /** Every outcome and its reasons are at hand, for who points at it: on a wall that would be most of the document. */
  readonly detailed: boolean;
}

/** A camera's account in one line. */
export function LedgerLine({ ledger, detailed }: Props) {
  const rows = outcomeRows(ledger);
  return (
    <div class="ledger-line">
      <LedgerBar rows={rows} />
      <p>
        <span>
          <b>{formatCompact(ledger.received)}</b> received
        </span>
        <span>
          <b>{formatCompact(ledger.inferred)}</b> inferred
        </span>
        {rows.filter(isTrouble).map(({ outcome, name, share }) => (
          <span key={outcome}>
            <b>{formatShare(share)}</b> {name.toLowerCase()}
          </span>
        ))}
      </p>
      {detailed && <LedgerTooltip received={ledger.received} rows={rows} />}
    </div>
  );
}

// The share shed is always said, the others where there are any.
const isTrouble = ({ outcome, frames }: OutcomeRow): boolean =>
  outcome === 'shed' || (frames > 0 && (outcome === 'gated' || outcome === 'rejected' || outcome === 'lost'));

function LedgerTooltip({ received, rows }: { readonly received: number; readonly rows: readonly OutcomeRow[] }) {
  return (
    <div class="tooltip" role="tooltip">
      <dl>
        <dt>Received</dt>
        <dd>{formatCount(received)}</dd>
        {rows.map(({ outcome, name, frames, reasons }) => (
          <div key={outcome} class="tooltip-row">
            <dt>
              <i class={`swatch ledger-${outcome}`} />
              {name}
            </dt>
            <dd>{formatCount(frames)}</dd>
            {reasons.map((r) => (
              <div key={r.reason} class="tooltip-row is-reason">
                <dt>{reasonMeaning(r.reason)}</dt>
                <dd>{formatCount(r.frames)}</dd>
              </div>
            ))}
          </div>
        ))}
      </dl>
    </div>
  );
}
