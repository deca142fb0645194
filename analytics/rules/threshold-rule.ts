import type { RuleSettings } from '../../config/camera-settings/schema.ts';
import { dedupeKey } from './dedupe-key.ts';
import { judge, type Limit, limitOf } from './limit.ts';
import type { RuleInput } from './rule-input.ts';
import type { Condition, Ending, Evidence, Figures, Verdict, Watch } from './rule-watch.ts';
import { eachSample, levelOf, METRIC_NATURE } from './samples.ts';
import { SlidingWindow } from './sliding-window.ts';
import { figureName, unitOf } from './threshold-wording.ts';
import { duration, figure, percent, sentenceCase } from './wording.ts';

export type ThresholdSettings = Extract<RuleSettings, { kind: 'threshold' }>;

/** Traffic engineering speaks of the speed that 85 % do not exceed. */
const QUANTILE = 0.85;

/** A figure over a sliding window, beyond a threshold. */
export class ThresholdRule implements Watch {
  readonly #rule: ThresholdSettings;
  readonly #aggregate: NonNullable<ThresholdSettings['aggregate']>;
  readonly #limit: Limit | null;
  readonly #window: SlidingWindow;
  readonly #key: string;

  constructor(rule: ThresholdSettings, evidence: Evidence | null) {
    this.#rule = rule;
    this.#aggregate = rule.aggregate ?? (METRIC_NATURE[rule.metric] === 'counted' ? 'sum' : 'mean');
    this.#limit = limitOf(rule);
    this.#window = new SlidingWindow(rule.windowS, { quantiles: this.#aggregate === 'p85' }, evidence?.window);
    this.#key = dedupeKey(rule.dedupeKey ?? '{rule}', { rule: rule.id, ...subjectFields(rule) });
  }

  look(input: RuleInput): void {
    this.#window.advance(input.atMs);
    const level = METRIC_NATURE[this.#rule.metric] === 'counted' ? null : levelOf(input.gauges, this.#rule);
    this.#window.observed(input.observedS, level);
    eachSample(input, this.#rule, (value) => this.#window.add(value));
  }

  conditions(): readonly Condition[] {
    return [{ key: this.#key, verdict: this.#verdict(), describe: () => this.#figures() }];
  }

  ending(): Ending {
    const value = this.#value();
    if (value === null) return { message: `${this.#name()}: nothing was measured in ${this.#span()}.`, value };
    return { message: `${this.#name()}: ${figure(value)}${this.#unit()} in ${this.#span()}.`, value };
  }

  restart(atMs: number): void {
    this.#window.clear();
    this.#window.advance(atMs);
  }

  evidence(): Evidence {
    return { window: this.#window.state(), lastSeenMs: null };
  }

  #verdict(): Verdict {
    if (this.#limit === null) return 'clear';
    const { coverageMin } = this.#rule;
    if (coverageMin !== null && this.#window.coverage() < coverageMin) return 'unknown';
    const value = this.#value();
    return value === null ? 'clear' : judge(value, this.#limit);
  }

  /** Null where nothing was measured: then no threshold is passed either. */
  #value(): number | null {
    const window = this.#window;
    const { n, sum, max, observedS } = window.totals();
    switch (this.#aggregate) {
      case 'sum':
        return this.#expected(sum);
      case 'mean':
        return n > 0 ? sum / n : null;
      case 'max':
        return max;
      case 'p85':
        return window.quantile(QUANTILE);
      case 'per_hour': {
        const seconds = this.#rule.coverageMin === null ? window.spanS() : observedS;
        if (seconds <= 0) return null;
        return ((METRIC_NATURE[this.#rule.metric] === 'sampled' ? n : sum) / seconds) * 3_600;
      }
    }
  }

  /**
   * A sum over a window that was not wholly seen is at least what was seen: that is what is compared with `above`. What
   * is too little has to be too little even with the unseen part filled up at the same rate.
   */
  #expected(sum: number): number {
    if (this.#limit?.side !== 'below' || this.#rule.coverageMin === null) return sum;
    const coverage = this.#window.coverage();
    return coverage > 0 ? sum / coverage : sum;
  }

  #figures(): Figures {
    const rule = this.#rule;
    const value = this.#value();
    const threshold = this.#limit?.threshold ?? null;
    const side = this.#limit?.side ?? 'above';
    const unit = this.#unit();
    const limit = threshold === null ? '' : `${figure(threshold)}${unit}`;
    const coverage = percent(Math.floor(this.#window.coverage() * 1_000) / 1_000);
    return {
      title: rule.title ?? `${this.#name()} ${side} ${limit}`,
      message: `${this.#name()}: ${value === null ? 'nothing' : `${figure(value)}${unit}`} in ${this.#span()}, ${side} the threshold of ${limit}; ${coverage} of that time was observed.`,
      value,
      threshold,
      data: {
        metric: rule.metric,
        aggregate: this.#aggregate,
        subject: rule.subject,
        direction: rule.direction,
        label: rule.label,
        windowS: rule.windowS,
        coverage: Math.round(this.#window.coverage() * 1_000) / 1_000,
      },
    };
  }

  #name(): string {
    return sentenceCase(figureName(this.#rule, this.#aggregate));
  }

  #unit(): string {
    return unitOf(this.#rule.metric, this.#aggregate);
  }

  #span(): string {
    return `the last ${duration(this.#rule.windowS * 1_000)}`;
  }
}

/** What a subject is called in a dedupe key. */
function subjectFields({ metric, subject, label }: ThresholdSettings) {
  const line = metric === 'crossings' || metric === 'routes' || metric === 'speed';
  const material = metric === 'composition' || metric === 'contamination' || metric === 'review';
  if (line) return { line: subject, label };
  if (material) return { material: subject, label };
  if (metric === 'incidents') return { incident: subject, label };
  return { zone: subject, label };
}
