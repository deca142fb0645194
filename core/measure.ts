/**
 * What was measured over one interval, in a form that adds up: minutes to hours to days, labels to all labels. Means are
 * `sum / n`; percentiles come from `bins`.
 */

export const METRICS = [
  /** Objects that passed a line. subject: line, direction: its name. sum = n = objects. */
  'crossings',
  /** km/h of objects where they were measured. subject: line or zone. One sample an object; `bins` of {@link SPEED_BIN_KMH}. */
  'speed',
  /** Objects in a zone, over time. subject: zone. n = seconds observed, sum = object seconds, max = most at once. */
  'occupancy',
  /** Seconds objects stayed in a zone they left. subject: zone. One sample an object. */
  'dwell',
  /** Standing or crawling objects in a zone, over time. subject: zone. n = seconds observed, sum = object seconds. */
  'queue',
  /** Vehicles per km of a zone whose length is known, over time. subject: zone. n = seconds observed, sum = density seconds. */
  'density',
  /** Level of congestion, 0 free to 3 standing, over time. subject: zone. n = seconds observed, sum = level seconds. */
  'congestion',
  /** Objects that went from one line to another. subject: `from>to`. One sample an object: travel time, s. */
  'routes',
  /** Incidents that began. subject: kind. sum = n. */
  'incidents',
  /** Items of waste. subject: material, label: class. n = items, sum = their weight by the settings (count or area). */
  'composition',
  /** Items that are not allowed in the stream. subject: material. As composition. */
  'contamination',
  /** Items a person should look at. subject: material. n = items. */
  'review',
  /** Objects first seen. label: class. sum = n. */
  'objects',
] as const;
export type Metric = (typeof METRICS)[number];

/** Width of one bin of `speed`; 40 bins, the last takes all above. */
export const SPEED_BIN_KMH = 5;
export const SPEED_BINS = 40;

export interface Measure {
  readonly metric: Metric;
  /** A line, zone, material, route: the metric says which. Empty where it has none. */
  readonly subject: string;
  /** Empty where the metric has none. */
  readonly direction: string;
  /** The object's class; empty where the metric is not by class. */
  readonly label: string;
  readonly n: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Samples by bin, where the metric has bins. */
  readonly bins?: readonly number[];
}

/** How much of an interval was seen, and whether its figures can be relied on. */
export interface Coverage {
  /** Share of the time that was observed, 0..1: no gap between frames that were analysed or gated was too long. */
  readonly observedShare: number;
  readonly analysed: number;
  readonly gated: number;
  readonly shed: number;
  readonly rejected: number;
  readonly lost: number;
  /** Enough was observed, by the settings, and the camera was fit to see. */
  readonly valid: boolean;
}

/** One camera, one interval. */
export interface IntervalMeasures {
  /** ms since the Unix epoch; a multiple of the interval's length unless the camera came or left within it. */
  readonly startMs: number;
  readonly endMs: number;
  readonly coverage: Coverage;
  readonly measures: readonly Measure[];
}

/** What a quantity is right now, for alert rules. Same words as {@link Measure}. */
export interface Gauge {
  readonly metric: Metric;
  readonly subject: string;
  readonly label: string;
  readonly value: number;
}
