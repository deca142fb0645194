import type { OutcomeRow } from './ledger-shares.ts';

/** The outcomes as one bar; only decoration, the figures are beside it. */
export function LedgerBar({ rows }: { readonly rows: readonly OutcomeRow[] }) {
  let x = 0;
  return (
    <svg class="ledger-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="ledger-none" width="100" height="4" />
      {rows.map(({ outcome, share }) => {
        const width = 100 * (share ?? 0);
        x += width;
        return <rect key={outcome} class={`ledger-${outcome}`} x={x - width} width={width} height="4" />;
      })}
    </svg>
  );
}
