import type { Problem } from './answers.gen.ts';

/** What became of a request. Nothing here throws: a page shows each of these. */
export type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** The node said no, and why (RFC 9457). */
  | { readonly kind: 'refused'; readonly status: number; readonly problem: Problem }
  | { readonly kind: 'unreachable'; readonly reason: string };

export type Refusal = Exclude<Answer<unknown>, { readonly kind: 'ok' }>;

/** One sentence for people. */
export function refusalText(refusal: Refusal): string {
  return refusal.kind === 'unreachable' ? refusal.reason : refusal.problem.detail;
}

/** The stable code, for places that show it beside the sentence. */
export function refusalCode(refusal: Refusal): string {
  return refusal.kind === 'unreachable' ? 'unreachable' : refusal.problem.code;
}
