import { type LedgerSnapshot, ledgerImbalance } from '../../../core/ledger.ts';
import { formatCount, formatShare } from '../format/numbers.ts';
import { LedgerBar } from './ledger-bar.tsx';
import { outcomeRows } from './ledger-shares.ts';
import { reasonMeaning, reasonName } from './reasons.ts';

/** The full account: every outcome with its reasons, and whether it adds up. */
export function LedgerTable({ ledger }: { readonly ledger: LedgerSnapshot }) {
  const rows = outcomeRows(ledger);
  const imbalance = ledgerImbalance(ledger);
  return (
    <div>
      <LedgerBar rows={rows} />
      <table class="table ledger-table">
        <thead>
          <tr>
            <th scope="col">Frames</th>
            <th scope="col" class="number">
              Count
            </th>
            <th scope="col" class="number">
              Share
            </th>
          </tr>
        </thead>
        <tbody>
          <tr data-outcome="received">
            <th scope="row">Received</th>
            <td class="number">{formatCount(ledger.received)}</td>
            <td class="number" />
          </tr>
          {rows.flatMap(({ outcome, name, meaning, frames, share, reasons }) => [
            <tr key={outcome} data-outcome={outcome} title={meaning}>
              <th scope="row">
                <i class={`swatch ledger-${outcome}`} />
                {name}
              </th>
              <td class="number">{formatCount(frames)}</td>
              <td class="number">{formatShare(share)}</td>
            </tr>,
            ...reasons.map((r) => (
              <tr key={`${outcome}.${r.reason}`} class="is-reason" title={reasonMeaning(r.reason)}>
                <th scope="row">{reasonName(r.reason)}</th>
                <td class="number">{formatCount(r.frames)}</td>
                <td class="number" />
              </tr>
            )),
          ])}
        </tbody>
      </table>
      {imbalance === 0 ? (
        <p class="note">Every frame received is accounted for.</p>
      ) : (
        <p class="note is-bad">The account does not close: {formatCount(imbalance)} frames are unexplained.</p>
      )}
    </div>
  );
}
