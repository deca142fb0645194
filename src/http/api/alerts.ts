import { randomUUID } from 'node:crypto';
import { PAGE_ROWS_MAX } from '../../../config/limits.ts';
import { SEVERITIES, type Severity } from '../../../core/alert.ts';
import type { AuditEntry } from '../../../core/history-record.ts';
import { parseCameraId } from '../../../core/ids.ts';
import type { AlertBook, AlertEntry, AlertFilter } from '../../alerts/alert-book.ts';
import type { AlertDesk } from '../../alerts/alert-desk.ts';
import type { AlertsStatus } from '../../alerts/open-alerts.ts';
import { type ApiAnswer, type ApiRequest, json, problem, type Route } from '../exchange.ts';

export interface AlertRouteServices {
  readonly book: AlertBook;
  readonly desk: AlertDesk;
  readonly status: () => AlertsStatus;
  /** Notes who changed what; never makes anybody wait. */
  readonly audit: (entry: AuditEntry) => void;
}

const LIMIT_DEFAULT = 100;
const BODY_BYTES_MAX = 1_024;
/** Who acknowledges without saying who they are. */
const ANONYMOUS = 'unknown';

/** `GET /v1/alerts`, `GET /v1/alerts/delivery`, `GET /v1/alerts/:id`, `POST /v1/alerts/:id/acknowledge`. */
export function alertRoutes(s: AlertRouteServices): Route[] {
  return [
    { method: 'get', pattern: '/v1/alerts', handler: (request) => listAlerts(s, request) },
    { method: 'get', pattern: '/v1/alerts/delivery', handler: () => json(s.status()) },
    { method: 'get', pattern: '/v1/alerts/:id', handler: (request) => oneAlert(s, request) },
    {
      method: 'post',
      pattern: '/v1/alerts/:id/acknowledge',
      bodyBytesMax: BODY_BYTES_MAX,
      handler: (request) => acknowledge(s, request),
    },
  ];
}

/** An alert as the API shows it. */
export interface AlertRow {
  readonly [key: string]: unknown;
  readonly position: number;
}

export const alertRow = ({ position, alert, acknowledged }: AlertEntry): AlertRow => ({
  ...alert,
  position,
  acknowledged,
});

function listAlerts({ book }: AlertRouteServices, { query }: ApiRequest): ApiAnswer {
  const read = readQuery(query);
  if ('fault' in read) return problem(400, 'bad_query', read.fault);
  const { entries, more } = book.list(read.filter, read.from, read.limit);
  const last = entries.at(-1);
  return json({
    alerts: entries.map(alertRow),
    next: more && last !== undefined ? last.position : null,
    last: book.next - 1,
  });
}

function oneAlert({ book }: AlertRouteServices, request: ApiRequest): ApiAnswer {
  const id = idOf(request);
  const entry = id === undefined ? undefined : book.get(id);
  return entry === undefined ? unknownAlert() : json(alertRow(entry));
}

function acknowledge({ desk, audit }: AlertRouteServices, request: ApiRequest): ApiAnswer {
  const id = idOf(request);
  const who = request.who === '' ? ANONYMOUS : request.who;
  const changed = id === undefined ? undefined : desk.acknowledge(id, who);
  if (id === undefined || changed === undefined) return unknownAlert();
  const { before, after } = changed;
  audit({
    id: randomUUID(),
    atMs: after.acknowledged?.atMs ?? 0,
    who,
    via: request.from,
    action: 'alert.acknowledge',
    subject: `alert:${id}`,
    before: before.acknowledged,
    after: after.acknowledged,
  });
  return json(alertRow(after));
}

interface ListQuery {
  readonly filter: AlertFilter;
  readonly from: { readonly after: number } | { readonly before: number };
  readonly limit: number;
}

function readQuery(query: URLSearchParams): ListQuery | { readonly fault: string } {
  const limit = wholeNumber(query.get('limit') ?? String(LIMIT_DEFAULT), 1, PAGE_ROWS_MAX);
  if (limit === undefined) return { fault: `limit: a whole number from 1 to ${PAGE_ROWS_MAX}` };
  const state = query.get('state') ?? undefined;
  if (state !== undefined && state !== 'opened' && state !== 'closed') return { fault: 'state: opened or closed' };
  const severity = query.get('severity') ?? undefined;
  if (severity !== undefined && !isSeverity(severity)) return { fault: `severity: one of ${SEVERITIES.join(', ')}` };
  const camera = query.get('camera') ?? undefined;
  if (camera !== undefined && parseCameraId(camera) === undefined) return { fault: 'camera: the id of a camera' };
  const [afterText, beforeText] = [query.get('after'), query.get('before')];
  if (afterText !== null && beforeText !== null) return { fault: 'after or before, not both' };
  const after = wholeNumber(afterText ?? '0', 0, Number.MAX_SAFE_INTEGER);
  if (after === undefined) return { fault: 'after: the position of an alert, or 0' };
  const before = wholeNumber(beforeText ?? String(Number.MAX_SAFE_INTEGER), 0, Number.MAX_SAFE_INTEGER);
  if (before === undefined) return { fault: 'before: the position of an alert' };
  return { filter: { state, severity, camera }, from: afterText !== null ? { after } : { before }, limit };
}

const isSeverity = (text: string): text is Severity => (SEVERITIES as readonly string[]).includes(text);

function wholeNumber(text: string, min: number, max: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
}

function idOf({ parameter }: ApiRequest): string | undefined {
  try {
    return decodeURIComponent(parameter);
  } catch {
    return undefined;
  }
}

const unknownAlert = (): ApiAnswer => problem(404, 'unknown_alert', 'no such alert is open or was closed of late');
