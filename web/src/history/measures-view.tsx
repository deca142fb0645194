import { useMemo } from 'preact/hooks';
import { SERIES_MAX, seriesColour } from '../chart/series-colours.ts';
import { type ChartSeries, TimeChart } from '../chart/time-chart.tsx';
import { formatFullMoment } from '../format/moments.ts';
import { formatCount, formatShare } from '../format/numbers.ts';
import { EmptyState } from '../layout/empty-state.tsx';
import type { QueryChange } from '../state/router.ts';
import type { HistoryView } from './history-view.ts';
import { MeasureTable } from './measure-table.tsx';
import { figureOf, largest, type Pivot, pivot } from './pivot.ts';
import type { FigureSpec } from './resources.ts';
import { TotalsTable } from './totals-table.tsx';
import { type MeasuresAnswer, usePrevious, useTotals } from './use-history.ts';

interface Props {
  readonly view: HistoryView;
  readonly figure: FigureSpec;
  readonly answer: MeasuresAnswer;
  readonly onChange: (change: QueryChange) => void;
}

/** Figures over time: a chart, what they come to, and every row of it. */
export function MeasuresView({ view, figure, answer, onChange }: Props) {
  const { rows, from, to, interval, next } = answer;
  const range = useMemo(() => ({ from, to }), [from, to]);
  const totals = useTotals(view, range);
  const previous = usePrevious(view, range, interval);
  const course = useMemo(() => pivot(rows, answer.by, figure), [rows, answer.by, figure]);
  const before = previous.value;
  const series = useMemo(() => {
    if (view.compare) return compared(course, before, figure);
    return speedsOfOne(answer, course, view, figure) ?? seriesOf(course, figure);
  }, [answer, course, before, figure, view]);
  const shown = Math.min(course.groups.length, SERIES_MAX);
  const unseen = course.observed.filter((share) => share === 0).length;
  if (course.groups.length === 0) {
    return (
      <EmptyState title="Nothing was measured">
        <p class="quiet">
          No camera measured this between {formatFullMoment(from)} and {formatFullMoment(to)}. Widen the range, take a
          filter away, or look whether a camera has lines and zones in its settings.
        </p>
      </EmptyState>
    );
  }
  return (
    <>
      {next !== null && (
        <p class="refusal" role="alert">
          <span>
            <b>More than {formatCount(rows.length)} rows:</b> what is shown ends before the range does. Choose longer
            intervals, a shorter range or fewer groups; the CSV has every row.
          </span>
        </p>
      )}
      <section class="card">
        <div class="chart-head">
          <h3>
            {view.metric?.name}
            {figure.name !== 'Count' && `: ${figure.name.toLowerCase()}`}
            {figure.unit !== '' && <span class="unit"> {figure.unit}</span>}
          </h3>
          {(view.metric?.figures.length ?? 0) > 1 && (
            <select
              class="field is-small"
              aria-label="Figure drawn"
              value={figure.key}
              onChange={(event) => onChange({ figure: event.currentTarget.value })}
            >
              {view.metric?.figures.map(({ key, name }) => (
                <option key={key} value={key}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </div>
        <TimeChart
          label={`${view.metric?.name}, ${figure.name}, from ${formatFullMoment(from)} to ${formatFullMoment(to)}; the figures are in the table below`}
          timesMs={course.timesMs}
          endMs={to}
          series={series}
          stacked={figure.adds && !view.compare}
          observed={course.observed}
          unit={figure.unit}
          heightPx={300}
          {...(figure.unit === '%' ? { max: 100 } : {})}
          onRange={(fromMs, toMs) => onChange(zoomTo(course, fromMs, toMs))}
        />
        <p class="note">
          Drag over the chart to zoom.{' '}
          {course.observed.some((share) => share < 0.8) &&
            'Hatched: less than 80 % of the interval was observed; its figures are of a part only. '}
          {unseen > 0 && `Nobody looked in ${formatCount(unseen)} of ${formatCount(course.timesMs.length)} intervals. `}
          {course.groups.length > shown &&
            `${formatCount(course.groups.length)} groups: the ${figure.adds ? shown - 1 : shown} largest are drawn${figure.adds ? ', the others as one' : ''}.`}
        </p>
      </section>
      <TotalsTable view={view} totals={totals} range={range} />
      <MeasureTable view={view} answer={answer} />
      <p class="note">
        From the tables by {answer.rollUps.join(' and ') || 'minute'}; {formatShare(meanOf(course.observed))} of the
        time was observed.
      </p>
    </>
  );
}

/** Of one group the mean speed, and beside it the percentiles. */
function speedsOfOne(
  { rows, by }: MeasuresAnswer,
  { groups }: Pivot,
  { resource, metric }: HistoryView,
  { key }: FigureSpec,
): readonly ChartSeries[] | undefined {
  if (resource !== 'speeds' || key !== 'mean' || groups.length !== 1) return undefined;
  return ['mean', 'p50', 'v85'].flatMap((name, i): ChartSeries[] => {
    const figure = metric?.figures.find((each) => each.key === name);
    if (figure === undefined) return [];
    const values = pivot(rows, by, figure).groups[0]?.values ?? [];
    return [{ name: figure.name, values, colour: seriesColour(i), drawn: 'line' }];
  });
}

function seriesOf({ groups }: Pivot, { adds }: FigureSpec): readonly ChartSeries[] {
  // A camera that counts something else would only lengthen the legend.
  const some = groups.filter(({ total }) => total > 0);
  return largest(some.length === 0 ? groups : some, SERIES_MAX, adds).map(({ name, values }, i) => ({
    ...{ name, values, colour: seriesColour(i), drawn: adds ? 'bars' : 'line' },
  }));
}

/** This period, and the one before it moved onto it. */
function compared(
  { groups, timesMs }: Pivot,
  before: MeasuresAnswer | undefined,
  figure: FigureSpec,
): readonly ChartSeries[] {
  const now: ChartSeries = {
    ...{ name: 'This period', values: groups[0]?.values ?? [], colour: seriesColour(0) },
    drawn: figure.adds ? 'bars' : 'line',
  };
  if (before === undefined) return [now];
  const values = timesMs.map((_, at) => {
    const row = before.rows[at];
    return row === undefined ? null : figureOf(row, figure);
  });
  return [now, { name: 'The period before', values, colour: '--text', drawn: 'line' }];
}

/** Whole intervals, so that the edges of bars stay where they are. */
function zoomTo({ timesMs, endMs }: Pivot, fromMs: number, toMs: number): QueryChange {
  const first = timesMs.findLast((ms) => ms <= fromMs) ?? timesMs[0] ?? fromMs;
  const last = timesMs.find((ms) => ms >= toMs) ?? endMs;
  const text = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
  return { range: undefined, from: text(first), to: text(Math.max(last, first + 60_000)) };
}

const meanOf = (shares: readonly number[]): number =>
  shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
