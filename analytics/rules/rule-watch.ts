import type { AlertChange } from '../../core/alert.ts';
import type { OpenConditions } from './open-conditions.ts';
import type { RuleInput } from './rule-input.ts';
import type { WindowState } from './sliding-window.ts';

/**
 * - `raise`: it is the case
 * - `between`: not enough to raise it, not enough to close it (hysteresis)
 * - `clear`: it is not the case
 * - `unknown`: too little was seen to say: nothing is raised, nothing is closed
 */
export type Verdict = 'raise' | 'between' | 'clear' | 'unknown';

/** What an alert says about itself. */
export type Figures = Pick<AlertChange, 'title' | 'message' | 'value' | 'threshold' | 'data'>;

/** One thing a rule says about now. What it says nothing about is clear. */
export interface Condition {
  readonly key: string;
  readonly verdict: Verdict;
  /** Asked only when an alert is raised: most looks change nothing. */
  describe(): Figures;
}

/** How things stand when an alert closes: a sentence, and the figure where there is one. */
export interface Ending {
  readonly message: string;
  readonly value: number | null;
}

/** What a kind of rule keeps of what it saw: plain JSON, bounded. */
export interface Evidence {
  readonly window: WindowState;
  /** When that which is missed was last seen, or the watch for it began. */
  readonly lastSeenMs: number | null;
}

/** One rule's judgement, apart from hold, clearing, cool-down and numbers, which are the same for all kinds. */
export interface Watch {
  /** Takes in one look. `input.atMs` never goes back. */
  look(input: RuleInput): void;
  conditions(open: OpenConditions): readonly Condition[];
  ending(): Ending;
  /** Forgets what it saw: its hours begin now. */
  restart(atMs: number): void;
  /** Null where it keeps nothing. */
  evidence(): Evidence | null;
}
