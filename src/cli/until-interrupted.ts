import { keepAlive } from './keep-alive.ts';

/** Runs `work` with a signal that aborts on Ctrl-C and SIGTERM, and keeps the process alive meanwhile. */
export async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const end = new AbortController();
  const stop = (): void => end.abort();
  const alive = keepAlive();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    await work(end.signal);
  } finally {
    alive.cancel();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}
