/** What is known of one camera at a look. Rates in frames/s. */
export interface CameraLook {
  readonly receivedFps: number;
  /** By its scene, within its range. */
  readonly wantedFps: number;
  readonly targetFps: number;
  /** What it sends when it may, as far as known. */
  readonly ownFps: number;
  readonly obeys: boolean;
  readonly still: boolean;
  readonly fpsMax: number;
}

/** A camera that sends this share of what it is asked for would send more if it might. */
const PRESSING = 0.85;
/** One seen to send less than this share of what its targets allow sends less by itself: low rates are measured roughly. */
const FALLS_SHORT = 0.7;
/** Room to find out whether a camera has come to send more. */
const GROWTH = 1.25;

/**
 * What a camera sends when it may, frames/s: what it is seen to send while it could send more, and more than before
 * where it does. Few cameras say it.
 */
export function nextOwnFps(look: Pick<CameraLook, 'receivedFps' | 'targetFps' | 'ownFps'>): number {
  const { receivedFps, targetFps, ownFps } = look;
  return receivedFps < targetFps * FALLS_SHORT ? receivedFps : Math.max(ownFps, receivedFps);
}

/**
 * What a camera could use now, frames/s: what it wants, but little more than it is known to send, so that one which
 * sends little holds back nothing from the others. Of one that sends what it likes, what it likes.
 */
export function demandFps(look: CameraLook): number {
  if (!look.obeys) return look.still ? look.wantedFps : Math.max(look.wantedFps, look.receivedFps);
  return Math.min(look.wantedFps, look.ownFps * GROWTH + 0.5);
}

/**
 * How many frames/s of a camera may be expected to be analysed: what it sends, or would send were it not asked for less,
 * up to the most that is ever asked of one. A camera that sends ten times as much is entitled to no more.
 */
export function entitledFps(look: CameraLook): number {
  const throttled = look.obeys && look.targetFps < look.wantedFps && look.receivedFps >= look.targetFps * PRESSING;
  return Math.min(look.fpsMax, throttled ? Math.min(look.wantedFps, look.ownFps) : look.receivedFps);
}

/** Slack for jitter and for the moment a new target takes to reach the camera and show in its rate. */
const OBEDIENCE_FACTOR = 1.3;
const OBEDIENCE_SLACK_FPS = 1;

/** @param heldFps the highest target of late. */
export function keepsTo(receivedFps: number, heldFps: number): boolean {
  return receivedFps <= heldFps * OBEDIENCE_FACTOR + OBEDIENCE_SLACK_FPS;
}
