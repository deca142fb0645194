import { useMemo } from 'preact/hooks';
import { seriesColour } from '../chart/series-colours.ts';
import { browserZone } from '../format/moments.ts';
import { formatCount, formatShare, NOTHING } from '../format/numbers.ts';
import { HistoryRefusal } from '../history/history-refusal.tsx';
import { readView } from '../history/history-view.ts';
import { useMeasures } from '../history/use-history.ts';
import { TableScroll } from '../layout/table-scroll.tsx';
import { cameraHref } from '../state/route.ts';
import { type MaterialRow, materialsOf } from './material-row.ts';
import { contaminationLimit, type WasteFacts } from './waste-settings.ts';

interface Props {
  readonly camera: string;
  readonly range: string;
  readonly facts: WasteFacts | undefined;
}

/** What lay on the belt in the range: how clean it was, and what it was made of. */
export function CompositionNow({ camera, range, facts }: Props) {
  const view = useMemo(() => {
    const params = new URLSearchParams({ resource: 'composition', camera, range, by: 'material' });
    return { ...readView(params, browserZone()), interval: 'total' };
  }, [camera, range]);
  const { value, refusal, loading, reload } = useMeasures(view);
  const rows = materialsOf((value?.rows ?? []) as readonly MaterialRow[]);
  const [first] = rows;
  return (
    <section class="card composition-now" aria-label="Composition">
      {loading && (
        <p class="note" role="status">
          Asking for the composition …
        </p>
      )}
      {refusal !== undefined && <HistoryRefusal refusal={refusal} onRetry={reload} />}
      {value !== undefined && first === undefined && (
        <p class="note">
          Nothing lay on the belt in this range{value.rows[0]?.observedShare === 0 && ', or nobody looked'}.
        </p>
      )}
      {first !== undefined && (
        <>
          <Purity row={first} rows={rows} camera={camera} facts={facts} />
          <ShareBar rows={rows} />
          <MaterialTable rows={rows} facts={facts} />
        </>
      )}
    </section>
  );
}

function Purity(props: {
  readonly row: MaterialRow;
  readonly rows: readonly MaterialRow[];
  readonly camera: string;
  readonly facts: WasteFacts | undefined;
}) {
  const { row, rows, camera, facts } = props;
  const share = row.totalContaminationShare ?? null;
  const limit = contaminationLimit(facts?.limits ?? []);
  const isOver = limit?.above != null && share !== null && share > limit.above;
  const sum = (key: 'items' | 'review'): number => rows.reduce((total, each) => total + (each[key] ?? 0), 0);
  return (
    <div class="figures">
      <div class="figure" title="Share of the weight that belongs into the stream">
        <span class="figure-name">Purity</span>
        <span class="figure-value" data-waste="purity">
          {formatShare(share === null ? null : 1 - share)}
        </span>
      </div>
      <div class="figure" title="Share of the weight that the stream does not allow, with its 95 % Wilson interval">
        <span class="figure-name">Contamination</span>
        <span class="figure-value" data-waste="contamination">
          {formatShare(share)}{' '}
          <span class="unit">
            {formatShare(row.totalContaminationLow ?? null)} to {formatShare(row.totalContaminationHigh ?? null)}
          </span>
        </span>
      </div>
      <div class="figure" title="What an alert rule of kind composition allows">
        <span class="figure-name">Limit</span>
        <span class="figure-value" data-waste="limit">
          {limit === undefined ? (
            <span class="unit">no rule says one</span>
          ) : (
            <>
              <a href={cameraHref(camera, 'settings', { rule: limit.rule })}>{formatShare(limit.above)}</a>{' '}
              <span class={isOver ? 'chip is-bad' : 'chip is-good'}>{isOver ? '▲ over the limit' : '✓ within'}</span>
            </>
          )}
        </span>
      </div>
      <div class="figure" title="Items counted in the range">
        <span class="figure-name">Items</span>
        <span class="figure-value" data-waste="items">
          {formatCount(sum('items'))}
        </span>
      </div>
      <div class="figure" title="Items whose mean score is under waste.reviewBelow: a person should look">
        <span class="figure-name">For review</span>
        <span class="figure-value" data-waste="review">
          {formatCount(sum('review'))}
        </span>
      </div>
      <div class="figure" title="Share of the range in which the belt was looked at">
        <span class="figure-name">Observed</span>
        <span class="figure-value">{formatShare(row.observedShare)}</span>
      </div>
    </div>
  );
}

/** Shares beside each other; the table below says the same in figures. */
function ShareBar({ rows }: { readonly rows: readonly MaterialRow[] }) {
  let x = 0;
  const parts = rows.map(({ material, share }, i) => {
    const part = { material: material ?? '', share: share ?? 0, x, colour: seriesColour(i) };
    x += (share ?? 0) * 100;
    return part;
  });
  return (
    <svg class="share-bar" viewBox="0 0 100 6" preserveAspectRatio="none" role="img">
      <title>{parts.map(({ material, share }) => `${material} ${formatShare(share)}`).join(', ')}</title>
      {parts.map((part) => (
        <rect
          key={part.material}
          x={part.x}
          y="0"
          width={Math.max(0.15, part.share * 100)}
          height="6"
          style={{ fill: `var(${part.colour})` }}
        >
          <title>{`${part.material} ${formatShare(part.share)}`}</title>
        </rect>
      ))}
    </svg>
  );
}

function MaterialTable({
  rows,
  facts,
}: {
  readonly rows: readonly MaterialRow[];
  readonly facts: WasteFacts | undefined;
}) {
  const allowed = facts?.allowed ?? null;
  const byArea = facts?.weight === 'area';
  return (
    <TableScroll label="Materials">
      <table class="table" data-table="materials">
        <thead>
          <tr>
            <th scope="col">Material</th>
            <th scope="col">Belongs there</th>
            <th scope="col" class="number" title="Of the weight of all materials">
              Share
            </th>
            <th scope="col" class="number" title="95 % Wilson interval of the share">
              Between
            </th>
            <th scope="col" class="number">
              Items
            </th>
            <th scope="col" class="number" title={byArea ? 'Area, in shares of the picture' : 'Number of items'}>
              {byArea ? 'Area' : 'Weight'}
            </th>
            <th scope="col" class="number" title="Items a person should look at">
              For review
            </th>
            <th scope="col">Limit</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => {
            const material = row.material ?? '';
            const limit = facts?.limits.find((each) => each.material === material);
            return (
              <tr key={material} data-material={material}>
                <th scope="row">
                  <i class="swatch" style={{ background: `var(${seriesColour(i)})` }} />
                  {material}
                </th>
                <td>{allowed === null ? 'yes, all do' : allowed.includes(material) ? 'yes' : <b>no</b>}</td>
                <td class="number">{formatShare(row.share ?? null)}</td>
                <td class="number">
                  {formatShare(row.shareLow ?? null)} – {formatShare(row.shareHigh ?? null)}
                </td>
                <td class="number">{formatCount(row.items ?? 0)}</td>
                <td class="number">{(row.weight ?? 0).toLocaleString('en', { maximumFractionDigits: 2 })}</td>
                <td class="number">{formatCount(row.review ?? 0)}</td>
                <td>
                  {limit === undefined
                    ? NOTHING
                    : `${limit.above === null ? 'at least' : 'at most'} ${formatShare(limit.above ?? limit.below)}`}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </TableScroll>
  );
}
