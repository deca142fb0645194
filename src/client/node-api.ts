import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { CamshardError, errorCode, errorMessage } from '../../core/errors.ts';
import type { CameraSummary } from '../../core/protocol.ts';
import { NodeProblem } from './node-problem.ts';
import { parseNodeUrl, splitNodeUrls } from './urls.ts';

/** How to reach a node's HTTP API. */
export interface NodeApiOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly verifyTls: boolean;
}

const ANSWER_MS_MAX = 10_000;
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;
const PAGE_ROWS = 1_000;
/** More pages than a node can hold cameras: a cursor that never ends is a fault. */
const PAGES_MAX = 100;

/**
 * One GET answered with JSON.
 * @throws CamshardError `node_unreachable`, `bad_answer`, or the code of the problem the node answered with
 */
export const getJson = (options: NodeApiOptions, path: string): Promise<unknown> => askJson(options, path, undefined);

/** One POST of JSON answered with JSON. @throws CamshardError as {@link getJson} */
export const postJson = (options: NodeApiOptions, path: string, value: unknown): Promise<unknown> =>
  askJson(options, path, JSON.stringify(value));

export interface NodeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With its query, from `/v1` on. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface NodeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/**
 * One request, whatever its answer is. Of several nodes the next is asked where one cannot be reached; one that changes
 * something only where it is certain that nobody got it.
 * @throws CamshardError `node_unreachable`
 */
export async function requestNode(options: NodeApiOptions, request: NodeRequest): Promise<NodeAnswer> {
  let fault: unknown;
  for (const url of splitNodeUrls(options.url)) {
    try {
      return await requestOne({ ...options, url }, request);
    } catch (error) {
      fault = error;
      const cause = error instanceof CamshardError ? error.cause : undefined;
      if (request.method !== 'GET' && !NOBODY_GOT_IT.has(errorCode(cause))) break;
    }
  }
  throw fault;
}

const NOBODY_GOT_IT = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);

function requestOne(
  { url, token, verifyTls }: NodeApiOptions,
  { method, path, headers, body }: NodeRequest,
): Promise<NodeAnswer> {
  const base = parseNodeUrl(url).http;
  return new Promise<NodeAnswer>((resolve, reject) => {
    const start = base.startsWith('https:') ? httpsRequest : httpRequest;
    const all = { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers };
    const request = start(`${base}${path}`, { method, headers: all, rejectUnauthorized: verifyTls }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > ANSWER_BYTES_MAX) request.destroy(new Error('the answer is too large'));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      response.on('error', reject);
    });
    request.setTimeout(ANSWER_MS_MAX, () => request.destroy(new Error(`no answer within ${ANSWER_MS_MAX} ms`)));
    request.on('error', reject);
    request.end(body);
  }).catch((error: unknown) => {
    const why = errorMessage(error) || String((error as NodeJS.ErrnoException).code ?? '');
    throw new CamshardError('node_unreachable', `cannot reach the node at ${base}: ${why}`, { cause: error });
  });
}

/** What a node answered other than what was asked for, as an error with the problem's code. */
export function answerError(options: NodeApiOptions, path: string, { status, body }: NodeAnswer): CamshardError {
  const json = parse(body);
  const problem = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>;
  const detail = [problem.detail, problem.title].find((t) => typeof t === 'string') ?? 'no JSON answer';
  const code = typeof problem.code === 'string' ? problem.code : 'bad_answer';
  const [url = ''] = splitNodeUrls(options.url);
  const where = parseNodeUrl(url).http;
  // A node says in words what is wrong; of anybody else the path is needed to see who it is.
  if (typeof problem.code === 'string')
    return new NodeProblem(status, code, `${String(detail)} (${where}: ${status} ${code})`);
  return new NodeProblem(status, code, `${where}${path} answered ${status}: ${String(detail)}`);
}

/** @param sent body of a POST; a GET where it is undefined. */
async function askJson(options: NodeApiOptions, path: string, sent: string | undefined): Promise<unknown> {
  const answer = await requestNode(options, {
    method: sent === undefined ? 'GET' : 'POST',
    path,
    ...(sent === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: sent }),
  });
  const json = parse(answer.body);
  if (answer.status === 200 && json !== undefined) return json;
  throw answerError(options, path, answer);
}

/** Every camera of the node, page by page. */
export async function listCameras(options: NodeApiOptions): Promise<CameraSummary[]> {
  const cameras: CameraSummary[] = [];
  let after = '';
  for (let i = 0; i < PAGES_MAX; i++) {
    const answer = await getJson(options, `/v1/cameras?limit=${PAGE_ROWS}&after=${encodeURIComponent(after)}`);
    const { cameras: rows, next } = answer as { cameras?: unknown; next?: unknown };
    if (!Array.isArray(rows))
      throw new CamshardError('bad_answer', 'the answer to /v1/cameras holds no list of cameras');
    cameras.push(...(rows as CameraSummary[]));
    if (typeof next !== 'string') return cameras;
    after = next;
  }
  return cameras;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
