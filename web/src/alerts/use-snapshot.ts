import { useEffect, useState } from 'preact/hooks';
import { refusalText } from '../api/answer.ts';
import { browserClock } from '../browser-clock.ts';
import { useLive } from '../live/live.ts';

export type Snapshot =
  | { readonly kind: 'none' | 'loading' | 'drawing' | 'gone' }
  | { readonly kind: 'there'; readonly url: string }
  | { readonly kind: 'failed'; readonly why: string };

const AGAIN_MS = 1_000;
const TRIES_MAX = 15;

/** The picture of an alert as an object URL, revoked when the page is done with it; asked for again while it is drawn. */
export function useSnapshot(path: string | null): Snapshot {
  const { api } = useLive();
  const [snapshot, setSnapshot] = useState<Snapshot>({ kind: path === null ? 'none' : 'loading' });
  useEffect(() => {
    setSnapshot({ kind: path === null ? 'none' : 'loading' });
    if (path === null) return;
    const leave = new AbortController();
    let timer: { cancel(): void } | undefined;
    let url: string | undefined;
    const ask = async (tries: number): Promise<void> => {
      const answer = await api.picture(path.replace(/^\//, ''), leave.signal);
      if (leave.signal.aborted) return;
      if (answer.kind === 'ok') {
        url = URL.createObjectURL(answer.value);
        setSnapshot({ kind: 'there', url });
      } else if (answer.kind === 'refused' && answer.problem.code === 'snapshot_pending' && tries < TRIES_MAX) {
        setSnapshot({ kind: 'drawing' });
        timer = browserClock.after(AGAIN_MS, () => void ask(tries + 1));
      } else if (answer.kind === 'refused' && answer.status === 404) {
        setSnapshot({ kind: 'gone' });
      } else {
        setSnapshot({ kind: 'failed', why: refusalText(answer) });
      }
    };
    void ask(1);
    return () => {
      leave.abort();
      timer?.cancel();
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [api, path]);
  return snapshot;
}
