import type { ResultMessage, StreamTarget } from '../../../core/protocol.ts';

export type SessionPhase =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'sending' }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly retryAtMs: number; readonly reason: string }
  /** Over for good; `reason` is `undefined` where the visitor stopped it. */
  | { readonly kind: 'ended'; readonly reason: string | undefined };

/** What the visitor sees of a camera session; counts are frames since its start. */
export interface SessionState {
  readonly phase: SessionPhase;
  readonly target: StreamTarget | undefined;
  readonly credit: number;
  readonly sent: number;
  readonly results: number;
  /** By reason. */
  readonly shed: Readonly<Record<string, number>>;
  readonly errors: number;
  readonly lastError: string | undefined;
  /** From sending a picture to having its result, ms, by this browser's clock. */
  readonly roundTripMs: number | null;
}

export const FIRST_STATE: SessionState = {
  phase: { kind: 'connecting' },
  target: undefined,
  credit: 0,
  sent: 0,
  results: 0,
  shed: {},
  errors: 0,
  lastError: undefined,
  roundTripMs: null,
};

/** A result with the very picture it is about. */
export interface SessionResult {
  readonly result: ResultMessage;
  readonly picture: Blob;
}

export function addShed(
  counts: Readonly<Record<string, number>>,
  shed: readonly { readonly reason: string }[],
): Readonly<Record<string, number>> {
  if (shed.length === 0) return counts;
  const next: Record<string, number> = { ...counts };
  for (const { reason } of shed) next[reason] = (next[reason] ?? 0) + 1;
  return next;
}
