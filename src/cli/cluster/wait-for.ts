import { CodedExit, EXIT } from '../exit.ts';
import { poll } from '../poll.ts';
import { ProgressLine } from '../progress.ts';
import type { CommandIo } from './command-io.ts';

/** How something stands that goes on in the cluster. */
export interface Standing<T> {
  /** One line, for people. */
  readonly line: string;
  /** There once it is over, well or not. */
  readonly done?: T;
}

export interface WaitForOptions<T> {
  readonly io: CommandIo;
  readonly look: () => Promise<Standing<T>>;
  readonly timeoutS: number | undefined;
  /** No progress is shown. */
  readonly quiet: boolean;
  /** Named where the waiting ends before it is done. */
  readonly what: string;
}

const LOOK_EVERY_MS = 1_000;
const TIMEOUT_S = 600;

/**
 * Looks each second until it is over, and shows how it stands: on a terminal in a line that changes, else in a line for
 * each change. A node that does not answer in between is asked again.
 * @throws CodedExit `unfinished` where it was interrupted or took too long, and what the first look throws
 */
export async function waitFor<T>({ io, look, timeoutS, quiet, what }: WaitForOptions<T>): Promise<T> {
  const limitS = timeoutS ?? TIMEOUT_S;
  const untilMs = io.clock.nowMs() + limitS * 1_000;
  let line = '';
  let result: { readonly value: T } | undefined;
  let late = false;
  const isTerminal = io.progress.isTTY === true;
  const progress = quiet || !isTerminal ? undefined : new ProgressLine(io.progress, io.clock, () => line);
  const note = (text: string): void => {
    if (progress !== undefined) progress.note(text);
    else if (!quiet) io.progress.write(`${text}\n`);
  };
  try {
    await io.interruptible(async (interrupted) => {
      const over = new AbortController();
      const stop = (): void => over.abort();
      interrupted.addEventListener('abort', stop);
      if (interrupted.aborted) stop();
      const next = async (): Promise<void> => {
        try {
          const standing = await look();
          if (standing.line !== line && !isTerminal) note(standing.line);
          line = standing.line;
          if (standing.done !== undefined) result = { value: standing.done };
        } finally {
          late = io.clock.nowMs() >= untilMs;
          if (result !== undefined || late) stop();
        }
      };
      try {
        await poll(next, { clock: io.clock, everyMs: LOOK_EVERY_MS, signal: over.signal, note });
      } finally {
        interrupted.removeEventListener('abort', stop);
      }
    });
  } finally {
    progress?.stop();
  }
  if (result !== undefined) return result.value;
  const why = late ? `not done after ${limitS} s` : 'interrupted';
  throw new CodedExit(EXIT.unfinished, 'unfinished', `${why}: ${what} goes on in the cluster (${line})`);
}
