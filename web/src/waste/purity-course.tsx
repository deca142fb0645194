import { useMemo } from 'preact/hooks';
import { type ChartSeries, TimeChart } from '../chart/time-chart.tsx';
import { browserZone } from '../format/moments.ts';
import { HistoryRefusal } from '../history/history-refusal.tsx';
import { readView } from '../history/history-view.ts';
import { useMeasures } from '../history/use-history.ts';
import type { MaterialRow } from './material-row.ts';

interface Props {
  readonly camera: string;
  readonly range: string;
  /** Contamination at most, share 0 to 1. */
  readonly limit: number | undefined;
  readonly syncKey: string;
}

/** Contamination over time with how sure it is, against its limit. */
export function PurityCourse({ camera, range, limit, syncKey }: Props) {
  const view = useMemo(
    () => readView(new URLSearchParams({ resource: 'composition', camera, range, by: ',' }), browserZone()),
    [camera, range],
  );
  const { value, refusal, reload } = useMeasures(view);
  const shown = useMemo(() => {
    const rows = (value?.rows ?? []) as readonly MaterialRow[];
    const percent = (key: keyof MaterialRow): (number | null)[] =>
      rows.map((row) => (typeof row[key] === 'number' ? Number(row[key]) * 100 : null));
    const series: ChartSeries[] = [
      { name: 'Contamination', colour: '--accent', values: percent('totalContaminationShare') },
      { name: '95 % at least', colour: '--line-strong', values: percent('totalContaminationLow') },
      { name: '95 % at most', colour: '--line-strong', values: percent('totalContaminationHigh') },
    ];
    if (limit !== undefined) series.push({ name: 'Limit', colour: '--bad', values: rows.map(() => limit * 100) });
    return { series, timesMs: rows.map(({ start }) => start), observed: rows.map((row) => row.observedShare) };
  }, [value, limit]);
  return (
    <section class="card course-card" data-course="contamination">
      <div class="chart-head">
        <h3>
          Contamination <span class="unit">%</span>
        </h3>
      </div>
      {refusal !== undefined && <HistoryRefusal refusal={refusal} onRetry={reload} />}
      {value !== undefined && (
        <TimeChart
          label="Contamination over time with its 95 % interval and its limit"
          {...shown}
          endMs={value.to}
          unit="%"
          syncKey={syncKey}
        />
      )}
    </section>
  );
}
