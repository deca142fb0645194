import { formatShare } from '../format/numbers.ts';
import { Loadable } from '../layout/loadable.tsx';
import { TableScroll } from '../layout/table-scroll.tsx';
import type { Resource } from '../state/use-resource.ts';
import { differenceText } from './difference-text.ts';
import { figureText } from './figure-text.ts';
import type { HistoryView, Range } from './history-view.ts';
import { figureOf, groupName } from './pivot.ts';
import { type MeasuresAnswer, previousRange, useTotals } from './use-history.ts';

interface Props {
  readonly view: HistoryView;
  readonly totals: Resource<MeasuresAnswer>;
  readonly range: Range;
}

/** What the range comes to, by group, as the node adds it up; beside the period before where that is compared. */
export function TotalsTable({ view, totals, range }: Props) {
  const { metric, by, compare } = view;
  const before = useTotals(view, compare ? previousRange(range) : undefined);
  if (metric === undefined) return null;
  return (
    <section class="card">
      <h3>The whole range</h3>
      <Loadable resource={totals} what="the totals">
        {({ rows }) => (
          <TableScroll label="Totals of the range">
            <table class="table" data-table="totals">
              <thead>
                <tr>
                  <th scope="col">{by.length === 0 ? '' : by.join(' · ')}</th>
                  {metric.figures.map(({ key, name, unit, hint }) => (
                    <th key={key} scope="col" class="number" title={hint}>
                      {name}
                      {unit !== '' && unit !== '%' && <span class="unit"> {unit}</span>}
                    </th>
                  ))}
                  <th scope="col" class="number" title="Share of the range that was observed">
                    Observed
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={groupName(row, by) ?? row.camera} data-group={groupName(row, by) ?? ''}>
                    <th scope="row">
                      {compare ? 'This period' : (groupName(row, by) ?? `${row.camera ?? ''} (nothing)`)}
                    </th>
                    {metric.figures.map((figure) => (
                      <td key={figure.key} class="number" data-figure={figure.key}>
                        {figureText(figure, rawOf(row, figure.key))}
                      </td>
                    ))}
                    <td class="number">{formatShare(row.observedShare)}</td>
                  </tr>
                ))}
                {compare &&
                  before.value?.rows.map((row) => (
                    <tr key="before">
                      <th scope="row">The period before</th>
                      {metric.figures.map((figure) => (
                        <td key={figure.key} class="number">
                          {figureText(figure, rawOf(row, figure.key))}
                        </td>
                      ))}
                      <td class="number">{formatShare(row.observedShare)}</td>
                    </tr>
                  ))}
                {compare && before.value !== undefined && (
                  <tr>
                    <th scope="row">Difference</th>
                    {metric.figures.map((figure) => (
                      <td key={figure.key} class="number">
                        {differenceText(
                          rows[0] === undefined ? null : figureOf(rows[0], figure),
                          before.value?.rows[0] === undefined ? null : figureOf(before.value.rows[0], figure),
                        )}
                      </td>
                    ))}
                    <td />
                  </tr>
                )}
              </tbody>
            </table>
          </TableScroll>
        )}
      </Loadable>
    </section>
  );
}

const rawOf = (row: object, key: string): number | null => figureOf(row, { key, unit: '' });
