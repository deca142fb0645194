import type { AlertRow } from './alert-rows.ts';

/**
 * Puts what is heard live and what is asked for after a gap into one order, each once. Positions grow with each change
 * of any alert.
 */
export class AlertFeed {
  readonly #print: (row: AlertRow) => void;
  #last = 0;
  /** What came live while the gap was being asked for. */
  #held: AlertRow[] | undefined;

  constructor(print: (row: AlertRow) => void) {
    this.#print = print;
  }

  /** Everything up to here is known. */
  get last(): number {
    return this.#last;
  }

  /** Begins at `position`, as if everything before had been printed. */
  beginAt(position: number): void {
    this.#last = position;
  }

  /** A connection is open again: what comes waits until the gap before it is closed. */
  hold(): void {
    this.#held = [];
  }

  take(row: AlertRow): void {
    if (this.#held !== undefined) this.#held.push(row);
    else this.#pass(row);
  }

  /** The gap holds these. */
  caughtUp(missed: readonly AlertRow[]): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const row of [...missed, ...held].sort((a, b) => a.position - b.position)) this.#pass(row);
  }

  #pass(row: AlertRow): void {
    if (row.position <= this.#last) return;
    this.#last = row.position;
    this.#print(row);
  }
}
