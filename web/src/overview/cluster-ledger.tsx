import { ledgerImbalance } from '../../../core/ledger.ts';
import { formatCount, formatShare } from '../format/numbers.ts';
import { LedgerBar } from '../ledger/ledger-bar.tsx';
import { outcomeRows } from '../ledger/ledger-shares.ts';
import type { StatsHistory } from '../live/stats-history.ts';

/** What became of every frame that all nodes received since they started. */
export function ClusterLedger({ history }: { readonly history: StatsHistory }) {
  const ledger = history.at(-1)?.ledger;
  return (
    <section class="card">
      <h3>What became of the frames</h3>
      {ledger === undefined ? (
        <p class="note">Waiting for the nodes’ figures.</p>
      ) : (
        <>
          <p class="figure-line">
            <span class="figure-value">
              <span data-ledger="received">{formatCount(ledger.received)}</span>
              <span class="unit"> received since the nodes started</span>
            </span>
          </p>
          <LedgerBar rows={outcomeRows(ledger)} />
          <dl class="outcomes">
            {outcomeRows(ledger).map(({ outcome, name, meaning, frames, share }) => (
              <div key={outcome} title={meaning}>
                <dt>
                  <i class={`swatch ledger-${outcome}`} />
                  {name}
                </dt>
                <dd data-ledger={outcome}>{formatCount(frames)}</dd>
                <dd class="quiet">{formatShare(share)}</dd>
              </div>
            ))}
          </dl>
          <p class={ledgerImbalance(ledger) === 0 ? 'note' : 'note is-bad'}>
            {ledgerImbalance(ledger) === 0
              ? 'Every frame received is accounted for.'
              : `${formatCount(Math.abs(ledgerImbalance(ledger)))} frames are not accounted for at this moment.`}
          </p>
        </>
      )}
    </section>
  );
}
