import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { SERIES_MAX, seriesColour } from '../chart/series-colours.ts';
import { type ChartSeries, TimeChart } from '../chart/time-chart.tsx';
import { browserZone } from '../format/moments.ts';
import { HistoryRefusal } from '../history/history-refusal.tsx';
import { type HistoryView, readView } from '../history/history-view.ts';
import { figureOf, largest, type MeasureRow, pivot } from '../history/pivot.ts';
import type { FigureSpec } from '../history/resources.ts';
import { useMeasures } from '../history/use-history.ts';
import { pageHref } from '../state/route.ts';

interface Props {
  readonly title: string;
  /** As the history explorer has it in its address; the card links to it. */
  readonly query: Readonly<Record<string, string>>;
  /** Figures of the one group there is, drawn beside each other; the view's own figure by group where absent. */
  readonly figures?: readonly string[];
  /** What stands there where nothing was measured. */
  readonly empty: string;
  /** Lines beside what was measured, such as limits. */
  readonly besides?: readonly { readonly name: string; readonly colour: string; readonly value: number }[];
  readonly heightPx?: number;
  readonly max?: number;
  /** Charts of one name move their cursors together. */
  readonly syncKey?: string;
  readonly children?: ComponentChildren;
}

/** A figure over time in a card, of one question to the history. */
export function CourseCard(props: Props) {
  const { title, query, figures, empty, besides, heightPx = 200, max, syncKey, children } = props;
  const text = new URLSearchParams(query).toString();
  const view = useMemo(() => readView(new URLSearchParams(text), browserZone()), [text]);
  const { value, refusal, loading, reload } = useMeasures(view);
  const course = useMemo(() => courseOf(view, value?.rows ?? [], figures), [view, value, figures?.join()]);
  const drawn = useMemo(() => {
    const lines = (besides ?? []).map(({ name, colour, value: level }): ChartSeries => {
      return { name, colour, values: course.timesMs.map(() => level), drawn: 'line' };
    });
    return [...course.series, ...lines];
  }, [course, besides]);
  const isEmpty = course.series.every(({ values }) => values.every((each) => each === null || each === 0));
  return (
    <section class="card course-card" data-course={view.metric?.metric}>
      <div class="chart-head">
        <h3>
          {title}
          {course.unit !== '' && <span class="unit"> {course.unit}</span>}
        </h3>
        <a href={pageHref('history', query)}>In the history</a>
      </div>
      {loading && (
        <p class="note" role="status">
          Asking the history …
        </p>
      )}
      {refusal !== undefined && <HistoryRefusal refusal={refusal} onRetry={reload} />}
      {value !== undefined &&
        (isEmpty ? (
          <p class="note">{empty}</p>
        ) : (
          <TimeChart
            label={`${title} over time; the figures are in the tables`}
            timesMs={course.timesMs}
            endMs={value.to}
            series={drawn}
            stacked={course.stacked}
            observed={course.observed}
            unit={course.unit}
            heightPx={heightPx}
            {...(max === undefined ? {} : { max })}
            {...(syncKey === undefined ? {} : { syncKey })}
          />
        ))}
      {children}
    </section>
  );
}

function courseOf(view: HistoryView, rows: readonly MeasureRow[], figures: readonly string[] | undefined) {
  const { metric, figure, by } = view;
  if (metric === undefined || figure === undefined) throw new Error('a card shows figures over time');
  const course = pivot(rows, by, figure);
  const shared = { timesMs: course.timesMs, observed: course.observed, unit: figure.unit };
  if (figures === undefined) {
    const groups = largest(course.groups, SERIES_MAX, figure.adds);
    return { ...shared, stacked: figure.adds, series: groups.map((group, i) => seriesOf(figure, group, i)) };
  }
  const chosen = figures.flatMap((key) => metric.figures.find((each) => each.key === key) ?? []);
  const series = chosen.map((each, i) =>
    seriesOf({ ...each, adds: false }, { name: each.name, values: rows.map((row) => figureOf(row, each)) }, i),
  );
  return { ...shared, stacked: false, series };
}

const seriesOf = (
  { adds }: FigureSpec,
  { name, values }: { readonly name: string; readonly values: readonly (number | null)[] },
  at: number,
): ChartSeries => ({ name, values, colour: seriesColour(at), drawn: adds ? 'bars' : 'line' });
