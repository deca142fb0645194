import { randomUUID } from 'node:crypto';
import { PAGE_ROWS_MAX } from '../../../config/limits.ts';
import { SEVERITIES, type Severity } from '../../../core/alert.ts';
import type { Clock } from '../../../core/clock.ts';
import type { AuditEntry } from '../../../core/history-record.ts';
import { parseCameraId } from '../../../core/ids.ts';
import type { AlertFilter } from '../../alerts/alert-book.ts';
import type { AlertsStatus } from '../../alerts/open-alerts.ts';
import type { ClusterService, Gathered } from '../../cluster/port.ts';
import { MOMENT_ALLOWED, parseMoment } from '../../history/queries/moment.ts';
import { type ApiAnswer, type ApiRequest, json, problem, type Route } from '../exchange.ts';
import {
  ACKNOWLEDGE_QUESTION,
  type AcknowledgeAnswer,
  type AcknowledgeBody,
  ALERT_QUESTION,
  ALERTS_QUESTION,
  type AlertPlaces,
  type AlertRow,
  type AlertsAnswer,
  type AlertsBody,
  alertAnswers,
  decodePlaces,
  encodePlaces,
  mergeAlerts,
  newestOf,
  sumOpen,
} from './alert-reads.ts';
import { absent, nodeAway, ofOneNode } from './one-node.ts';

/** The nodes to ask. */
export type AlertCluster = Pick<ClusterService, 'node' | 'kind' | 'gather' | 'view'>;

export interface AlertRouteServices {
  readonly cluster: AlertCluster;
  readonly status: () => AlertsStatus;
  /** For moments such as `-24h`. */
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Notes who changed what, at the node that was asked to; never makes anybody wait. */
  readonly audit: (entry: AuditEntry) => void;
}

const LIMIT_DEFAULT = 100;
const BODY_BYTES_MAX = 1_024;
const TEXT_CHARS_MAX = 200;
/** Who acknowledges without saying who they are. */
const ANONYMOUS = 'unknown';
const STATUS_QUESTION = 'alert-delivery';
/** An alert may move with its camera between being found and being acknowledged. */
const ACKNOWLEDGE_TRIES = 2;

/**
 * `GET /v1/alerts`, `GET /v1/alerts/delivery`, `GET /v1/alerts/:id`, `POST /v1/alerts/:id/acknowledge`: of the whole
 * cluster by whichever node is asked; `?node=` asks one node only.
 */
export function alertRoutes(s: AlertRouteServices): Route[] {
  return [
    { method: 'get', pattern: '/v1/alerts', handler: (request) => listAlerts(s, request) },
    {
      method: 'get',
      pattern: '/v1/alerts/delivery',
      handler: ({ query }) => ofOneNode({ cluster: s.cluster, query, question: STATUS_QUESTION, here: s.status }),
    },
    { method: 'get', pattern: '/v1/alerts/:id', handler: (request) => oneAlert(s, request) },
    {
      method: 'post',
      pattern: '/v1/alerts/:id/acknowledge',
      bodyBytesMax: BODY_BYTES_MAX,
      handler: (request) => acknowledge(s, request),
    },
  ];
}

/** What a node answers its peers about alerts, and itself. */
export function answerAlerts(
  node: string,
  s: Parameters<typeof alertAnswers>[1] & Pick<AlertRouteServices, 'status'>,
): Readonly<Record<string, (body: unknown) => unknown>> {
  const answers = alertAnswers(node, s);
  return {
    [ALERTS_QUESTION]: answers.alerts,
    [ALERT_QUESTION]: answers.alert,
    [ACKNOWLEDGE_QUESTION]: answers.acknowledge,
    [STATUS_QUESTION]: () => s.status(),
  };
}

const shownRow = ({ keeper, position, alert, acknowledged }: AlertRow) => ({
  ...alert,
  keeper,
  position,
  acknowledged,
});

async function listAlerts({ cluster, clock }: AlertRouteServices, { query }: ApiRequest): Promise<ApiAnswer> {
  const only = onlyNode(cluster, query);
  const read = readQuery(query, only, clock.wallMs());
  if ('fault' in read) return problem(400, 'bad_query', read.fault);
  const { answers, missing } = await cluster.gather<AlertsAnswer>(ALERTS_QUESTION, read, listOf(only));
  if (only !== undefined && answers.every(({ node }) => node !== only)) return absent(cluster, only, missing);
  const { rows, next, last } = mergeAlerts(answers, read);
  // One node's positions are numbers; a place in the list of several is a word.
  const place = (places: AlertPlaces): number | string =>
    only === undefined ? encodePlaces(places) : (places[only] ?? 0);
  return json({
    alerts: rows.map(shownRow),
    next: next === null ? null : place(next),
    last: place(last),
    open: sumOpen(answers),
    ...(missing.length === 0 ? {} : { away: missing }),
  });
}

/** The one node whose alerts are asked for; undefined where it is all of them. */
function onlyNode({ node, kind }: AlertCluster, query: URLSearchParams): string | undefined {
  const asked = query.get('node') ?? (kind === 'local' ? 'self' : undefined);
  return asked === 'self' ? node : asked;
}

const listOf = (only: string | undefined): readonly string[] | undefined => (only === undefined ? undefined : [only]);

async function oneAlert({ cluster }: AlertRouteServices, request: ApiRequest): Promise<ApiAnswer> {
  const id = idOf(request);
  if (id === undefined) return unknownAlert();
  const { row, missing } = await find(cluster, id, onlyNode(cluster, request.query));
  return row === undefined ? notFound(missing) : json(shownRow(row));
}

async function acknowledge({ cluster, audit }: AlertRouteServices, request: ApiRequest): Promise<ApiAnswer> {
  const id = idOf(request);
  const who = request.who === '' ? ANONYMOUS : request.who;
  if (id === undefined) return unknownAlert();
  for (let attempt = 1; ; attempt++) {
    const { row, missing } = await find(cluster, id);
    if (row === undefined) return notFound(missing);
    const body: AcknowledgeBody = { id, who };
    const told = await cluster.gather<AcknowledgeAnswer | null>(ACKNOWLEDGE_QUESTION, body, [row.keeper]);
    const changed = told.answers[0]?.answer;
    if (changed != null) {
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
      return json(shownRow(after));
    }
    // Whether it was done is not known: doing it again does no harm, and is the caller's to decide.
    if (told.missing.length > 0) return nodeAway(told.missing);
    if (attempt >= ACKNOWLEDGE_TRIES) return unknownAlert();
  }
}

/** Whoever has the alert. */
async function find(
  cluster: AlertCluster,
  id: string,
  only?: string,
): Promise<{ readonly row: AlertRow | undefined; readonly missing: Gathered<unknown>['missing'] }> {
  const { answers, missing } = await cluster.gather<AlertRow | null>(ALERT_QUESTION, { id }, listOf(only));
  return { row: newestOf(answers.flatMap(({ answer }) => answer ?? [])), missing };
}

const notFound = (missing: Gathered<unknown>['missing']): ApiAnswer =>
  missing.length > 0 ? nodeAway(missing) : unknownAlert();

function readQuery(
  query: URLSearchParams,
  only: string | undefined,
  nowMs: number,
): AlertsBody | { readonly fault: string } {
  const limit = wholeNumber(query.get('limit') ?? String(LIMIT_DEFAULT), 1, PAGE_ROWS_MAX);
  if (limit === undefined) return { fault: `limit: a whole number from 1 to ${PAGE_ROWS_MAX}` };
  const filter = readFilter(query, nowMs);
  if ('fault' in filter) return filter;
  const [after, before] = [query.get('after'), query.get('before')];
  if (after !== null && before !== null) return { fault: 'after or before, not both' };
  const order = after === null ? 'newest' : 'oldest';
  const text = after ?? before;
  const places = text === null ? {} : readPlaces(text, only);
  if (places === undefined) return { fault: `${after === null ? 'before' : 'after'}: ${PLACE_WANTED}` };
  return { filter, order, places, limit };
}

const PLACE_WANTED = '`next` or `last` of an earlier answer; of one node the position of an alert; or 0';

function readPlaces(text: string, only: string | undefined): AlertPlaces | undefined {
  const position = wholeNumber(text, 0, Number.MAX_SAFE_INTEGER);
  if (position === undefined) return decodePlaces(text);
  if (only !== undefined) return { [only]: position };
  // A position of whose? None is before the first at any node.
  return position === 0 ? {} : undefined;
}

function readFilter(query: URLSearchParams, nowMs: number): AlertFilter | { readonly fault: string } {
  const state = query.get('state') ?? undefined;
  if (state !== undefined && state !== 'opened' && state !== 'closed') return { fault: 'state: opened or closed' };
  const severity = query.get('severity') ?? undefined;
  if (severity !== undefined && !isSeverity(severity)) return { fault: `severity: one of ${SEVERITIES.join(', ')}` };
  const camera = query.get('camera') ?? undefined;
  if (camera !== undefined && parseCameraId(camera) === undefined) return { fault: 'camera: the id of a camera' };
  const seen = query.get('acknowledged') ?? undefined;
  if (seen !== undefined && seen !== 'yes' && seen !== 'no') return { fault: 'acknowledged: yes or no' };
  const [from, to] = [query.get('from'), query.get('to')].map((text) =>
    text === null ? undefined : (parseMoment(text.trim(), nowMs, 'UTC')?.ms ?? null),
  );
  if (from === null || to === null) return { fault: `${from === null ? 'from' : 'to'}: ${MOMENT_ALLOWED}` };
  const rule = query.get('rule') ?? undefined;
  const text = query.get('text')?.trim().toLowerCase();
  if ((rule?.length ?? 0) > TEXT_CHARS_MAX || (text?.length ?? 0) > TEXT_CHARS_MAX) {
    return { fault: `rule, text: at most ${TEXT_CHARS_MAX} characters` };
  }
  return {
    ...{ state, severity, camera, rule },
    acknowledged: seen === undefined ? undefined : seen === 'yes',
    ...{ openedFromMs: from, openedBeforeMs: to },
    text: text === '' ? undefined : text,
  };
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
