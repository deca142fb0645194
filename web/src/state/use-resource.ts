import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Answer, Refusal } from '../api/answer.ts';
import { browserClock } from '../browser-clock.ts';
import { useLive } from '../live/live.ts';
import { useStore } from './use-store.ts';

/** Something the page asks the node for, and keeps asking for. */
export interface Resource<T> {
  /** The last good answer, which outlives a failed question; `undefined` before the first. */
  readonly value: T | undefined;
  /** Why the newest question failed; `undefined` where it did not. */
  readonly refusal: Refusal | undefined;
  /** A question is on its way and there is nothing to show yet. */
  readonly loading: boolean;
  /** Asks now; after the answer to a question that is on its way, which may be older than what made it. */
  readonly reload: () => void;
}

export interface ResourceOptions {
  /** Asks again this long after each answer; once only where absent. Not while the tab is hidden. */
  readonly everyMs?: number;
}

/**
 * What `load` answers. Asked when `key` changes (the value of another key is forgotten), when the page is connected
 * anew, and each `everyMs`. One question at a time; an answer to an older key is dropped.
 * @param load uses the signal, so that a page that is left asks no more
 */
export function useResource<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<Answer<T>>,
  { everyMs }: ResourceOptions = {},
): Resource<T> {
  const { connection } = useLive();
  const isOpen = useStore(connection.status).kind === 'open';
  const [state, setState] = useState<{ key: string; value?: T; refusal?: Refusal }>({ key });
  const again = useRef((): void => {});
  const loader = useRef(load);
  loader.current = load;

  useEffect(() => {
    const leave = new AbortController();
    let timer: { cancel(): void } | undefined;
    let asking = false;
    let isDue = false;
    const ask = async (): Promise<void> => {
      if (document.hidden && everyMs !== undefined) {
        timer = browserClock.after(everyMs, () => void ask());
        return;
      }
      asking = true;
      const answer = await loader.current(leave.signal);
      asking = false;
      if (leave.signal.aborted) return;
      setState((before) => {
        if (answer.kind === 'ok') return { key, value: answer.value };
        return before.key === key && before.value !== undefined
          ? { key, value: before.value, refusal: answer }
          : { key, refusal: answer };
      });
      if (isDue) {
        isDue = false;
        void ask();
      } else if (everyMs !== undefined) timer = browserClock.after(everyMs, () => void ask());
    };
    again.current = () => {
      // Not in its place: news that come faster than answers would leave the page without any.
      isDue = asking;
      if (asking) return;
      timer?.cancel();
      void ask();
    };
    void ask();
    return () => {
      leave.abort();
      timer?.cancel();
    };
  }, [key, everyMs, isOpen]);

  const reload = useCallback(() => again.current(), []);
  const current = state.key === key ? state : { key };
  return {
    value: current.value,
    refusal: current.refusal,
    loading: current.value === undefined && current.refusal === undefined,
    reload,
  };
}
