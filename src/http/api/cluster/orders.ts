import type { z } from 'zod';
import { CamshardError } from '../../../../core/errors.ts';
import type { Order } from '../../../../shards/cluster/messages.ts';
import type { AskedBy, ClusterService } from '../../../cluster/port.ts';
import { type ApiAnswer, type ApiRequest, json, problem } from '../../exchange.ts';

/** Nobody can do it right now, and somebody may soon: 503 with `Retry-After`. */
const LATER = new Set([
  'no_coordinator',
  'no_lease',
  'busy',
  'store_unavailable',
  'jobs_unavailable',
  'peer_away',
  'peer_timeout',
  'peer_busy',
]);
/** What is named does not exist. */
const NOWHERE = new Set(['no_such_node', 'no_such_shard', 'no_such_round']);

const ANONYMOUS = 'unknown';
const WHY_CHARS_MAX = 256;

/** Who asks, for the event log: header `x-camshard-who`; why: `why` of the body, else header `x-camshard-why`. */
export function askedBy(request: ApiRequest, why?: string): AskedBy {
  const said = why ?? request.why;
  return {
    who: request.who === '' ? ANONYMOUS : request.who,
    why: said === '' ? 'not said' : said.slice(0, WHY_CHARS_MAX),
    via: request.from,
  };
}

/** Has `order` done, and answers with what came of it. */
export async function giveOrder(cluster: ClusterService, order: Order, by: AskedBy): Promise<ApiAnswer> {
  return whileAvailable(async () => {
    const answer = await cluster.order(order, by);
    return answer.kind === 'refused' ? refusal(answer.code, answer.message) : json({ answer: answer.kind });
  });
}

/** A fault of the cluster's own store or queue is a problem, not a bug. */
export async function whileAvailable(ask: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof CamshardError)) throw error;
    return refusal(error.code, error.message);
  }
}

/** 503 where trying again helps, 404 for what does not exist, 409 for everything else. */
export function refusal(code: string, message: string): ApiAnswer {
  if (code === 'bad_cursor') return problem(400, 'bad_query', message);
  return problem(LATER.has(code) ? 503 : NOWHERE.has(code) ? 404 : 409, code, message);
}

/** The JSON of a body, empty as `{}`, in the shape of `schema`; or the problem. */
export function bodyAs<T>(
  schema: z.ZodType<T>,
  { body }: ApiRequest,
): { readonly value: T } | { readonly bad: ApiAnswer } {
  let value: unknown;
  try {
    value = body.byteLength === 0 ? {} : JSON.parse(new TextDecoder().decode(body));
  } catch {
    return { bad: problem(400, 'bad_body', 'the body must be JSON') };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  return { bad: problem(400, 'bad_body', `${where}${issue?.message ?? 'malformed'}`) };
}
