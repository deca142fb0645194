import type { RuleSettings } from '../../config/camera-settings/schema.ts';
import { dedupeKey } from './dedupe-key.ts';
import type { RuleInput } from './rule-input.ts';
import type { Condition, Ending, Evidence, Figures, Verdict, Watch } from './rule-watch.ts';
import { eachSample, levelOf, type SampleFilter } from './samples.ts';
import { SlidingWindow } from './sliding-window.ts';
import { duration, percent } from './wording.ts';

type AbsenceSettings = Extract<RuleSettings, { kind: 'absence' }>;

const MISSED: Readonly<Record<AbsenceSettings['metric'], string>> = {
  crossings: 'crossing',
  objects: 'object',
  composition: 'item',
  occupancy: 'object',
};

/**
 * Something that should happen does not. What is missed is missed only while the camera looked; seeing it ends the
 * absence however little else was seen, since that much is certain.
 */
export class AbsenceRule implements Watch {
  readonly #rule: AbsenceSettings;
  readonly #filter: SampleFilter;
  readonly #window: SlidingWindow;
  readonly #key: string;
  #lastSeenMs: number | null;
  #nowMs = 0;

  constructor(rule: AbsenceSettings, evidence: Evidence | null) {
    this.#rule = rule;
    this.#filter = { metric: rule.metric, subject: rule.subject, direction: null, label: rule.label };
    this.#window = new SlidingWindow(rule.afterS, { quantiles: false }, evidence?.window);
    this.#lastSeenMs = evidence?.lastSeenMs ?? null;
    const { subject, label } = rule;
    const where =
      rule.metric === 'crossings'
        ? { line: subject }
        : rule.metric === 'composition'
          ? { material: subject }
          : { zone: subject };
    this.#key = dedupeKey(rule.dedupeKey ?? '{rule}', { rule: rule.id, label, ...where });
  }

  look(input: RuleInput): void {
    this.#nowMs = input.atMs;
    this.#lastSeenMs ??= input.atMs;
    this.#window.advance(input.atMs);
    this.#window.observed(input.observedS);
    const level = this.#rule.metric === 'occupancy' ? levelOf(input.gauges, this.#filter) : null;
    if (level !== null && level > 0) this.#lastSeenMs = input.atMs;
    eachSample(input, this.#filter, () => {
      this.#lastSeenMs = input.atMs;
    });
  }

  conditions(): readonly Condition[] {
    return [{ key: this.#key, verdict: this.#verdict(), describe: () => this.#figures() }];
  }

  ending(): Ending {
    return { message: `${this.#what()} was seen again.`, value: this.#quietMs() / 1_000 };
  }

  restart(atMs: number): void {
    this.#lastSeenMs = atMs;
    this.#nowMs = atMs;
    this.#window.clear();
    this.#window.advance(atMs);
  }

  evidence(): Evidence {
    return { window: this.#window.state(), lastSeenMs: this.#lastSeenMs };
  }

  #quietMs(): number {
    return this.#nowMs - (this.#lastSeenMs ?? this.#nowMs);
  }

  #verdict(): Verdict {
    const { afterS, coverageMin } = this.#rule;
    if (this.#quietMs() < afterS * 1_000) return 'clear';
    return coverageMin !== null && this.#window.coverage() < coverageMin ? 'unknown' : 'raise';
  }

  #figures(): Figures {
    const { title, metric, subject, label, afterS } = this.#rule;
    const quiet = duration(this.#quietMs());
    const coverage = percent(Math.floor(this.#window.coverage() * 1_000) / 1_000);
    const what = this.#what(true);
    return {
      title: title ?? `${what} for ${duration(afterS * 1_000)}`,
      message: `${what} for ${quiet}; ${coverage} of the last ${duration(afterS * 1_000)} was observed.`,
      value: this.#quietMs() / 1_000,
      threshold: afterS,
      data: { metric, subject, label, coverage: Math.round(this.#window.coverage() * 1_000) / 1_000 },
    };
  }

  /** e.g. `No crossing of line north (car)`, `An item of paper`. */
  #what(none = false): string {
    const { metric, subject, label } = this.#rule;
    const noun = MISSED[metric];
    const article = none ? 'No' : /^[aeiou]/.test(noun) ? 'An' : 'A';
    const place =
      subject === null
        ? ''
        : metric === 'crossings'
          ? ` of line ${subject}`
          : metric === 'composition'
            ? ` of ${subject}`
            : ` in zone ${subject}`;
    return `${article} ${noun}${place}${label === null ? '' : ` (${label})`}`;
  }
}
