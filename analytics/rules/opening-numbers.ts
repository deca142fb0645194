/** Rules that are no more whose last number is remembered by name. */
export const RETIRED_RULES_MAX = 64;

/** By rule: the last opening number it gave. */
export type Openings = Readonly<Record<string, number>>;

export interface OpeningNumbersState {
  /** Oldest first. */
  readonly last: readonly (readonly [rule: string, opening: number])[];
  /** Rules that are not remembered begin after this. */
  readonly floor: number;
}

/**
 * Numbers of alerts by rule: they only grow, since rule and number name an alert for good. A rule that is removed and
 * comes back goes on counting; of many removed ones only the highest number is kept, and any rule not remembered goes
 * on from there.
 */
export class OpeningNumbers {
  readonly #last: Map<string, number>;
  #floor: number;

  constructor(state: OpeningNumbersState = { last: [], floor: 0 }) {
    this.#last = new Map(state.last);
    this.#floor = state.floor;
  }

  next(rule: string): number {
    const number = (this.#last.get(rule) ?? this.#floor) + 1;
    this.#last.set(rule, number);
    return number;
  }

  atLeast(openings: Openings): void {
    for (const [rule, number] of Object.entries(openings)) {
      this.#last.set(rule, Math.max(number, this.#last.get(rule) ?? this.#floor));
    }
  }

  /** Forgets the names of the oldest rules that are not in use, beyond {@link RETIRED_RULES_MAX}, but not how far they came. */
  trim(inUse: { has(rule: string): boolean }): void {
    const retired = [...this.#last].filter(([rule]) => !inUse.has(rule));
    for (const [rule, number] of retired.slice(0, Math.max(0, retired.length - RETIRED_RULES_MAX))) {
      this.#last.delete(rule);
      this.#floor = Math.max(this.#floor, number);
    }
  }

  all(): Openings {
    return Object.fromEntries(this.#last);
  }

  state(): OpeningNumbersState {
    return { last: [...this.#last], floor: this.#floor };
  }
}
