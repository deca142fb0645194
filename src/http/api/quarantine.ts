import { z } from 'zod';
import type { ClusterService } from '../../cluster/port.ts';
import type { Quarantine } from '../../crash/quarantine.ts';
import { type ApiAnswer, type ApiRequest, json, problem, type Route } from '../exchange.ts';
import { ofOneNode } from './one-node.ts';

const clearRequest = z.strictObject({
  /** Of one frame; everything where absent. */
  hash: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
});
const BODY_BYTES_MAX = 1_024;

/** Body: none. Answer: what `GET /v1/quarantine` shows. */
export const QUARANTINE_QUESTION = 'quarantine';
/** Body: `{hash?}`. Answer: frames cleared. */
export const QUARANTINE_CLEAR_QUESTION = 'quarantine-clear';

export interface QuarantineServices {
  readonly quarantine: Pick<Quarantine, 'list' | 'clear'>;
  readonly cluster: Pick<ClusterService, 'node' | 'kind' | 'gather' | 'view'>;
}

/** What one node answers. */
export function answerQuarantine(
  quarantine: QuarantineServices['quarantine'],
  answer: (question: string, answer: (body: unknown) => unknown) => void,
): void {
  answer(QUARANTINE_QUESTION, () => quarantine.list());
  answer(QUARANTINE_CLEAR_QUESTION, (body) => quarantine.clear((body as { readonly hash?: string }).hash));
}

/**
 * `GET /v1/quarantine` and `POST /v1/quarantine/clear`: pictures that were being worked on when the node crashed, of
 * this node or of the one `?node=` names: each has a journal of its own.
 */
export function quarantineRoutes(s: QuarantineServices): Route[] {
  return [
    {
      method: 'get',
      pattern: '/v1/quarantine',
      handler: ({ query }) => {
        const { cluster, quarantine } = s;
        return ofOneNode({ cluster, query, question: QUARANTINE_QUESTION, here: () => quarantine.list() });
      },
    },
    {
      method: 'post',
      pattern: '/v1/quarantine/clear',
      bodyBytesMax: BODY_BYTES_MAX,
      handler: (request) => clear(s, request),
    },
  ];
}

function clear(
  { quarantine, cluster }: QuarantineServices,
  { body, query }: ApiRequest,
): Promise<ApiAnswer> | ApiAnswer {
  let value: unknown;
  try {
    value = body.byteLength === 0 ? {} : JSON.parse(Buffer.from(body).toString());
  } catch {
    return problem(400, 'bad_body', 'the body must be JSON');
  }
  const parsed = clearRequest.safeParse(value);
  if (!parsed.success) return problem(400, 'bad_body', parsed.error.issues[0]?.message ?? 'malformed');
  const { hash } = parsed.data;
  const here = (): number => quarantine.clear(hash);
  return ofOneNode({ cluster, query, question: QUARANTINE_CLEAR_QUESTION, body: parsed.data, here }, (cleared) =>
    hash !== undefined && cleared === 0
      ? problem(404, 'unknown_hash', `no frame ${hash} is under suspicion`)
      : json({ cleared }),
  );
}
