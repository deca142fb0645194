import { type Measure, type Metric, SPEED_BIN_KMH, SPEED_BINS } from '../core/measure.ts';
import { fixed } from './state/fixed.ts';

/** Different (metric, subject, direction, label) of one interval. Beyond it a label becomes `other`. */
const ENTRIES_MAX = 4_096;

interface Entry {
  readonly metric: Metric;
  readonly subject: string;
  readonly direction: string;
  readonly label: string;
  n: number;
  sum: number;
  min: number;
  max: number;
  bins?: number[];
}

interface Subject {
  readonly metric: Metric;
  readonly subject?: string;
  readonly direction?: string;
  readonly label?: string;
}

/** Adds up the measures of one interval. */
export class MeasureBook {
  readonly #entries = new Map<string, Entry>();

  /** @param measures a book's state, to go on from */
  constructor(measures: readonly Measure[] = []) {
    for (const m of measures)
      this.#entries.set(keyOf(m.metric, m.subject, m.direction, m.label), {
        metric: m.metric,
        subject: m.subject,
        direction: m.direction,
        label: m.label,
        n: m.n,
        sum: m.sum,
        min: m.min,
        max: m.max,
        ...(m.bins === undefined ? {} : { bins: [...m.bins] }),
      });
  }

  /** One sample: n + 1, sum + value. */
  sample(of: Subject, value: number): void {
    this.#add(of, 1, value, value);
  }

  /** One speed, km/h: as {@link sample}, with bins. */
  speed(of: Subject, kmh: number): void {
    const entry = this.#add(of, 1, kmh, kmh);
    entry.bins ??= new Array<number>(SPEED_BINS).fill(0);
    const bin = Math.min(SPEED_BINS - 1, Math.max(0, Math.floor(kmh / SPEED_BIN_KMH)));
    entry.bins[bin] = (entry.bins[bin] ?? 0) + 1;
  }

  /** What was `value` for `seconds`: n + seconds, sum + value × seconds. */
  during(of: Subject, seconds: number, value: number): void {
    if (seconds > 0) this.#add(of, seconds, value * seconds, value);
  }

  take(): Measure[] {
    const taken = this.measures();
    this.#entries.clear();
    return taken;
  }

  measures(): Measure[] {
    return [...this.#entries.values()].map((entry) => ({
      ...entry,
      ...(entry.bins === undefined ? {} : { bins: [...entry.bins] }),
    }));
  }

  #add(of: Subject, n: number, sum: number, value: number): Entry {
    const subject = of.subject ?? '';
    const direction = of.direction ?? '';
    const level = fixed(value);
    let label = of.label ?? '';
    let key = keyOf(of.metric, subject, direction, label);
    let entry = this.#entries.get(key);
    if (entry === undefined && label !== '' && this.#entries.size >= ENTRIES_MAX) {
      label = 'other';
      key = keyOf(of.metric, subject, direction, label);
      entry = this.#entries.get(key);
    }
    if (entry === undefined) {
      entry = { metric: of.metric, subject, direction, label, n: fixed(n), sum: fixed(sum), min: level, max: level };
      this.#entries.set(key, entry);
      return entry;
    }
    entry.n = fixed(entry.n + n);
    entry.sum = fixed(entry.sum + sum);
    entry.min = Math.min(entry.min, level);
    entry.max = Math.max(entry.max, level);
    return entry;
  }
}

function keyOf(metric: string, subject: string, direction: string, label: string): string {
  return `${metric}\n${subject}\n${direction}\n${label}`;
}
