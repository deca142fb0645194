import { createInterface } from 'node:readline/promises';
import { type Clock, systemClock } from '../../../core/clock.ts';
import { CodedExit, EXIT, UsageError } from '../exit.ts';
import type { ProgressStream } from '../progress.ts';
import { untilInterrupted } from '../until-interrupted.ts';

/** What a command that operates a cluster has of the world; tests give another. */
export interface CommandIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Results. */
  print(text: string): void;
  /** Everything else. */
  readonly progress: ProgressStream;
  /** Whether somebody can be asked. */
  readonly isInteractive: boolean;
  ask(question: string): Promise<string>;
  /** Runs `work` until it is done, or is interrupted through the signal. */
  interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<void>;
}

export function processIo(): CommandIo {
  return {
    env: process.env,
    clock: systemClock,
    print: (text) => console.log(text),
    progress: process.stderr,
    isInteractive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    ask: async (question) => {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await lines.question(question);
      } finally {
        lines.close();
      }
    },
    interruptible: untilInterrupted,
  };
}

/**
 * Asks whether to go on with what hurts.
 * @throws UsageError where nobody can be asked and `--yes` was not given, CodedExit `not_confirmed`
 */
export async function confirm(io: CommandIo, what: string, yes: boolean | undefined): Promise<void> {
  if (yes === true) return;
  if (!io.isInteractive) throw new UsageError(`${what}\nNobody is here to confirm that: give --yes.`);
  const answer = await io.ask(`${what}\nGo on? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new CodedExit(EXIT.fault, 'not_confirmed', 'nothing was done');
}
