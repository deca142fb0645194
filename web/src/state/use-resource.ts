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
  /** Asks now. */
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
  const [round, setRound] = useState(0);
  const loader = useRef(load);
  loader.current = load;

  useEffect(() => {
    const leave = new AbortController();
    let timer: { cancel(): void } | undefined;
    const ask = async (): Promise<void> => {
      if (document.hidden && everyMs !== undefined) {
        timer = browserClock.after(everyMs, () => void ask());
        return;
      }
      const answer = await loader.current(leave.signal);
      if (leave.signal.aborted) return;
      setState((before) => {
        if (answer.kind === 'ok') return { key, value: answer.value };
        return before.key === key && before.value !== undefined
          ? { key, value: before.value, refusal: answer }
          : { key, refusal: answer };
      });
      if (everyMs !== undefined) timer = browserClock.after(everyMs, () => void ask());
    };
    void ask();
    return () => {
      leave.abort();
      timer?.cancel();
    };
  }, [key, everyMs, isOpen, round]);

  const reload = useCallback(() => setRound((n) => n + 1), []);
  const current = state.key === key ? state : { key };
  return {
    value: current.value,
    refusal: current.refusal,
    loading: current.value === undefined && current.refusal === undefined,
    reload,
  };
}
