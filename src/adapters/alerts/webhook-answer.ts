/** Longest an endpoint may make us wait with `Retry-After`. */
const RETRY_AFTER_MS_MAX = 300_000;

export type JudgedAnswer =
  | { readonly kind: 'taken' }
  /** Never to be sent again: something is wrong with it, or the endpoint wants no more. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'retry'; readonly retryAfterMs: number };

/**
 * What an endpoint's answer means.
 *
 *     2xx                                  taken
 *     400 405 406 410 411 413 414 415 422  refused: this alert will never be taken, the next one may be
 *     everything else                      again: faults of the server, and of a set-up that somebody will mend
 *                                          (401, 403, 404, a redirect), for which nothing shall be lost meanwhile
 *
 * @param retryAfter the header: seconds, or a date
 */
export function judgeWebhookAnswer(status: number, retryAfter: string | null, wallMs: number): JudgedAnswer {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (REFUSALS.has(status)) return { kind: 'refused' };
  return { kind: 'retry', retryAfterMs: retryAfterMs(retryAfter, wallMs) };
}

const REFUSALS: ReadonlySet<number> = new Set([400, 405, 406, 410, 411, 413, 414, 415, 422]);

function retryAfterMs(text: string | null, wallMs: number): number {
  if (text === null) return 0;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - wallMs;
  return Number.isFinite(ms) ? Math.min(RETRY_AFTER_MS_MAX, Math.max(0, ms)) : 0;
}
