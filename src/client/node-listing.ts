import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { CamshardError, errorMessage } from '../../core/errors.ts';
import type { NodeApiOptions } from './node-api.ts';
import { NodeProblem } from './node-problem.ts';
import { parseNodeUrl } from './urls.ts';

/** Silence for this long is a node that is gone; a page of a listing takes a few seconds at worst. */
const SILENCE_MS_MAX = 30_000;
const PROBLEM_CHARS_MAX = 65_536;

/**
 * One GET of a listing of any length (CSV, NDJSON): `take` gets it piece by piece, and the next piece waits for it.
 * @throws CamshardError `node_unreachable`, `listing_cut` where it ended before its end, or the code of the problem the
 *   node answered with
 */
export async function getLines(
  { url, token, verifyTls }: NodeApiOptions,
  path: string,
  take: (chunk: string) => Promise<void>,
): Promise<void> {
  const base = parseNodeUrl(url).http;
  const start = base.startsWith('https:') ? httpsRequest : httpRequest;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = start(`${base}${path}`, { headers, rejectUnauthorized: verifyTls }, resolve);
    request.setTimeout(SILENCE_MS_MAX, () => request.destroy(new Error(`no answer within ${SILENCE_MS_MAX} ms`)));
    request.on('error', reject);
    request.end();
  }).catch((cause: unknown) => {
    throw new CamshardError('node_unreachable', `cannot reach the node at ${base}: ${errorMessage(cause)}`, { cause });
  });
  response.setEncoding('utf8');
  let problem = '';
  try {
    for await (const chunk of response) {
      if (response.statusCode === 200) await take(String(chunk));
      else problem = (problem + String(chunk)).slice(0, PROBLEM_CHARS_MAX);
    }
  } catch (cause) {
    const why = 'the node cut the listing off: it is not whole';
    throw new CamshardError('listing_cut', `${why} (${errorMessage(cause)})`, { cause });
  }
  if (response.statusCode !== 200) throw problemError(`${base}${path}`, response.statusCode ?? 0, problem);
}

function problemError(where: string, status: number, text: string): NodeProblem {
  let said: { readonly code?: unknown; readonly detail?: unknown } = {};
  try {
    said = JSON.parse(text) as typeof said;
  } catch {
    // Not a node's answer: its status must do.
  }
  const code = typeof said.code === 'string' ? said.code : 'bad_answer';
  return new NodeProblem(status, code, `${where} answered ${status}: ${String(said.detail ?? 'no problem details')}`);
}
