/** Rows as they are answered: flat, the same names in JSON, NDJSON and CSV. Moments are ms since the Unix epoch. */

/** What is common to the rows of all measures. */
export interface MeasuredRow {
  readonly start: number;
  readonly end: number;
  /** Only those of `by`; null in a row that says nothing was measured in the interval. */
  readonly camera?: string;
  readonly line?: string | null;
  readonly place?: string | null;
  readonly zone?: string | null;
  readonly material?: string | null;
  readonly kind?: string | null;
  readonly route?: string | null;
  readonly direction?: string | null;
  readonly label?: string | null;
  /** Share of the interval (of all cameras that are in the row) that was observed, 0..1. */
  readonly observedShare: number;
  /** Enough was observed by cameras fit to see: the figures can be relied on. */
  readonly valid: boolean;
  /** Cameras that observed any of it; not in rows by camera. */
  readonly cameras?: number;
}

/** `count` is 0 where it was observed that nothing passed, null where nobody looked. */
export interface CountRow extends MeasuredRow {
  readonly count: number | null;
}

/** km/h. Null where none was measured. `p50` and `v85` come from bins 5 km/h wide. */
export interface SpeedRow extends MeasuredRow {
  readonly n: number | null;
  readonly mean: number | null;
  readonly p50: number | null;
  readonly v85: number | null;
  readonly min: number | null;
  readonly max: number | null;
}

/** Mean over the time observed (dwell: over the objects); null where nothing was observed. */
export interface OccupancyRow extends MeasuredRow {
  readonly mean: number | null;
  readonly max: number | null;
  /** Seconds observed; for dwell objects. */
  readonly n: number | null;
}

/** Shares are 0..1 by the weight that the settings give items, with 95 % Wilson intervals. */
export interface CompositionRow extends MeasuredRow {
  readonly items: number | null;
  readonly weight: number | null;
  /** Of the weight of all materials of the interval (and camera). */
  readonly share: number | null;
  readonly shareLow: number | null;
  readonly shareHigh: number | null;
  /** Items of this row that are not allowed in the stream, and their share of the interval's weight. */
  readonly contaminants: number | null;
  readonly contaminationShare: number | null;
  /** Of all materials together: the same in every row of the interval (and camera). */
  readonly totalContaminationShare: number | null;
  readonly totalContaminationLow: number | null;
  readonly totalContaminationHigh: number | null;
  readonly review: number | null;
}

export type MeasureRow = CountRow | SpeedRow | OccupancyRow | CompositionRow;

export interface EventRow {
  readonly at: number;
  readonly camera: string;
  readonly kind: string;
  /** Line, zone, `from>to`, incident, condition, light or material: the kind says which. */
  readonly subject: string;
  readonly direction: string | null;
  readonly label: string | null;
  readonly track: number | null;
  readonly value: number | null;
  /** The whole event, see core/camera-event.ts. */
  readonly event: Readonly<Record<string, unknown>>;
}

export interface AlertRow {
  readonly id: string;
  readonly camera: string;
  readonly rule: string;
  readonly severity: string;
  readonly state: 'opened' | 'closed';
  readonly openedAt: number;
  readonly closedAt: number | null;
  readonly title: string;
  readonly message: string;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly data: Readonly<Record<string, unknown>>;
  readonly snapshotPath: string | null;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
}

export type HistoryRow = MeasureRow | EventRow | AlertRow;

export interface Page<Row extends HistoryRow = HistoryRow> {
  readonly rows: readonly Row[];
  /** Cursor of the next page, null at the last. */
  readonly next: string | null;
  /** Measures only: the tables the figures come from. */
  readonly rollUps?: readonly ('minute' | 'hour' | 'day')[];
}
