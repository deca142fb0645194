import type { RuleSettings } from '../../config/camera-settings/schema.ts';
import type { HealthChanged, HealthCondition } from '../../core/camera-event.ts';
import { dedupeKey } from './dedupe-key.ts';
import type { OpenConditions } from './open-conditions.ts';
import type { Condition, Ending, Figures, Watch } from './rule-watch.ts';
import { sentence, sentenceCase } from './wording.ts';

type HealthSettings = Extract<RuleSettings, { kind: 'health' }>;

const DEFAULT_KEY = '{rule}:{condition}';

const TITLES: Readonly<Record<HealthCondition, string>> = {
  black: 'The picture is black',
  frozen: 'The picture is frozen',
  blurred: 'The picture is blurred',
  washed_out: 'The picture is washed out',
  moved: 'The camera was moved',
  covered: 'The camera is covered',
  offline: 'The camera is offline',
};

/**
 * The camera itself. Coverage plays no part: that nothing can be seen is what these alerts are about, an offline camera
 * has no coverage at all.
 */
export class HealthRule implements Watch {
  readonly #rule: HealthSettings;
  readonly #conditions: ReadonlySet<string>;

  constructor(rule: HealthSettings) {
    this.#rule = rule;
    this.#conditions = new Set(rule.conditions);
  }

  look(): void {}

  conditions(open: OpenConditions): readonly Condition[] {
    const found: Condition[] = [];
    for (const fault of open.health()) {
      if (!this.#conditions.has(fault.condition)) continue;
      const fields = { rule: this.#rule.id, condition: fault.condition };
      const key = dedupeKey(this.#rule.dedupeKey ?? DEFAULT_KEY, fields);
      found.push({ key, verdict: 'raise', describe: () => this.#figures(fault) });
    }
    return found;
  }

  ending(): Ending {
    return { message: 'The camera is well again in this respect.', value: null };
  }

  restart(): void {}

  evidence(): null {
    return null;
  }

  #figures({ condition, detail }: HealthChanged): Figures {
    const title = TITLES[condition];
    return {
      title: this.#rule.title ?? title,
      message: sentence(detail === '' ? title : sentenceCase(detail)),
      value: null,
      threshold: null,
      data: { condition },
    };
  }
}
