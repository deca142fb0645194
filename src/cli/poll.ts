import type { Clock } from '../../core/clock.ts';
import { errorMessage } from '../../core/errors.ts';

export interface PollOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** Told once when asking fails after it had worked, and once when it works again. */
  readonly note: (text: string) => void;
}

/**
 * Calls `ask` again and again, `everyMs` after it is done, until `signal` aborts. Once it has worked, a failure is noted
 * and tried again: a node that restarts is worth waiting for.
 * @throws what `ask` throws the first time
 */
export async function poll(ask: () => Promise<void>, { clock, everyMs, signal, note }: PollOptions): Promise<void> {
  let failing = false;
  for (let worked = false; !signal.aborted; ) {
    try {
      await ask();
      if (failing) note('the node answers again');
      failing = false;
      worked = true;
    } catch (error) {
      if (!worked) throw error;
      if (!failing) note(`${errorMessage(error)}; trying again`);
      failing = true;
    }
    await sleep(everyMs, clock, signal);
  }
}

/** Resolves after `ms`, or at once where `signal` aborts. */
function sleep(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal.addEventListener('abort', done);
  });
}
