import type { Clock, Timer } from '../../core/clock.ts';

const TTY_INTERVAL_MS = 500;
const LINE_INTERVAL_MS = 10_000;

/** Where progress goes: a terminal gets one line that is rewritten, a log a line now and then. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Shows a line that changes, on stderr, so that stdout stays for results. */
export class ProgressLine {
  readonly #stream: ProgressStream;
  readonly #line: () => string;
  readonly #timer: Timer;

  constructor(stream: ProgressStream, clock: Clock, line: () => string) {
    this.#stream = stream;
    this.#line = line;
    this.#timer = clock.every(this.#isTerminal ? TTY_INTERVAL_MS : LINE_INTERVAL_MS, () => this.#show());
  }

  /** Something worth a line of its own. */
  note(text: string): void {
    this.#clear();
    this.#stream.write(`${text}\n`);
  }

  stop(): void {
    this.#timer.cancel();
    this.#clear();
  }

  get #isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  #show(): void {
    const line = this.#line();
    if (!this.#isTerminal) {
      this.#stream.write(`${line}\n`);
      return;
    }
    this.#clear();
    // One column is left free: a full line makes some terminals wrap.
    this.#stream.write(line.slice(0, Math.max(1, (this.#stream.columns ?? 80) - 1)));
  }

  #clear(): void {
    if (this.#isTerminal) this.#stream.write('\r\u001b[2K');
  }
}
