/** What is known of one camera at a look. Rates in frames/s. */
export interface CameraLook {
  readonly receivedFps: number;
  /** By its scene, within its range. */
  readonly wantedFps: number;
  readonly targetFps: number;
  readonly obeys: boolean;
  readonly still: boolean;
  readonly fpsMax: number;
}

/** A camera that sends this share of what it is asked for would send more if it might. */
const PRESSING = 0.7;

/**
 * What a camera could use now, frames/s: what it wants where it presses against its target, and else half as much again
 * as it sends, so that one which sends little holds back nothing from the others.
 */
export function demandFps(look: CameraLook): number {
  if (!look.obeys) return look.still ? look.wantedFps : Math.max(look.wantedFps, look.receivedFps);
  if (look.receivedFps >= look.targetFps * PRESSING) return look.wantedFps;
  return Math.min(look.wantedFps, look.receivedFps * 1.5 + 1);
}

/**
 * How many frames/s of a camera may be expected to be analysed: what it sends, or would send were it asked for what it
 * wants, up to the most that is ever asked of one. A camera that sends ten times as much is entitled to no more.
 */
export function entitledFps(look: CameraLook): number {
  const throttled = look.obeys && look.targetFps < look.wantedFps && look.receivedFps >= look.targetFps * PRESSING;
  return Math.min(look.fpsMax, throttled ? look.wantedFps : look.receivedFps);
}

/** Slack for jitter and for the moment a new target takes to reach the camera and show in its rate. */
const OBEDIENCE_FACTOR = 1.3;
const OBEDIENCE_SLACK_FPS = 1;

/** @param heldFps the highest target of late. */
export function keepsTo(receivedFps: number, heldFps: number): boolean {
  return receivedFps <= heldFps * OBEDIENCE_FACTOR + OBEDIENCE_SLACK_FPS;
}
