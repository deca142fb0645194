import type { MeasureRow } from '../history/pivot.ts';

/** A row of `/v1/history/composition`, as far as this page reads it. */
export type MaterialRow = MeasureRow & {
  readonly material?: string | null;
  readonly items?: number | null;
  readonly weight?: number | null;
  readonly share?: number | null;
  readonly shareLow?: number | null;
  readonly shareHigh?: number | null;
  readonly contaminants?: number | null;
  readonly totalContaminationShare?: number | null;
  readonly totalContaminationLow?: number | null;
  readonly totalContaminationHigh?: number | null;
  readonly review?: number | null;
};

/** Materials, the largest share first. */
export const materialsOf = (rows: readonly MaterialRow[]): readonly MaterialRow[] =>
  rows.filter(({ material }) => material != null).sort((a, b) => (b.share ?? 0) - (a.share ?? 0));
