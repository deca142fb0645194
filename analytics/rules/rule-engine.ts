import type { RuleSettings } from '../../config/camera-settings/schema.ts';
import type { AlertChange } from '../../core/alert.ts';
import { AlertBook, type KeyState, type OpenAlert, type Timing } from './alert-book.ts';
import { OpenConditions, type OpenConditionsState } from './open-conditions.ts';
import { OpeningNumbers, type OpeningNumbersState, type Openings } from './opening-numbers.ts';
import type { RuleInput } from './rule-input.ts';
import type { Condition, Ending, Evidence, Verdict, Watch } from './rule-watch.ts';
import { Schedule } from './schedule.ts';
import { fingerprint, watchRule } from './watch-rule.ts';
import { duration } from './wording.ts';

export type { Openings } from './opening-numbers.ts';
export type { Appeared, RuleInput } from './rule-input.ts';

/** One rule's part of the state. */
export interface RuleState {
  readonly rule: string;
  readonly fingerprint: string;
  /** Whether its hours had begun. */
  readonly watching: boolean;
  readonly evidence: Evidence | null;
  readonly alerts: readonly KeyState[];
}

/** Everything the rules of one camera keep: plain JSON. */
export interface RulesState {
  readonly atMs: number;
  readonly openings: OpeningNumbersState;
  readonly open: OpenConditionsState;
  readonly rules: readonly RuleState[];
}

interface RunningRule {
  readonly settings: RuleSettings;
  readonly timing: Timing;
  readonly schedule: Schedule;
  readonly watch: Watch;
  readonly book: AlertBook;
  watching: boolean;
}

/** An alert left open by a rule that is no more, or is another now. */
interface Leftover {
  readonly rule: string;
  readonly key: string;
  readonly alert: OpenAlert;
  readonly why: string;
}

/**
 * All rules of one camera. A pure function of the settings, its state and what it is shown: the same looks give the same
 * changes, also when it is rebuilt from its state in between. docs/alert-rules.md says what the rules mean.
 */
export class RuleEngine {
  readonly #rules: readonly RunningRule[];
  readonly #open: OpenConditions;
  readonly #openings: OpeningNumbers;
  #leftovers: readonly Leftover[];
  #atMs: number;

  /**
   * @param state of an engine with these or other rules; alerts of rules that are gone close with the next look
   * @throws RangeError where a schedule names an unknown time zone: settings are checked before they come here
   */
  constructor(rules: readonly RuleSettings[], state?: RulesState) {
    const byId = new Map(rules.map((rule) => [rule.id, rule]));
    this.#atMs = state?.atMs ?? Number.NEGATIVE_INFINITY;
    this.#open = new OpenConditions(state?.open);
    this.#openings = new OpeningNumbers(state?.openings);
    this.#openings.trim(byId);
    const same = new Map<string, RuleState>();
    const leftovers: Leftover[] = [];
    for (const kept of state?.rules ?? []) {
      const settings = byId.get(kept.rule);
      if (settings?.enabled === true && kept.fingerprint === fingerprint(settings)) same.set(kept.rule, kept);
      else leftovers.push(...leftOpen(kept, settings));
    }
    this.#rules = rules.filter(({ enabled }) => enabled).map((settings) => running(settings, same.get(settings.id)));
    this.#leftovers = leftovers;
  }

  /** One look, or the passing of time. @returns what began and ended, in that order by rule */
  observe(input: RuleInput): AlertChange[] {
    this.#atMs = Math.max(this.#atMs, input.atMs);
    const look = input.atMs === this.#atMs ? input : { ...input, atMs: this.#atMs };
    const changes: AlertChange[] = [];
    for (const { rule, key, alert, why } of this.#leftovers) {
      changes.push(this.#closing(rule, key, alert, { message: why, value: null }));
    }
    this.#leftovers = [];
    this.#open.look(look.events);
    for (const rule of this.#rules) this.#judge(rule, look, changes);
    return changes;
  }

  /** The last opening number of each rule, removed ones included. */
  openings(): Openings {
    return this.#openings.all();
  }

  /** Numbers go on after these at least: the outbox may know of later ones than a checkpoint. */
  atLeast(openings: Openings): void {
    this.#openings.atLeast(openings);
  }

  /**
   * Takes over what the outbox knows and a checkpoint from before does not: alerts that were opened or closed since.
   * @param changes of this camera, the last one of each alert, oldest first; those the state has already change nothing
   */
  adopt(changes: readonly AlertChange[]): void {
    for (const change of changes) {
      const { rule: id, opening, dedupeKey: key } = change;
      this.#openings.atLeast({ [id]: opening });
      const rule = this.#rules.find(({ settings }) => settings.id === id);
      const open = rule?.book.open() ?? [];
      const own = open.find(([, alert]) => alert.opening === opening);
      if (change.state === 'closed') {
        if (rule !== undefined && own !== undefined) {
          rule.book.closed(own[0], change.atMs + rule.timing.cooldownMs);
        } else {
          this.#leftovers = this.#leftovers.filter((other) => other.rule !== id || other.alert.opening !== opening);
        }
      } else if (own === undefined && !this.#isLeftOver(id, opening)) {
        if (rule !== undefined && !open.some(([other]) => other === key)) rule.book.opened(key, openAlert(change));
        else this.#leftovers = [...this.#leftovers, { rule: id, key, alert: openAlert(change), why: NOT_WATCHED }];
      }
    }
  }

  /**
   * Time alone may begin or end an alert: a wait is running, something is still in a window, hours begin or end, or
   * what is missed is missed unseen.
   */
  get waits(): boolean {
    return (
      this.#leftovers.length > 0 ||
      this.#rules.some(({ settings, book, watch }) => {
        const missesUnseen = settings.kind === 'absence' && settings.coverageMin === null && book.open().length === 0;
        const hasSeen = (watch.evidence()?.window.length ?? 0) > 0;
        return settings.schedule !== null || missesUnseen || hasSeen || book.waits;
      })
    );
  }

  /** Drops the incidents that analytics, restored from a state of its own, no longer has; their alerts close. */
  keepIncidents(open: readonly { readonly incident: string; readonly number: number }[]): void {
    this.#open.keepIncidents(open);
  }

  state(): RulesState {
    const rules: RuleState[] = this.#rules.map(({ settings, watching, watch, book }) => ({
      rule: settings.id,
      fingerprint: fingerprint(settings),
      watching,
      evidence: watch.evidence(),
      alerts: book.state(),
    }));
    return {
      // -Infinity is no JSON; before the first look any time will do.
      atMs: Number.isFinite(this.#atMs) ? this.#atMs : 0,
      openings: this.#openings.state(),
      open: this.#open.state(),
      rules: [...rules, ...leftoverStates(this.#leftovers)],
    };
  }

  #judge(rule: RunningRule, look: RuleInput, changes: AlertChange[]): void {
    const { watch, book, timing } = rule;
    const nowMs = look.atMs;
    if (!rule.schedule.covers(nowMs)) {
      rule.watching = false;
      for (const key of book.keys()) book.judge(key, 'unknown', nowMs, timing);
      for (const [key] of book.open()) {
        this.#close(rule, key, { message: 'The hours it is watched for are over.', value: null }, changes);
      }
      return;
    }
    if (!rule.watching) {
      rule.watching = true;
      watch.restart(nowMs);
    }
    watch.look(look);
    const conditions = byKey(watch.conditions(this.#open));
    for (const [key, { verdict, describe }] of conditions) {
      const due = book.judge(key, verdict, nowMs, timing);
      if (due === 'open' && !this.#heldByAnother(rule, key, nowMs)) {
        const { id, severity, snapshot } = rule.settings;
        const opening = this.#openings.next(id);
        const alert = { rule: id, opening, severity, openedAtMs: nowMs, dedupeKey: key, snapshot, ...describe() };
        const change: AlertChange = { ...alert, state: 'opened', atMs: nowMs };
        book.opened(key, openAlert(change));
        changes.push(change);
      } else if (due === 'close') this.#close(rule, key, watch.ending(), changes);
    }
    if (book.size === 0) return;
    for (const key of book.keys()) {
      if (conditions.has(key)) continue;
      if (book.judge(key, 'clear', nowMs, timing) === 'close') this.#close(rule, key, watch.ending(), changes);
    }
  }

  /** Alerts of one camera with the same key are one, whichever rule raised it. */
  #heldByAnother(rule: RunningRule, key: string, nowMs: number): boolean {
    return this.#rules.some((other) => other !== rule && other.book.holds(key, nowMs));
  }

  #close(rule: RunningRule, key: string, ending: Ending, changes: AlertChange[]): void {
    const alert = rule.book.closed(key, this.#atMs + rule.timing.cooldownMs);
    if (alert !== null) changes.push(this.#closing(rule.settings.id, key, alert, ending));
  }

  #closing(rule: string, key: string, alert: OpenAlert, { message, value }: Ending): AlertChange {
    const lasted = duration(Math.max(0, this.#atMs - alert.openedAtMs));
    const full = `${message} It was open for ${lasted}.`;
    return { rule, state: 'closed', atMs: this.#atMs, dedupeKey: key, message: full, value, ...alert };
  }

  #isLeftOver(rule: string, opening: number): boolean {
    return this.#leftovers.some((other) => other.rule === rule && other.alert.opening === opening);
  }
}

const NOT_WATCHED = 'The rule was removed or switched off while it was open.';

/** @param kept of the same rule, as {@link fingerprint} has it */
function running(settings: RuleSettings, kept: RuleState | undefined): RunningRule {
  return {
    settings,
    timing: {
      holdMs: settings.holdS * 1_000,
      clearAfterMs: settings.clearAfterS * 1_000,
      cooldownMs: settings.cooldownS * 1_000,
    },
    schedule: new Schedule(settings.schedule),
    watch: watchRule(settings, kept?.evidence ?? null),
    book: new AlertBook(kept?.alerts),
    watching: kept?.watching === true,
  };
}

/** By key; where several conditions have one key, it is raised while any of them is. */
function byKey(conditions: readonly Condition[]): ReadonlyMap<string, Condition> {
  const found = new Map<string, Condition>();
  for (const condition of conditions) {
    const other = found.get(condition.key);
    if (other === undefined || RANK[condition.verdict] > RANK[other.verdict]) found.set(condition.key, condition);
  }
  return found;
}

const RANK: Readonly<Record<Verdict, number>> = { raise: 3, between: 2, unknown: 1, clear: 0 };

function openAlert({ opening, openedAtMs, severity, title, threshold, data, snapshot }: AlertChange): OpenAlert {
  return { opening, openedAtMs, severity, title, threshold, data, snapshot };
}

function leftOpen({ rule, alerts }: RuleState, settings: RuleSettings | undefined): Leftover[] {
  const what = settings === undefined ? 'removed' : settings.enabled ? 'changed' : 'switched off';
  const why = `The rule was ${what} while it was open.`;
  return alerts.flatMap(({ key, open }) => (open === null ? [] : [{ rule, key, alert: open, why }]));
}

/** Alerts that still have to be closed, as rules of no kind: whatever engine comes next closes them. */
function leftoverStates(leftovers: readonly Leftover[]): RuleState[] {
  return leftovers.map(({ rule, key, alert }) => ({
    rule,
    fingerprint: '',
    watching: false,
    evidence: null,
    alerts: [{ key, pendingSinceMs: null, open: alert, clearingSinceMs: null, coolUntilMs: null }],
  }));
}
