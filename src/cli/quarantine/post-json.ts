import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { CamshardError, errorMessage } from '../../../core/errors.ts';
import type { NodeApiOptions } from '../../client/node-api.ts';
import { parseNodeUrl } from '../../client/urls.ts';

const ANSWER_MS_MAX = 10_000;
const ANSWER_BYTES_MAX = 1024 * 1024;

/**
 * One POST of JSON answered with JSON.
 * @throws CamshardError `node_unreachable`, `bad_answer`, or the code of the problem the node answered with
 */
export async function postJson(
  { url, token, verifyTls }: NodeApiOptions,
  path: string,
  value: unknown,
): Promise<unknown> {
  const base = parseNodeUrl(url).http;
  const { status, text } = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const start = base.startsWith('https:') ? httpsRequest : httpRequest;
    const request = start(`${base}${path}`, { method: 'POST', headers, rejectUnauthorized: verifyTls }, (response) => {
      let said = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        said += chunk;
        if (said.length > ANSWER_BYTES_MAX) request.destroy(new Error('the answer is too large'));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: said }));
      response.on('error', reject);
    });
    request.setTimeout(ANSWER_MS_MAX, () => request.destroy(new Error(`no answer within ${ANSWER_MS_MAX} ms`)));
    request.on('error', reject);
    request.end(JSON.stringify(value));
  }).catch((error: unknown) => {
    const why = errorMessage(error) || String((error as NodeJS.ErrnoException).code ?? '');
    throw new CamshardError('node_unreachable', `cannot reach the node at ${base}: ${why}`, { cause: error });
  });
  const answer = parse(text);
  if (status === 200 && answer !== undefined) return answer;
  const { code, detail } = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<string, unknown>;
  throw new CamshardError(
    typeof code === 'string' ? code : 'bad_answer',
    `${base}${path} answered ${status}: ${typeof detail === 'string' ? detail : 'no JSON answer'}`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
