import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Refusal } from '../api/answer.ts';
import { browserClock } from '../browser-clock.ts';
import { useLive } from '../live/live.ts';
import { useStore } from '../state/use-store.ts';
import { askHistory } from './ask-history.ts';
import { type HistoryView, viewQuery } from './history-view.ts';
import { pathOf } from './use-history.ts';

const PAGE_ROWS = 200;

/** One page of `/v1/history/{events,alerts}`. */
export interface ListingPage<Row> {
  readonly from: number | null;
  readonly to: number | null;
  readonly rows: readonly Row[];
  readonly next: string | null;
}

export interface Listing<Row> {
  readonly page: ListingPage<Row> | undefined;
  readonly refusal: Refusal | undefined;
  readonly loading: boolean;
  readonly more: () => void;
  readonly reload: () => void;
}

/** Pages of a listing, each behind the one before; begins anew with another view. */
export function useListing<Row>(view: HistoryView): Listing<Row> {
  const { api, connection } = useLive();
  const isOpen = useStore(connection.status).kind === 'open';
  const key = JSON.stringify([view.resource, view.filters, view.from, view.to, view.timeZone]);
  const [state, setState] = useState<{ key: string; page?: ListingPage<Row>; refusal?: Refusal }>({ key });
  const [loading, setLoading] = useState(false);
  const [round, setRound] = useState(0);
  const current = state.key === key ? state : { key };
  const latest = useRef(current);
  latest.current = current;

  const ask = useCallback(
    async (before: ListingPage<Row> | undefined, signal?: AbortSignal) => {
      setLoading(true);
      const query = { ...viewQuery(view, browserClock.wallMs()), limit: String(PAGE_ROWS), after: before?.next ?? '' };
      const answer = await askHistory<ListingPage<Row>>(api, pathOf(view), query, signal);
      if (signal?.aborted) return;
      setLoading(false);
      setState((now) => {
        if (answer.kind !== 'ok') return { ...(now.key === key ? now : { key }), refusal: answer };
        if (before === undefined) return { key, page: answer.value };
        // Meanwhile another view was chosen, or the same page was asked for twice.
        if (now.key !== key || now.page?.next !== before.next) return now;
        return { key, page: { ...answer.value, rows: [...before.rows, ...answer.value.rows] } };
      });
    },
    [api, key],
  );
  useEffect(() => {
    if (latest.current.page !== undefined && round === 0) return;
    const leave = new AbortController();
    void ask(undefined, leave.signal);
    return () => leave.abort();
  }, [ask, isOpen, round]);
  return {
    page: current.page,
    refusal: current.refusal,
    loading,
    more: useCallback(() => void ask(latest.current.page), [ask]),
    reload: useCallback(() => setRound((n) => n + 1), []),
  };
}
