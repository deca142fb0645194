/**
 * What to do when a device runs out of memory, one step after the other:
 *
 *     smaller batches, halved each time ─► sessions anew ─► thread anew ─► give the device up
 *              ▲ │                                                          (its breaker opens)
 *              └─┘ probing upward, later and later
 *
 * A batch that ran in the smallest size puts it back to the start. Pure.
 */
export interface MemoryLadderState {
  /** Most pixels a batch may have (frames x side^2), so that one cap holds for every input size. */
  readonly pixelsMax: number;
  /** What was done last for a batch of the smallest size. */
  readonly tried: 'nothing' | 'renewed' | 'replaced';
  /** When a larger batch may be tried again, monotonic ms; undefined where nothing is capped. */
  readonly probeAtMs: number | undefined;
  readonly probeWaitMs: number;
  /** A larger batch than was known to fit is allowed on trial. */
  readonly probing: boolean;
}

export type MemoryStep =
  /** Run the same frames in batches of at most this many. */
  | { readonly kind: 'smaller'; readonly frames: number }
  | { readonly kind: 'renew' }
  | { readonly kind: 'replace' }
  | { readonly kind: 'give_up' };

const PROBE_WAIT_MS_MAX = 3_600_000;

export function startOfMemoryLadder(probeAfterMs: number): MemoryLadderState {
  return {
    pixelsMax: Number.POSITIVE_INFINITY,
    tried: 'nothing',
    probeAtMs: undefined,
    probeWaitMs: probeAfterMs,
    probing: false,
  };
}

/** Batch sizes that may run now at an input size; the smallest always may. */
export function bucketsWithin(
  state: MemoryLadderState,
  buckets: readonly number[],
  inputSize: number,
): readonly number[] {
  const allowed = buckets.filter((b) => b * inputSize ** 2 <= state.pixelsMax);
  return allowed.length > 0 ? allowed : buckets.slice(0, 1);
}

/** A batch of `frames` did not fit. */
export function ranOut(
  state: MemoryLadderState,
  batch: { readonly frames: number; readonly inputSize: number },
  buckets: readonly number[],
  nowMs: number,
): { readonly state: MemoryLadderState; readonly step: MemoryStep } {
  const smaller = buckets.findLast((b) => b <= batch.frames / 2);
  if (smaller !== undefined) {
    // Two batches in flight may fail of the same cause: the cap is not halved twice for it.
    const pixelsMax = Math.min(state.pixelsMax, smaller * batch.inputSize ** 2);
    const failedProbe = state.probing && pixelsMax < state.pixelsMax;
    const probeWaitMs = failedProbe ? Math.min(PROBE_WAIT_MS_MAX, state.probeWaitMs * 2) : state.probeWaitMs;
    return {
      state: { ...state, pixelsMax, probing: false, probeWaitMs, probeAtMs: nowMs + probeWaitMs },
      step: { kind: 'smaller', frames: smaller },
    };
  }
  switch (state.tried) {
    case 'nothing':
      return { state: { ...state, tried: 'renewed' }, step: { kind: 'renew' } };
    case 'renewed':
      return { state: { ...state, tried: 'replaced' }, step: { kind: 'replace' } };
    case 'replaced':
      return { state: { ...state, tried: 'nothing' }, step: { kind: 'give_up' } };
  }
}

/** A batch ran: memory is there again, and after a while the next larger size may be tried. */
export function fitted(
  state: MemoryLadderState,
  buckets: readonly number[],
  inputSize: number,
  nowMs: number,
): MemoryLadderState {
  const calm: MemoryLadderState = state.tried === 'nothing' ? state : { ...state, tried: 'nothing' };
  if (calm.probeAtMs === undefined || nowMs < calm.probeAtMs) return calm;
  const now = bucketsWithin(calm, buckets, inputSize).at(-1) ?? 1;
  const next = buckets.find((b) => b > now);
  if (next === undefined) return { ...calm, pixelsMax: Number.POSITIVE_INFINITY, probing: false, probeAtMs: undefined };
  return { ...calm, probing: true, pixelsMax: next * inputSize ** 2, probeAtMs: nowMs + calm.probeWaitMs };
}
