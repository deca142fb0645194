import type { RuleSettings } from '../../config/camera-settings/schema.ts';
import type { IncidentChanged } from '../../core/camera-event.ts';
import { dedupeKey } from './dedupe-key.ts';
import type { OpenConditions } from './open-conditions.ts';
import type { Condition, Ending, Figures, Watch } from './rule-watch.ts';
import { sentence, sentenceCase, words } from './wording.ts';

type IncidentSettings = Extract<RuleSettings, { kind: 'incident' }>;

/** Each vehicle or zone its own alert; the same one again within the cool-down is not raised anew. */
const DEFAULT_KEY = '{rule}:{incident}:{zone}:{track}';

/**
 * Incidents that analytics reports. Coverage plays no part: whoever reports an incident has seen it, and under overload
 * it is the last thing to be kept quiet.
 */
export class IncidentRule implements Watch {
  readonly #rule: IncidentSettings;
  readonly #kinds: ReadonlySet<string>;
  readonly #zones: ReadonlySet<string> | null;

  constructor(rule: IncidentSettings) {
    this.#rule = rule;
    this.#kinds = new Set(rule.incidents);
    this.#zones = rule.zones === null ? null : new Set(rule.zones);
  }

  look(): void {}

  conditions(open: OpenConditions): readonly Condition[] {
    const found: Condition[] = [];
    for (const incident of open.incidents()) {
      if (!this.#kinds.has(incident.incident)) continue;
      if (this.#zones !== null && (incident.zone === null || !this.#zones.has(incident.zone))) continue;
      found.push({ key: this.#key(incident), verdict: 'raise', describe: () => this.#figures(incident) });
    }
    return found;
  }

  ending(): Ending {
    return { message: 'The incident is over.', value: null };
  }

  restart(): void {}

  evidence(): null {
    return null;
  }

  #key({ incident, zone, track, label }: IncidentChanged): string {
    return dedupeKey(this.#rule.dedupeKey ?? DEFAULT_KEY, { rule: this.#rule.id, incident, zone, track, label });
  }

  #figures({ incident, number, zone, track, label, detail }: IncidentChanged): Figures {
    const name = sentenceCase(words(incident));
    return {
      title: this.#rule.title ?? (zone === null ? name : `${name} in zone ${zone}`),
      message: sentence(detail === '' ? name : sentenceCase(detail)),
      value: null,
      threshold: null,
      data: { incident, number, zone, track, label },
    };
  }
}
