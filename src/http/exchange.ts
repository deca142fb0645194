import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import { BODIES_MAX } from '../../config/limits.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type AccessRules, type Credentials, decideAccess } from '../access/who-may.ts';
import { problemJson, statusLine } from './problem.ts';
import { isStreamed, type StreamedBody, sendStreamed } from './streamed-body.ts';
import { credentialsOf, RETRY_AFTER_S } from './upgrade.ts';

/** One HTTP request, read whole from uWebSockets.js, whose own object dies with its callback. */
export interface ApiRequest {
  readonly parameter: string;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly ifNoneMatch: string;
  readonly ifMatch: string;
  readonly acceptEncoding: string;
  readonly accept: string;
  /** Who the caller says it is (`x-camshard-who`), for the audit log; the token only proves that it may. */
  readonly who: string;
  /** Why it asks (`x-camshard-why`), for the event log; empty where it does not say. */
  readonly why: string;
  /** W3C trace context of the caller; empty where it has none. */
  readonly traceparent?: string;
  /** The caller's address as text. */
  readonly from: string;
  /** Empty unless the route takes a body. */
  readonly body: Uint8Array;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | StreamedBody;
}

export type ApiHandler = (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>;

export interface Route {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly pattern: string;
  readonly handler: ApiHandler;
  /** Bytes of body taken; none where absent. */
  readonly bodyBytesMax?: number;
  /** Routes anyone may read: liveness and readiness, for probes that hold no token, and the page's static files. */
  readonly open?: boolean;
}

export const json = (value: unknown, status = 200): ApiAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: JSON.stringify(value),
});

export const problem = (status: number, code: string, detail: string, more: object = {}): ApiAnswer => {
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (status === 429 || status === 503) headers['retry-after'] = String(RETRY_AFTER_S);
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  return { status, headers, body: problemJson(status, code, detail, more) };
};

/** The same answer with another `Retry-After`, seconds. */
export const retryAfter = (answer: ApiAnswer, seconds: number): ApiAnswer => ({
  ...answer,
  headers: { ...answer.headers, 'retry-after': String(seconds) },
});

/** Bodies being received by this process. */
let bodiesOpen = 0;

/** Registers `route`: access is decided before anything else, faults become problems, an aborted request is let go. */
export function serveRoute(
  app: TemplatedApp,
  route: Route,
  access: AccessRules,
  onFault: (error: unknown, route: Route) => void,
  clock: Clock = systemClock,
): void {
  const method = route.method === 'delete' ? 'del' : route.method;
  app[method](route.pattern, (res, req) => {
    let aborted = false;
    let onAbort = (): void => {};
    res.onAborted(() => {
      aborted = true;
      onAbort();
    });
    const send = (answer: ApiAnswer, closeConnection = false): void => {
      const { body } = answer;
      if (!isStreamed(body)) {
        if (!aborted) write(res, answer, body, closeConnection);
        return;
      }
      const target = { res, aborted: () => aborted, onAbort: (fn: () => void) => (onAbort = fn), clock };
      sendStreamed(target, body, () => writeHead(res, answer)).catch((error) => onFault(error, route));
    };
    const denied = route.open === true ? undefined : denial(credentialsOf(req), access);
    if (denied !== undefined) return send(denied, true);

    const head = readHead(req, res);
    const run = async (body: Uint8Array): Promise<void> => {
      try {
        send(await route.handler({ ...head, body }));
      } catch (error) {
        onFault(error, route);
        send(problem(500, 'internal', 'a fault of the node; its log says more'));
      }
    };
    const bytesMax = route.bodyBytesMax;
    if (bytesMax === undefined) {
      void run(new Uint8Array(0));
      return;
    }
    if (bodiesOpen >= BODIES_MAX) {
      return send(problem(503, 'body_limit', `the node receives ${BODIES_MAX} bodies at once`), true);
    }
    const declared = Number(req.getHeader('content-length'));
    const tooLarge = problem(413, 'frame_too_large', `the body may have ${bytesMax} bytes`);
    if (declared > bytesMax) return send(tooLarge, true);
    bodiesOpen++;
    const closeBody = once(() => bodiesOpen--);
    onAbort = closeBody;
    collectBody(res, bytesMax, (body) => {
      closeBody();
      if (body === undefined) return send(tooLarge, true);
      void run(body);
    });
  });
}

function once(fn: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    fn();
  };
}

function denial(credentials: Credentials, access: AccessRules): ApiAnswer | undefined {
  const decision = decideAccess(credentials, access);
  return decision.kind === 'allowed' ? undefined : problem(decision.status, decision.code, decision.message);
}

function readHead(req: HttpRequest, res: HttpResponse): Omit<ApiRequest, 'body'> {
  return {
    parameter: req.getParameter(0) ?? '',
    query: new URLSearchParams(req.getQuery()),
    contentType: req.getHeader('content-type'),
    ifNoneMatch: req.getHeader('if-none-match'),
    ifMatch: req.getHeader('if-match'),
    acceptEncoding: req.getHeader('accept-encoding'),
    accept: req.getHeader('accept'),
    who: req.getHeader('x-camshard-who').slice(0, 128),
    why: req.getHeader('x-camshard-why').slice(0, 512),
    traceparent: req.getHeader('traceparent').slice(0, 64),
    from: Buffer.from(res.getRemoteAddressAsText()).toString(),
  };
}

/** Gathers a body of at most `bytesMax`; gives `undefined` once, as soon as it is more. */
function collectBody(res: HttpResponse, bytesMax: number, done: (body: Uint8Array | undefined) => void): void {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let over = false;
  res.onData((chunk, isLast) => {
    if (over) return;
    bytes += chunk.byteLength;
    if (bytes > bytesMax) {
      over = true;
      done(undefined);
      return;
    }
    chunks.push(new Uint8Array(chunk.slice(0)));
    if (isLast) done(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
  });
}

function write(res: HttpResponse, answer: ApiAnswer, body: string | Uint8Array, closeConnection: boolean): void {
  res.cork(() => {
    writeHead(res, answer);
    res.end(body, closeConnection);
  });
}

function writeHead(res: HttpResponse, { status, headers }: ApiAnswer): void {
  res.writeStatus(statusLine(status));
  for (const [name, value] of Object.entries(headers ?? {})) res.writeHeader(name, value);
}
