import { z } from 'zod';
import type { Quarantine } from '../../crash/quarantine.ts';
import { type ApiAnswer, json, problem, type Route } from '../exchange.ts';

const clearRequest = z.strictObject({
  /** Of one frame; everything where absent. */
  hash: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
});
const BODY_BYTES_MAX = 1_024;

/** `GET /v1/quarantine` and `POST /v1/quarantine/clear`: pictures that were being worked on when the node crashed. */
export function quarantineRoutes(quarantine: Quarantine): Route[] {
  return [
    { method: 'get', pattern: '/v1/quarantine', handler: () => json(quarantine.list()) },
    {
      method: 'post',
      pattern: '/v1/quarantine/clear',
      bodyBytesMax: BODY_BYTES_MAX,
      handler: ({ body }) => clear(quarantine, body),
    },
  ];
}

function clear(quarantine: Quarantine, body: Uint8Array): ApiAnswer {
  let value: unknown;
  try {
    value = body.byteLength === 0 ? {} : JSON.parse(Buffer.from(body).toString());
  } catch {
    return problem(400, 'bad_body', 'the body must be JSON');
  }
  const parsed = clearRequest.safeParse(value);
  if (!parsed.success) return problem(400, 'bad_body', parsed.error.issues[0]?.message ?? 'malformed');
  const { hash } = parsed.data;
  const cleared = quarantine.clear(hash);
  if (hash !== undefined && cleared === 0) return problem(404, 'unknown_hash', `no frame ${hash} is under suspicion`);
  return json({ cleared });
}
