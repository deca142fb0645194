import type { AlertPlace, AlertRow } from './alert-rows.ts';

/**
 * Puts what is heard live and what is asked for after a gap into one order, each once. Positions grow with each change
 * of any alert at the node that keeps it; a node on its own has one count, of a cluster each node has one.
 */
export class AlertFeed {
  readonly #print: (row: AlertRow) => void;
  #place: AlertPlace = 0;
  /** Last position by keeper. */
  readonly #seen = new Map<string, number>();
  /** What came live while the gap was being asked for. */
  #held: AlertRow[] | undefined;

  constructor(print: (row: AlertRow) => void) {
    this.#print = print;
  }

  /** Everything up to here is known; of a cluster it is where the last gap ended, and more may be. */
  get place(): AlertPlace {
    return this.#place;
  }

  /** Begins at `place`, as if everything before had been printed. */
  beginAt(place: AlertPlace): void {
    this.#place = place;
    this.#seen.clear();
  }

  /** A connection is open again: what comes waits until the gap before it is closed. */
  hold(): void {
    this.#held = [];
  }

  take(row: AlertRow): void {
    if (this.#held !== undefined) this.#held.push(row);
    else this.#pass(row);
  }

  /**
   * The gap holds these, oldest first.
   * @param place behind them
   */
  caughtUp(missed: readonly AlertRow[], place = this.#place): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    // What came live meanwhile is in the gap as well, or behind it.
    for (const row of [...missed, ...held]) this.#pass(row);
    if (typeof place === 'string') this.#place = place;
  }

  #pass(row: AlertRow): void {
    const before = typeof this.#place === 'number' ? this.#place : (this.#seen.get(row.keeper) ?? 0);
    if (row.position <= before) return;
    if (typeof this.#place === 'number') this.#place = row.position;
    else this.#seen.set(row.keeper, row.position);
    this.#print(row);
  }
}
