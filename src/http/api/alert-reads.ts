import { NODES_MAX, PAGE_ROWS_MAX } from '../../../config/limits.ts';
import { SEVERITIES, type Severity } from '../../../core/alert.ts';
import type { AlertBook, AlertEntry, AlertFilter, OpenCounts } from '../../alerts/alert-book.ts';
import type { AlertDesk } from '../../alerts/alert-desk.ts';

/**
 * What nodes ask each other about alerts, and how their answers become one list. A camera's alerts are where the camera
 * is; positions count in each node's own outbox, so a place in the list of all is one position a node.
 */

export const ALERTS_QUESTION = 'alerts';
export const ALERT_QUESTION = 'alert';
export const ACKNOWLEDGE_QUESTION = 'alert-acknowledge';

/** By node: `newest` first goes on before them, `oldest` first after them. */
export type AlertPlaces = Readonly<Record<string, number>>;

export interface AlertsBody {
  readonly filter: AlertFilter;
  readonly order: 'newest' | 'oldest';
  readonly places: AlertPlaces;
  readonly limit: number;
}

export interface AcknowledgeBody {
  readonly id: string;
  readonly who: string;
}

/** An alert as the API shows it. */
export interface AlertRow extends AlertEntry {
  /** Whose outbox has it: there its position counts. */
  readonly keeper: string;
}

export interface AlertsAnswer {
  readonly rows: readonly AlertRow[];
  /** There are more behind them. */
  readonly more: boolean;
  /** Position of the newest change this node has; 0 without any. */
  readonly last: number;
  /** Of all that are open here, whatever was asked for. Absent from a node of an older version. */
  readonly open?: OpenCounts;
}

export interface AcknowledgeAnswer {
  readonly before: AlertRow;
  readonly after: AlertRow;
}

/** What one node answers. */
export function alertAnswers(
  node: string,
  {
    book,
    desk,
  }: {
    readonly book: Pick<AlertBook, 'list' | 'get' | 'next' | 'openCounts'>;
    readonly desk: Pick<AlertDesk, 'acknowledge'>;
  },
) {
  const row = (entry: AlertEntry): AlertRow => ({ keeper: node, ...entry });
  return {
    alerts(body: unknown): AlertsAnswer {
      const { filter, order, places, limit } = body as AlertsBody;
      const last = book.next - 1;
      const place = places[node];
      // A place this node never came to is of an outbox that was lost: everything is new.
      const after = place === undefined || place > last ? 0 : place;
      const from = order === 'oldest' ? { after } : { before: place ?? Number.MAX_SAFE_INTEGER };
      const { entries, more } = book.list(filter, from, Math.min(limit, PAGE_ROWS_MAX));
      return { rows: entries.map(row), more, last, open: book.openCounts() };
    },
    alert(body: unknown): AlertRow | null {
      const entry = book.get(String((body as { id?: unknown }).id));
      return entry === undefined ? null : row(entry);
    },
    acknowledge(body: unknown): AcknowledgeAnswer | null {
      const { id, who } = body as AcknowledgeBody;
      const changed = desk.acknowledge(id, who);
      return changed === undefined ? null : { before: row(changed.before), after: row(changed.after) };
    },
  };
}

/** Open alerts of all nodes. */
export function sumOpen(answers: readonly { readonly answer: AlertsAnswer }[]): OpenCounts {
  const bySeverity: Record<Severity, number> = { info: 0, warning: 0, critical: 0 };
  let unseen = 0;
  for (const { answer } of answers) {
    for (const severity of SEVERITIES) bySeverity[severity] += answer.open?.bySeverity[severity] ?? 0;
    unseen += answer.open?.unseen ?? 0;
  }
  return { bySeverity, unseen };
}

/** When it changed last, ms since the Unix epoch, by the clock of whoever changed it. */
const changedAtMs = ({ alert, acknowledged }: AlertEntry): number => Math.max(alert.atMs, acknowledged?.atMs ?? 0);

/** The one that knows more, of an alert that two nodes have for a moment, as its camera moves. */
export function newestOf(rows: readonly AlertRow[]): AlertRow | undefined {
  const [first, ...others] = rows;
  if (first === undefined) return undefined;
  return others.reduce((best, row) => {
    const ahead = row.alert.epoch - best.alert.epoch || changedAtMs(row) - changedAtMs(best);
    return ahead > 0 ? row : best;
  }, first);
}

export interface MergedAlerts {
  readonly rows: readonly AlertRow[];
  /** Where the next page goes on; null where there is none. */
  readonly next: AlertPlaces | null;
  /** Behind everything there is now. */
  readonly last: AlertPlaces;
}

/**
 * Pages of several nodes as one: each node's alerts in the order they changed there, nodes merged by time. Nothing is
 * skipped between one page and the next, whatever the clocks say.
 */
export function mergeAlerts(
  answers: readonly { readonly node: string; readonly answer: AlertsAnswer }[],
  { order, places, limit }: Pick<AlertsBody, 'order' | 'places' | 'limit'>,
): MergedAlerts {
  const byId = new Map<string, AlertRow[]>();
  for (const { answer } of answers) {
    for (const row of answer.rows) {
      const same = byId.get(row.alert.id);
      if (same === undefined) byId.set(row.alert.id, [row]);
      else same.push(row);
    }
  }
  const heads = answers.map(({ node, answer }) => ({ node, answer, at: 0 }));
  const rows: AlertRow[] = [];
  while (rows.length < limit) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) if (comesBefore(order, head, first)) first = head;
    const row = first?.answer.rows[first.at];
    if (first === undefined || row === undefined) break;
    first.at++;
    if (newestOf(byId.get(row.alert.id) ?? []) === row) rows.push(row);
  }
  const next: Record<string, number> = { ...places };
  const last: Record<string, number> = order === 'oldest' ? { ...places } : {};
  let more = false;
  for (const { node, answer, at } of heads) {
    // What is behind the page is older than what comes now: the next one begins where this one did.
    const begun = answer.rows[at - 1]?.position ?? places[node] ?? (order === 'oldest' ? 0 : answer.last + 1);
    next[node] = begun;
    last[node] = answer.last;
    more ||= at < answer.rows.length || answer.more;
  }
  return { rows, next: more ? next : null, last };
}

interface Head {
  readonly answer: AlertsAnswer;
  readonly at: number;
}

function comesBefore(order: AlertsBody['order'], a: Head, b: Head | undefined): boolean {
  const [rowA, rowB] = [a.answer.rows[a.at], b?.answer.rows[b.at]];
  if (rowA === undefined || rowB === undefined) return rowA !== undefined;
  const apart = changedAtMs(rowA) - changedAtMs(rowB);
  return order === 'oldest' ? apart < 0 : apart > 0;
}

const PLACE_CHARS_MAX = 8_192;

/** Places as one word for the query of a URL. */
export const encodePlaces = (places: AlertPlaces): string => Buffer.from(JSON.stringify(places)).toString('base64url');

/** Reads what {@link encodePlaces} made; `undefined` where it is nothing of the kind. */
export function decodePlaces(text: string): AlertPlaces | undefined {
  if (text.length > PLACE_CHARS_MAX || !/^[\w-]+$/.test(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  const isPlace = (place: unknown): boolean => Number.isSafeInteger(place) && (place as number) >= 0;
  return entries.length <= 2 * NODES_MAX && entries.every(([, place]) => isPlace(place))
    ? (value as AlertPlaces)
    : undefined;
}
