import type { RuleSettings } from '../../config/camera-settings/schema.ts';
import { dedupeKey } from './dedupe-key.ts';
import { judge, type Limit, limitOf } from './limit.ts';
import type { RuleInput } from './rule-input.ts';
import type { Condition, Ending, Evidence, Figures, Verdict, Watch } from './rule-watch.ts';
import { SlidingWindow } from './sliding-window.ts';
import { duration, percent } from './wording.ts';

type CompositionSettings = Extract<RuleSettings, { kind: 'composition' }>;

/** A material's share of the items in the window, or the share of all that is not allowed. By number of items. */
export class CompositionRule implements Watch {
  readonly #rule: CompositionSettings;
  readonly #limit: Limit | null;
  /** One sample an item: 1 where it is of the material, else 0. */
  readonly #window: SlidingWindow;
  readonly #key: string;

  constructor(rule: CompositionSettings, evidence: Evidence | null) {
    this.#rule = rule;
    this.#limit = limitOf(rule);
    this.#window = new SlidingWindow(rule.windowS, { quantiles: false }, evidence?.window);
    this.#key = dedupeKey(rule.dedupeKey ?? '{rule}', { rule: rule.id, material: rule.material });
  }

  look(input: RuleInput): void {
    this.#window.advance(input.atMs);
    this.#window.observed(input.observedS);
    const { material } = this.#rule;
    for (const event of input.events) {
      if (event.kind !== 'item') continue;
      this.#window.add((material === null ? !event.allowed : event.material === material) ? 1 : 0);
    }
  }

  conditions(): readonly Condition[] {
    return [{ key: this.#key, verdict: this.#verdict(), describe: () => this.#figures() }];
  }

  ending(): Ending {
    const { n, sum } = this.#window.totals();
    if (n === 0) return { message: `No items in ${this.#span()}.`, value: null };
    return { message: `${this.#name()}: ${percent(sum / n)} of ${n} items in ${this.#span()}.`, value: sum / n };
  }

  restart(atMs: number): void {
    this.#window.clear();
    this.#window.advance(atMs);
  }

  evidence(): Evidence {
    return { window: this.#window.state(), lastSeenMs: null };
  }

  /** Few items say nothing; none at all in a window that was seen is an empty belt, which is nobody's contamination. */
  #verdict(): Verdict {
    const { coverageMin, itemsMin } = this.#rule;
    if (this.#limit === null) return 'clear';
    if (coverageMin !== null && this.#window.coverage() < coverageMin) return 'unknown';
    const { n, sum } = this.#window.totals();
    if (n === 0) return 'clear';
    return n < itemsMin ? 'unknown' : judge(sum / n, this.#limit);
  }

  #figures(): Figures {
    const { title, material, windowS } = this.#rule;
    const { n, sum } = this.#window.totals();
    const value = n === 0 ? null : sum / n;
    const threshold = this.#limit?.threshold ?? null;
    const side = this.#limit?.side ?? 'above';
    const coverage = percent(Math.floor(this.#window.coverage() * 1_000) / 1_000);
    return {
      title: title ?? `${this.#name()} ${side} ${percent(threshold ?? 0)}`,
      message: `${this.#name()}: ${percent(value ?? 0)} of ${n} items in ${this.#span()}, ${side} the threshold of ${percent(threshold ?? 0)}; ${coverage} of that time was observed.`,
      value,
      threshold,
      data: { material, items: n, windowS, coverage: Math.round(this.#window.coverage() * 1_000) / 1_000 },
    };
  }

  #name(): string {
    return this.#rule.material === null ? 'Contamination' : `Share of ${this.#rule.material}`;
  }

  #span(): string {
    return `the last ${duration(this.#rule.windowS * 1_000)}`;
  }
}
