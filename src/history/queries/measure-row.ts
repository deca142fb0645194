import { SPEED_BIN_KMH } from '../../../core/measure.ts';
import { wilson } from '../../../core/wilson.ts';
import { VALID_SHARE_MIN } from '../tables.ts';
import type { MeasureSqlRow } from './measure-sql.ts';
import { percentile } from './percentile.ts';
import type { MeasureQuery } from './query.ts';
import type { MeasureRow } from './rows.ts';

export interface IntervalOfRow {
  readonly startMs: number;
  readonly endMs: number;
  /** Up to when coverage can be there: minutes that are not over, or not written yet, are not missing. */
  readonly settledMs: number;
}

/** The answer's row from the database's. */
export function measureRow(query: MeasureQuery, raw: MeasureSqlRow, interval: IntervalOfRow): MeasureRow {
  const row = {
    start: interval.startMs,
    end: interval.endMs,
    ...groupsOf(query, raw),
    ...figuresOf(query, raw, raw.covered_s !== null || raw.n !== null),
    ...coverageOf(query, raw, interval),
  };
  // Which figures and groups a row has follows from the resource: the OpenAPI schemas hold answers to it.
  return row as MeasureRow;
}

function groupsOf({ spec, by, filters }: MeasureQuery, raw: MeasureSqlRow): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    by.map((name) => {
      const column = spec.columns.get(name);
      const value = column === undefined ? undefined : raw[column];
      if (value !== undefined && value !== '') return [name, value];
      // Where only one value is asked for, an interval without it is an interval with none of it.
      const only = column === undefined ? undefined : filters.get(column);
      return [name, raw.n === null && only?.length === 1 ? (only[0] ?? null) : null];
    }),
  );
}

function coverageOf(
  { cameras, by }: MeasureQuery,
  raw: MeasureSqlRow,
  { startMs, endMs, settledMs }: IntervalOfRow,
): { observedShare: number; valid: boolean; cameras?: number } {
  const byCamera = by.includes('camera');
  const named = cameras.globs.length === 0 ? cameras.ids.length : 0;
  // Cameras that were named should have been there; of all others only those are known that were.
  const expected = byCamera ? 1 : Math.max(named, raw.cameras ?? 0);
  const wholeS = (Math.min(endMs, settledMs) - startMs) / 1_000;
  // The minute that runs: of a camera that has just left a part may be there already.
  const expectedS = wholeS > 0 ? wholeS * expected : (raw.covered_s ?? 0);
  const shareOf = (seconds: number | null): number => (expectedS > 0 ? Math.min(1, (seconds ?? 0) / expectedS) : 0);
  return {
    observedShare: round(shareOf(raw.observed_s)),
    // A rounding error of the database must not make the difference.
    valid: shareOf(raw.valid_s) >= VALID_SHARE_MIN - 1e-9,
    ...(byCamera ? {} : { cameras: raw.cameras ?? 0 }),
  };
}

/** @param observed whether anybody looked: else every figure is unknown */
function figuresOf({ resource, spec }: MeasureQuery, raw: MeasureSqlRow, observed: boolean): FigureFields {
  const n = observed ? (raw.n ?? 0) : null;
  const sum = raw.sum ?? 0;
  const mean = n !== null && n > 0 ? round(sum / n) : null;
  switch (resource) {
    case 'counts':
      return { count: n === null ? null : round(sum) };
    case 'speeds': {
      const at = (q: number) =>
        percentile(raw.bins ?? [], SPEED_BIN_KMH, q, { min: raw.min ?? null, max: raw.max ?? null });
      const p50 = at(0.5);
      const v85 = at(0.85);
      return {
        n,
        mean,
        p50: p50 === null ? null : round(p50),
        v85: v85 === null ? null : round(v85),
        min: extreme(raw.min, mean),
        max: extreme(raw.max, mean),
      };
    }
    case 'occupancy':
      return { mean, max: extreme(raw.max, mean), n: n === null ? null : round(n) };
    case 'composition':
      return compositionOf(raw, observed);
    default:
      throw new Error(`no figures for ${spec.metric}`);
  }
}

type FigureFields = Readonly<Record<string, number | null>>;

const extreme = (value: number | null | undefined, mean: number | null): number | null =>
  mean === null || value === null || value === undefined ? null : round(value);

function compositionOf(raw: MeasureSqlRow, observed: boolean): FigureFields {
  const groupN = raw.group_n ?? 0;
  const groupSum = raw.group_sum ?? 0;
  const of = (weight: number | null | undefined) => (groupSum > 0 ? wilson((weight ?? 0) / groupSum, groupN) : null);
  const share = of(raw.sum);
  const contamination = of(raw.bad_sum);
  const total = of(raw.group_bad_sum);
  const seen = (value: number | null | undefined): number | null => (observed ? round(value ?? 0) : null);
  return {
    items: seen(raw.n),
    weight: seen(raw.sum),
    share: rounded(share?.share),
    shareLow: rounded(share?.low),
    shareHigh: rounded(share?.high),
    contaminants: seen(raw.bad_n),
    contaminationShare: rounded(contamination?.share),
    totalContaminationShare: rounded(total?.share),
    totalContaminationLow: rounded(total?.low),
    totalContaminationHigh: rounded(total?.high),
    review: seen(raw.review_n),
  };
}

const rounded = (value: number | undefined): number | null => (value === undefined ? null : round(value));

/** Four decimals: sums of doubles carry noise nobody measured. */
const round = (value: number): number => Math.round(value * 10_000) / 10_000;
