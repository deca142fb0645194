/** What was seen since the last look. Rates in frames/s. */
export interface BudgetObservation {
  readonly nowMs: number;
  /** Frames of cameras that keep to their targets, that left the queue, and how many of them too late. */
  readonly departures: number;
  readonly late: number;
  /** What devices handled lately: inferred and gated. */
  readonly handledFps: number;
  /** Of these, those that were gated. */
  readonly gatedFps: number;
  /** What cameras could use in all. */
  readonly wantedFps: number;
  /** What the ready devices should sustain, as measured. */
  readonly capacityFps: number;
  /** What is promised to cameras whatever happens: cutting below that would cut nothing. */
  readonly leastFps: number;
}

export interface BudgetState {
  /** What may be handed out in all, frames/s. */
  readonly fps: number;
  /** Not cut again before this: what was cut last must show first. Monotonic ms. */
  readonly holdUntilMs: number;
}

/** Queueing is late when more than this share of frames waited longer than they should. */
export const LATE_SHARE_MAX = 0.1;
/** Fewer departures than this say nothing; they are counted on until there are as many. */
export const DEPARTURES_MIN = 30;
const DECREASE = 0.85;
const HANDLED_SHARE_MIN = 1;
/** Of the capacity, each look: from nothing to all of it takes 50 looks, 12 s at four a second. */
const INCREASE_SHARE = 0.02;
/** A cut reaches the cameras with their next answers and shows a second and a half later. */
const HOLD_MS = 1_500;
/** However idle, no more is handed out than this times the capacity; however late, no less than this share of it. */
const OVER_CAPACITY_MAX = 1.5;
const OF_CAPACITY_MIN = 0.2;

/**
 * The sum of the rates handed out to cameras: additive increase, multiplicative decrease (Chiu and Jain 1989) on queue
 * delay, not on loss. Loss here is a frame replaced by a newer one, which is normal and says nothing of the queue.
 */
export function nextBudget(state: BudgetState, seen: BudgetObservation): BudgetState {
  // No device is ready: what they sustain when one is again is what they did before.
  if (seen.capacityFps <= 0) return state;
  const leastFps = Math.max(1, seen.leastFps, seen.capacityFps * OF_CAPACITY_MIN);
  // Frames that are gated cost little: where many are, more can be handled than run.
  const mostFps = Math.max(leastFps, (seen.capacityFps + seen.gatedFps) * OVER_CAPACITY_MAX);
  const fps = Math.min(mostFps, state.fps);
  const late = seen.departures >= DEPARTURES_MIN && seen.late > seen.departures * LATE_SHARE_MAX;
  if (late) {
    if (seen.nowMs < state.holdUntilMs) return { ...state, fps };
    // From what was really handled: cutting a budget nobody used up would cut nothing. That figure lags, though, where
    // the load has just come.
    const handledFps = Math.max(seen.handledFps, Math.min(fps, seen.capacityFps) * HANDLED_SHARE_MIN);
    return { fps: Math.max(leastFps, Math.min(fps, handledFps) * DECREASE), holdUntilMs: seen.nowMs + HOLD_MS };
  }
  // A budget that binds nobody is not raised further: it would be no measure of anything.
  const raise = seen.wantedFps > fps ? Math.max(0.25, seen.capacityFps * INCREASE_SHARE) : 0;
  return { ...state, fps: Math.min(mostFps, Math.max(leastFps, fps + raise)) };
}
