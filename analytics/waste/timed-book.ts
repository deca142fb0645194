import type { Measure } from '../../core/measure.ts';

type TimedMetric = 'composition' | 'contamination' | 'review';

/** What was there over time: one class of one material. Plain JSON. */
interface Entry {
  readonly metric: TimedMetric;
  readonly subject: string;
  readonly label: string;
  /** Seconds there was any, item seconds, weight seconds. */
  anyS: number;
  itemS: number;
  weightS: number;
  min: number;
  max: number;
}

export interface TimeAverages {
  readonly observedS: number;
  readonly entries: readonly Entry[];
}

/** Different (metric, material, class) of one interval; beyond it a class becomes `other`. */
const ENTRIES_MAX = 1_024;

export type AddItem = (metric: TimedMetric, subject: string, label: string, weight: number) => void;

/**
 * Averages over the time of an interval: n is the mean number of items, sum their mean weight, min and max the lightest
 * and heaviest there was at once.
 */
export class TimedBook {
  readonly #entries = new Map<string, Entry>();
  #observedS: number;

  /** @param state to go on from */
  constructor(state?: TimeAverages) {
    this.#observedS = state?.observedS ?? 0;
    for (const entry of state?.entries ?? []) this.#entries.set(keyOf(entry), { ...entry });
  }

  /** What was there for `seconds`. */
  during(seconds: number, items: (add: AddItem) => void): void {
    this.#observedS += seconds;
    const now = new Map<Entry, { items: number; weight: number }>();
    items((metric, subject, label, weight) => {
      const entry = this.#entryOf(metric, subject, label);
      const tally = now.get(entry) ?? { items: 0, weight: 0 };
      tally.items += 1;
      tally.weight += weight;
      now.set(entry, tally);
    });
    for (const [entry, { items: count, weight }] of now) {
      entry.min = entry.anyS === 0 ? weight : Math.min(entry.min, weight);
      entry.max = Math.max(entry.max, weight);
      entry.anyS += seconds;
      entry.itemS += count * seconds;
      entry.weightS += weight * seconds;
    }
  }

  take(): Measure[] {
    const whole = this.#observedS;
    const measures = [...this.#entries.values()].map(
      (entry): Measure => ({
        metric: entry.metric,
        subject: entry.subject,
        direction: '',
        label: entry.label,
        n: entry.itemS / whole,
        sum: entry.weightS / whole,
        // Sums of the same seconds in the same order are the same number.
        min: entry.anyS < whole ? 0 : entry.min,
        max: entry.max,
      }),
    );
    this.#entries.clear();
    this.#observedS = 0;
    return measures;
  }

  state(): TimeAverages {
    return { observedS: this.#observedS, entries: [...this.#entries.values()] };
  }

  #entryOf(metric: TimedMetric, subject: string, label: string): Entry {
    const of = this.#entries.size >= ENTRIES_MAX ? 'other' : label;
    const known = this.#entries.get(keyOf({ metric, subject, label }));
    if (known !== undefined) return known;
    const entry: Entry = { metric, subject, label: of, anyS: 0, itemS: 0, weightS: 0, min: 0, max: 0 };
    const key = keyOf(entry);
    const other = this.#entries.get(key);
    if (other !== undefined) return other;
    this.#entries.set(key, entry);
    return entry;
  }
}

function keyOf({ metric, subject, label }: Pick<Entry, 'metric' | 'subject' | 'label'>): string {
  return `${metric}\n${subject}\n${label}`;
}
