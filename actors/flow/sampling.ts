/**
 * How often a camera is looked at: `fpsMax` while things move, less and less while nothing does, never under `fpsMin`.
 * Pure: the camera's actor keeps a state and asks.
 *
 *     moved ──2 s still──► /2 ──1 s──► /2 ──1 s──► ... fpsMin        anything moved: fpsMax at once
 */
export interface SamplingRange {
  readonly fpsMin: number;
  /** Counts where it is under `fpsMin`. */
  readonly fpsMax: number;
}

export interface SamplingState {
  /** When something moved last, as looks saw it. */
  readonly movedAtMs: number;
  /** The last look that was taken; a camera nobody could look at is not still, it is unknown. */
  readonly lookedAtMs: number;
  /** When the next look at a still camera is due. */
  readonly dueAtMs: number;
}

/** A scene is still when nothing moved for this long. */
export const STILL_AFTER_MS = 2_000;
/** From then on the rate is halved each time this has passed. */
export const HALVE_EACH_MS = 1_000;
/** A frame may come this share of a look's interval too early: frames of a camera that obeys come near their time. */
export const JITTER_SHARE = 0.2;

/** A camera just met is looked at as if something had moved. @param nowMs monotonic ms. */
export function startSampling(nowMs: number): SamplingState {
  return { movedAtMs: nowMs, lookedAtMs: nowMs, dueAtMs: nowMs };
}

/** The rate to ask of the camera, frames/s. */
export function wantedFps(state: SamplingState, range: SamplingRange): number {
  const stillMs = state.lookedAtMs - state.movedAtMs;
  if (stillMs < STILL_AFTER_MS) return range.fpsMax;
  const halvings = 1 + Math.floor((stillMs - STILL_AFTER_MS) / HALVE_EACH_MS);
  return Math.min(range.fpsMax, Math.max(range.fpsMin, range.fpsMax / 2 ** halvings));
}

/** When the next look at the camera is due, monotonic ms; in the past for one on which things move. */
export function nextLookDueMs(state: SamplingState, range: SamplingRange): number {
  if (state.lookedAtMs - state.movedAtMs < STILL_AFTER_MS) return state.lookedAtMs;
  return state.dueAtMs - (JITTER_SHARE * 1_000) / wantedFps(state, range);
}

export interface Arrival {
  /** `look`: decode it. `skip`: the camera is still and was looked at just now; settle it as gated, undecoded. */
  readonly kind: 'look' | 'skip';
  readonly state: SamplingState;
}

/**
 * A frame came in. Looks are counted here, not when they are taken: of frames that come while one is being decoded
 * none is decoded too. A look that then does not take place is given back by {@link missed}.
 */
export function arrived(state: SamplingState, range: SamplingRange, nowMs: number): Arrival {
  if (nowMs < nextLookDueMs(state, range)) return { kind: 'skip', state };
  const intervalMs = 1_000 / wantedFps(state, range);
  // The next look is due one interval after this one was, not after it came: else a camera of 25 frames/s whose frames
  // may come early would be looked at a fifth too often. After a pause, or in a burst, it counts from now.
  const onTime = Math.abs(nowMs - state.dueAtMs) <= JITTER_SHARE * intervalMs;
  const dueAtMs = (onTime ? state.dueAtMs : nowMs) + intervalMs;
  return { kind: 'look', state: { ...state, dueAtMs } };
}

/** The gate saw a frame, or it was analysed without being asked. @param nowMs when it was received, monotonic ms. */
export function looked(state: SamplingState, moved: boolean, nowMs: number): SamplingState {
  const lookedAtMs = Math.max(state.lookedAtMs, nowMs);
  return { ...state, lookedAtMs, movedAtMs: moved ? lookedAtMs : state.movedAtMs };
}

/** A frame that was to be looked at was shed or lost before: the next one to come is due. */
export function missed(state: SamplingState, nowMs: number): SamplingState {
  return { ...state, dueAtMs: Math.min(state.dueAtMs, nowMs) };
}
