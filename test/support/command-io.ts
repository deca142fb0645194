import { ManualClock } from '../../core/manual-clock.ts';
import type { CommandIo } from '../../src/cli/cluster/command-io.ts';

/** What a command has of the world in a test: everything it says is kept, and its second-long waits are over at once. */
export class TestIo implements CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock = new ManualClock();
  readonly printed: string[] = [];
  readonly noted: string[] = [];
  readonly questions: string[] = [];
  readonly progress = { isTTY: false, columns: 120, write: (text: string) => this.noted.push(text) };
  isInteractive = false;
  /** What is answered to a question. */
  reply = '';
  readonly interruption = new AbortController();

  constructor(url: string, token?: string) {
    this.env = { CAMSHARD_URL: url, ...(token === undefined ? {} : { CAMSHARD_TOKEN: token }) };
  }

  /** All that was printed, as one text. */
  get text(): string {
    return this.printed.join('\n');
  }

  get json(): unknown {
    return JSON.parse(this.text);
  }

  print(text: string): void {
    this.printed.push(text);
  }

  async ask(question: string): Promise<string> {
    this.questions.push(question);
    return this.reply;
  }

  async interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const passing = setInterval(() => this.clock.advance(1_000), 1);
    try {
      await work(this.interruption.signal);
    } finally {
      clearInterval(passing);
    }
  }
}
