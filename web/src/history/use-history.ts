import { useRef } from 'preact/hooks';
import type { HistoryCounts } from '../api/answers.gen.ts';
import { browserClock } from '../browser-clock.ts';
import { useLive } from '../live/live.ts';
import { type Resource, useResource } from '../state/use-resource.ts';
import { askHistory } from './ask-history.ts';
import { type HistoryView, type Range, viewQuery } from './history-view.ts';
import type { MeasureRow } from './pivot.ts';

/** An answer of `/v1/history/{counts,speeds,occupancy,composition}`. */
export type MeasuresAnswer = Omit<HistoryCounts, 'resource' | 'rows'> & {
  readonly resource: string;
  readonly rows: readonly MeasureRow[];
};

/** Rows of one answer: as many as the API gives at once. */
const ROWS_MAX = 10_000;
/** A range that ends now goes on. */
const RENEW_MS = 30_000;

/** What the view asks for, renewed while its range ends now. */
export function useMeasures(view: HistoryView): Resource<MeasuresAnswer> {
  const { api } = useLive();
  return useResource<MeasuresAnswer>(
    keyOf('rows', view),
    (signal) =>
      askHistory(api, pathOf(view), { ...viewQuery(view, browserClock.wallMs()), limit: String(ROWS_MAX) }, signal),
    view.to === undefined ? { everyMs: RENEW_MS } : {},
  );
}

/** The same range in one interval: percentiles and shares cannot be added up from rows. Nothing without a range. */
export function useTotals(view: HistoryView, range: Range | undefined): Resource<MeasuresAnswer> {
  return useRange('totals', view, range, 'total');
}

/** The period of equal length before `range`, in the intervals of the answer. */
export function usePrevious(view: HistoryView, range: Range | undefined, interval: string): Resource<MeasuresAnswer> {
  return useRange('previous', view, view.compare && range !== undefined ? previousRange(range) : undefined, interval);
}

export const previousRange = ({ from, to }: Range): Range => ({ from: from - (to - from), to: from });

function useRange(
  what: string,
  view: HistoryView,
  range: Range | undefined,
  interval: string,
): Resource<MeasuresAnswer> {
  const { api } = useLive();
  const viewKey = keyOf(what, view);
  const last = useRef<{ key: string; value: MeasuresAnswer } | undefined>(undefined);
  const resource = useResource<MeasuresAnswer>(
    range === undefined ? `${what}:none` : keyOf(what, view, range, interval),
    async (signal) =>
      range === undefined
        ? { kind: 'unreachable', reason: 'nothing is asked' }
        : askHistory(
            api,
            pathOf(view),
            { ...viewQuery(view, browserClock.wallMs(), range), interval, limit: String(ROWS_MAX) },
            signal,
          ),
  );
  if (resource.value !== undefined) last.current = { key: viewKey, value: resource.value };
  // A range that ends now moves on each minute: what was is shown until what is has come.
  const kept = range !== undefined && last.current?.key === viewKey ? last.current.value : undefined;
  const value = resource.value ?? kept;
  return { ...resource, value, loading: resource.loading && value === undefined };
}

export const pathOf = ({ resource }: HistoryView): string => `v1/history/${resource}`;

function keyOf(what: string, view: HistoryView, range?: Range, interval?: string): string {
  const { metric, figure: _, ...rest } = view;
  return JSON.stringify([what, metric?.metric, rest, range, interval]);
}
