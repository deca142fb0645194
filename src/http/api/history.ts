import { CamshardError, errorCode, errorMessage } from '../../../core/errors.ts';
import { BadQueryError } from '../../history/queries/bad-query.ts';
import { csvHeader, csvLines } from '../../history/queries/format/csv.ts';
import { ndjsonLines } from '../../history/queries/format/ndjson.ts';
import type { HistoryQueries } from '../../history/queries/history-queries.ts';
import { intervalText } from '../../history/queries/interval.ts';
import type { ParsedRequest } from '../../history/queries/parse-query.ts';
import { ROWS_MAX } from '../../history/queries/query.ts';
import { HISTORY_RESOURCES, type HistoryResource } from '../../history/queries/resources.ts';
import type { Page } from '../../history/queries/rows.ts';
import { type ApiAnswer, type ApiRequest, json, problem, type Route, retryAfter } from '../exchange.ts';

export interface HistoryRoutesServices {
  /** Undefined where `history.enabled` is false. */
  readonly queries: HistoryQueries | undefined;
  /** Told of what is no fault of the asker's and has no name: a bug of ours, or of the database. */
  readonly onFault: (error: unknown) => void;
}

/** Rows of a listing (CSV, NDJSON) are read in pages of this many. */
const LISTING_PAGE_ROWS = 2_000;
/** Listings being sent by this node; each holds one page, and one connection while it reads the next. */
export const LISTINGS_MAX = 8;
const BUSY_RETRY_S = 1;
const UNAVAILABLE_RETRY_S = 5;

/** `GET /v1/history/{counts,speeds,occupancy,composition,events,alerts}`. docs/history-queries.md. */
export function historyRoutes(services: HistoryRoutesServices): Route[] {
  const open = { listings: 0 };
  return HISTORY_RESOURCES.map((resource) => ({
    method: 'get',
    pattern: `/v1/history/${resource}`,
    handler: (request) => answer(services, open, resource, request),
  }));
}

interface OpenListings {
  listings: number;
}

async function answer(
  { queries, onFault }: HistoryRoutesServices,
  open: OpenListings,
  resource: HistoryResource,
  request: ApiRequest,
): Promise<ApiAnswer> {
  if (queries === undefined) return problem(404, 'history_disabled', 'this node keeps no history: history.enabled');
  try {
    const asked = queries.parse(resource, request.query, request.accept);
    if (asked.format !== 'json') return await listing(queries, open, asked);
    return jsonAnswer(asked, await queries.page(asked.query, asked.page, { fresh: asked.fresh }));
  } catch (error) {
    return problemOf(error, onFault);
  }
}

function problemOf(error: unknown, onFault: (error: unknown) => void): ApiAnswer {
  if (error instanceof BadQueryError) {
    return problem(400, error.code, error.message, { parameter: error.parameter });
  }
  const detail = errorMessage(error);
  switch (errorCode(error)) {
    case 'history_timeout':
      return problem(504, 'history_timeout', 'the database took too long: ask for a shorter range or longer intervals');
    case 'history_busy':
    case 'history_conflict':
      return retryAfter(problem(503, 'history_busy', detail), BUSY_RETRY_S);
    case 'history_unavailable':
    case 'history_locked':
    case 'history_newer_schema':
      return retryAfter(problem(503, 'history_unavailable', detail), UNAVAILABLE_RETRY_S);
    default:
      onFault(error);
      return problem(500, 'history_failed', 'a fault of the node or of its database; its log says more');
  }
}

function jsonAnswer({ query }: ParsedRequest, { rows, next, rollUps }: Page): ApiAnswer {
  if (!('edges' in query)) {
    const { resource, fromMs, toMs } = query;
    return json({ resource, from: fromMs, to: toMs, rows, next });
  }
  const { resource, spec, edges, interval, timeZone, by } = query;
  return json({
    resource,
    metric: spec.metric,
    from: edges[0],
    to: edges.at(-1),
    interval: intervalText(interval),
    timeZone,
    by,
    /** Tables the figures come from. */
    rollUps,
    rows,
    next,
  });
}

const MEDIA_TYPES = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson' } as const;

/** The first page is read before anything is answered, so that what is wrong is a problem and no torn listing. */
async function listing(queries: HistoryQueries, open: OpenListings, asked: ParsedRequest): Promise<ApiAnswer> {
  const { query, page, format, limited, fresh } = asked;
  if (format === 'json') throw new Error('JSON is answered by pages');
  if (open.listings >= LISTINGS_MAX) {
    throw new CamshardError('history_busy', `the node sends ${LISTINGS_MAX} listings already`);
  }
  open.listings++;
  let closed = false;
  const close = (): void => {
    if (!closed) open.listings--;
    closed = true;
  };
  const rowsMax = limited ? page.limit : Number.POSITIVE_INFINITY;
  const read = (after: string | undefined, left: number): Promise<Page> =>
    queries.page(query, { limit: Math.min(LISTING_PAGE_ROWS, ROWS_MAX, left), after }, { fresh, passing: true });
  const text = ({ rows }: Page): string => (format === 'csv' ? csvLines(query, rows) : ndjsonLines(rows));
  try {
    const first = await read(page.after, rowsMax);
    const headers = {
      'content-type': MEDIA_TYPES[format],
      'cache-control': 'no-store',
      ...(format === 'csv' && { 'content-disposition': `attachment; filename="${query.resource}.csv"` }),
    };
    async function* chunks(): AsyncGenerator<string> {
      let left = rowsMax;
      let now = first;
      if (format === 'csv') yield csvHeader(query);
      for (;;) {
        left -= now.rows.length;
        yield text(now);
        if (now.next === null || left <= 0) return;
        now = await read(now.next, left);
      }
    }
    return { status: 200, headers, body: { chunks: chunks(), onClose: close } };
  } catch (error) {
    close();
    throw error;
  }
}
