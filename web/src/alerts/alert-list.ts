import type { Alert, AlertPage } from '../api/answers.gen.ts';

/** A page that is open for weeks keeps no more than so many; then it begins anew with the first page. */
export const LIST_MAX = 1_000;

/** The list as it stands on the screen: what came later waits in `arrived`, so that nothing moves under a pointer. */
export interface AlertList {
  /** Those that changed last first, as of when they were asked for; each as of its last change. */
  readonly rows: readonly Alert[];
  /** New here since then, or changed and not among the rows; those that changed last first. */
  readonly arrived: readonly Alert[];
  /** Where the next page begins; null at the end. */
  readonly next: string | null;
  /** Everything before this place is known. */
  readonly last: string;
  readonly open: AlertPage['open'];
}

/** The first page. */
export const listOf = ({ alerts, next, last, open }: AlertPage): AlertList => ({
  rows: alerts,
  arrived: [],
  next: next === null ? null : String(next),
  last: String(last),
  open,
});

/** One page more at the end; an alert that changed meanwhile is there once. */
export function withOlder(list: AlertList, { alerts, next }: AlertPage): AlertList {
  const known = new Set([...list.rows, ...list.arrived].map(({ id }) => id));
  return {
    ...list,
    rows: [...list.rows, ...alerts.filter(({ id }) => !known.has(id))],
    next: next === null ? null : String(next),
  };
}

/**
 * What changed since `list.last`, oldest first: rows change where they stand, and stay even where the filter would leave
 * them out by now; what is not among them and `belongs` waits above.
 */
export function withChanges(list: AlertList, page: AlertPage, belongs: (alert: Alert) => boolean): AlertList {
  const last = String(page.next ?? page.last);
  if (page.alerts.length === 0) return { ...list, last, open: page.open };
  const changed = new Map(page.alerts.map((alert) => [alert.id, alert]));
  const rows = list.rows.map((row) => {
    const now = changed.get(row.id);
    changed.delete(row.id);
    return now ?? row;
  });
  const waiting = list.arrived.filter(({ id }) => !changed.has(id));
  const arrived = [...changed.values()].filter(belongs).reverse();
  return { ...list, rows, arrived: [...arrived, ...waiting].slice(0, LIST_MAX), last, open: page.open };
}

/** One alert as an answer just gave it, such as to an acknowledgement. */
export function withOne(list: AlertList, alert: Alert): AlertList {
  const put = (rows: readonly Alert[]) => rows.map((row) => (row.id === alert.id ? alert : row));
  return { ...list, rows: put(list.rows), arrived: put(list.arrived) };
}

/** Too much of it to go on: the first page is asked for instead. */
export const isFull = ({ rows, arrived }: AlertList): boolean => rows.length + arrived.length >= LIST_MAX;

/** What waits goes on top. */
export const showArrived = (list: AlertList): AlertList => ({
  ...list,
  rows: [...list.arrived, ...list.rows],
  arrived: [],
});

/** The row `step` rows from the one with `id`; the first or the last where there is none with it. */
export function neighbour(rows: readonly Alert[], id: string | undefined, step: 1 | -1): Alert | undefined {
  const at = rows.findIndex((row) => row.id === id);
  if (at === -1) return step === 1 ? rows[0] : rows.at(-1);
  return rows[Math.min(rows.length - 1, Math.max(0, at + step))];
}
