import { useEffect, useState } from 'preact/hooks';
import { browserClock } from '../browser-clock.ts';

/** The wall clock in ms since the Unix epoch, renewed each `intervalMs`. */
export function useNow(intervalMs: number): number {
  const [nowMs, setNowMs] = useState(() => browserClock.wallMs());
  useEffect(() => {
    const timer = browserClock.every(intervalMs, () => setNowMs(browserClock.wallMs()));
    return () => timer.cancel();
  }, [intervalMs]);
  return nowMs;
}
