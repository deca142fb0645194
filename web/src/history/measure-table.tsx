import { useState } from 'preact/hooks';
import { formatFullMoment } from '../format/moments.ts';
import { formatCount, formatShare, NOTHING } from '../format/numbers.ts';
import { TableScroll } from '../layout/table-scroll.tsx';
import { figureText } from './figure-text.ts';
import type { HistoryView } from './history-view.ts';
import { intervalLabel } from './interval-text.ts';
import { figureOf, type MeasureRow } from './pivot.ts';
import type { MeasuresAnswer } from './use-history.ts';

const ROWS_SHOWN = 200;

/** Every row of the answer, the newest interval first. */
export function MeasureTable({ view, answer }: { readonly view: HistoryView; readonly answer: MeasuresAnswer }) {
  const [shown, setShown] = useState(ROWS_SHOWN);
  const { metric } = view;
  const { by, interval, timeZone } = answer;
  if (metric === undefined) return null;
  const rows = newestFirst(answer.rows);
  return (
    <section class="card">
      <h3>
        Rows <span class="unit">{formatCount(rows.length)}</span>
      </h3>
      <TableScroll label="Rows">
        <table class="table" data-table="rows">
          <thead>
            <tr>
              <th scope="col">Beginning</th>
              {by.map((group) => (
                <th key={group} scope="col">
                  {group}
                </th>
              ))}
              {metric.figures.map(({ key, name, unit, hint }) => (
                <th key={key} scope="col" class="number" title={hint}>
                  {name}
                  {unit !== '' && unit !== '%' && <span class="unit"> {unit}</span>}
                </th>
              ))}
              <th scope="col" class="number" title="Share of the interval that was observed">
                Observed
              </th>
              {!by.includes('camera') && (
                <th scope="col" class="number" title="Cameras that observed any of it">
                  Cameras
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map((row) => (
              <tr key={`${row.start}|${by.map((group) => textOf(row, group)).join('|')}`} data-start={row.start}>
                <th scope="row" title={`${formatFullMoment(row.start)} to ${formatFullMoment(row.end)}`}>
                  {intervalLabel(row.start, interval, timeZone)}
                </th>
                {by.map((group) => (
                  <td key={group}>{textOf(row, group)}</td>
                ))}
                {metric.figures.map((figure) => (
                  <td key={figure.key} class="number" data-figure={figure.key}>
                    {figureText(figure, figureOf(row, { key: figure.key, unit: '' }))}
                  </td>
                ))}
                <td class="number">
                  <ObservedShare row={row} />
                </td>
                {!by.includes('camera') && <td class="number">{row.cameras ?? NOTHING}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
      {rows.length > shown && (
        <button type="button" class="button is-small" onClick={() => setShown(shown + ROWS_SHOWN)}>
          Show {formatCount(Math.min(ROWS_SHOWN, rows.length - shown))} more of {formatCount(rows.length - shown)}
        </button>
      )}
    </section>
  );
}

/** The share in words, marked where it is too little to rely on. */
function ObservedShare({ row }: { readonly row: MeasureRow }) {
  if (row.observedShare === 0) return <span class="quiet">not observed</span>;
  const text = formatShare(row.observedShare);
  return row.valid ? (
    text
  ) : (
    <span class="is-doubtful" title="Too little was observed, or the camera was not fit to see">
      ⚠ {text}
    </span>
  );
}

/** Groups keep the order in which the API gives them. */
function newestFirst(rows: readonly MeasureRow[]): readonly MeasureRow[] {
  return rows
    .map((row, at) => ({ row, at }))
    .sort((a, b) => b.row.start - a.row.start || a.at - b.at)
    .map(({ row }) => row);
}

function textOf(row: object, key: string): string {
  const value = (row as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value : NOTHING;
}
