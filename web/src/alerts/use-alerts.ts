import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { PAGE_ROWS_MAX } from '../../../config/limits.ts';
import type { Refusal } from '../api/answer.ts';
import type { Alert, AlertPage } from '../api/answers.gen.ts';
import { browserClock } from '../browser-clock.ts';
import { useLive } from '../live/live.ts';
import { useStore } from '../state/use-store.ts';
import { type AlertFilter, filterQuery, matchesFilter } from './alert-filter.ts';
import { type AlertList, isFull, listOf, showArrived, withChanges, withOlder, withOne } from './alert-list.ts';

const PAGE_ROWS = 100;
/** Alerts come in bursts: one question for all of them. */
const SETTLE_MS = 150;
/** Acknowledgements of others are not told live. */
const CATCH_UP_MS = 10_000;

export interface Alerts {
  /** Undefined before the first answer. */
  readonly list: AlertList | undefined;
  readonly refusal: Refusal | undefined;
  /** The next page is on its way. */
  readonly growing: boolean;
  readonly reload: () => void;
  readonly older: () => void;
  readonly show: () => void;
  /** Takes an alert as an answer gave it. */
  readonly put: (alert: Alert) => void;
}

/**
 * The alerts of `filter`, kept up to date: each change that is told live, and each connection that comes back, makes
 * the page ask what changed since it last knew, so that nothing is missed.
 */
export function useAlerts(filter: AlertFilter, follow: boolean): Alerts {
  const { api, connection, alert } = useLive();
  const isOpen = useStore(connection.status).kind === 'open';
  const key = JSON.stringify(filter);
  const [state, setState] = useState<{ key: string; list?: AlertList; refusal?: Refusal }>({ key });
  const [round, setRound] = useState(0);
  const [growing, setGrowing] = useState(false);
  const latest = useRef({ list: state.list, refused: false, filter, follow });
  const current = state.key === key ? state : { key };
  latest.current = { list: current.list, refused: current.refusal !== undefined, filter, follow };

  const change = useCallback((make: (list: AlertList) => AlertList) => {
    setState((before) => (before.list === undefined ? before : { key: before.key, list: make(before.list) }));
  }, []);

  useEffect(() => {
    const leave = new AbortController();
    void api
      .get<AlertPage>('v1/alerts', { ...filterQuery(filter), limit: String(PAGE_ROWS) }, leave.signal)
      .then((a) => {
        if (leave.signal.aborted) return;
        setState((before) => {
          if (a.kind === 'ok') return { key, list: listOf(a.value) };
          return { key, refusal: a, ...(before.key === key && before.list !== undefined ? { list: before.list } : {}) };
        });
      });
    return () => leave.abort();
  }, [api, key, round]);

  useEffect(() => {
    const leave = new AbortController();
    let settling: { cancel(): void } | undefined;
    let asking = false;
    let again = false;
    const catchUp = async (): Promise<void> => {
      if (asking || document.hidden) {
        again = asking;
        return;
      }
      const { list, filter: wanted } = latest.current;
      if (list === undefined) return;
      asking = true;
      const query = { after: list.last, limit: String(PAGE_ROWS_MAX) };
      const answer = await api.get<AlertPage>('v1/alerts', query, leave.signal);
      asking = false;
      if (leave.signal.aborted) return;
      if (answer.kind === 'ok') {
        const nowMs = browserClock.wallMs();
        setState((before) => {
          if (before.list === undefined || before.list.last !== list.last) return before;
          const changed = withChanges(before.list, answer.value, (one) => matchesFilter(wanted, one, nowMs));
          return { key: before.key, list: latest.current.follow ? showArrived(changed) : changed };
        });
        again ||= answer.value.next !== null;
      }
      if (again) {
        again = false;
        soon();
      }
    };
    const soon = (): void => {
      settling?.cancel();
      settling = browserClock.after(SETTLE_MS, () => void catchUp());
    };
    const unsubscribe = alert.subscribe(soon);
    const timer = browserClock.every(CATCH_UP_MS, () => {
      const { list, follow: isFollowed } = latest.current;
      if (isFollowed && list !== undefined && isFull(list) && !document.hidden) setRound((n) => n + 1);
      else void catchUp();
    });
    // The node is back: what failed is asked again, what is shown goes on.
    if (isOpen && latest.current.refused) setRound((n) => n + 1);
    else if (isOpen) soon();
    return () => {
      leave.abort();
      unsubscribe();
      settling?.cancel();
      timer.cancel();
    };
  }, [api, alert, key, isOpen]);

  const older = useCallback(() => {
    const { list, filter: wanted } = latest.current;
    if (list?.next == null) return;
    setGrowing(true);
    const query = { ...filterQuery(wanted), limit: String(PAGE_ROWS), before: list.next };
    void api.get<AlertPage>('v1/alerts', query).then((answer) => {
      setGrowing(false);
      if (answer.kind === 'ok') change((now) => (now.next === list.next ? withOlder(now, answer.value) : now));
      else setState((before) => ({ ...before, refusal: answer }));
    });
  }, [api, change]);

  return {
    list: current.list,
    refusal: current.refusal,
    growing,
    reload: useCallback(() => setRound((n) => n + 1), []),
    older,
    show: useCallback(() => {
      const { list } = latest.current;
      if (list !== undefined && isFull(list)) setRound((n) => n + 1);
      else change(showArrived);
    }, [change]),
    put: useCallback((one: Alert) => change((list) => withOne(list, one)), [change]),
  };
}
