import type { HealthSettings } from '../../config/camera-settings/schema.ts';
import type { HealthCondition } from '../../core/camera-event.ts';
import type { PictureStats } from '../../core/picture-stats.ts';
import { relativeSharpness, type UsualView } from './usual-view.ts';

export interface Fault {
  readonly condition: HealthCondition;
  /** The figures that made it one. */
  readonly detail: string;
}

/** Where pictures are less alike than this by and large, nothing can be told from it. */
const USUAL_LIKENESS_MIN = 0.5;
/** Likeness of any two views: of the tiles of another view the better half is this much alike by chance. */
const CHANCE_LIKENESS = 0.3;
/** A covered lens shows less contrast than this share of what is usual. */
const COVERED_SHARE_MAX = 0.5;
/** Of the usual sharpness: less than this and no structure left is no other view, it is none. */
const NOTHING_SHARP_SHARE_MAX = 0.1;
/** Before that is known, one in which nothing is sharp is covered: asphalt has grain, a hand before the lens has none. */
const COVERED_SHARPNESS_MAX = 20;
/** Black has no lamps in it; a road at night has. */
const BLACK_DEVIATION_MAX = 12;

/**
 * A fault that can be told whatever the light: there is nothing on the picture.
 * @param ease how many times likelier than by the settings a picture is to be called covered
 */
export function plainFaultOf(
  picture: PictureStats,
  usual: UsualView,
  settings: HealthSettings,
  ease: number,
): Fault | undefined {
  const { mean, deviation, brightShare } = picture;
  if (mean <= settings.blackMeanMax && deviation <= BLACK_DEVIATION_MAX) {
    return { condition: 'black', detail: `mean brightness ${mean.toFixed(0)} of 255` };
  }
  if (brightShare >= settings.washedOutShareMin) {
    return { condition: 'washed_out', detail: `${(brightShare * 100).toFixed(0)} % of the picture is white` };
  }
  if (!isCovered(picture, usual, settings, ease)) return undefined;
  return { condition: 'covered', detail: `nothing of the scene is left; brightness varies by ${deviation.toFixed(1)}` };
}

/** Bare asphalt from above is as plain as a hand before the lens: what counts is that what was there is gone. */
function isCovered(picture: PictureStats, usual: UsualView, settings: HealthSettings, ease: number): boolean {
  const isPlain = picture.deviation <= settings.coveredDeviationMax;
  if (!usual.known) return isPlain && picture.sharpness < COVERED_SHARPNESS_MAX;
  if (
    !(isPlain && picture.deviation < usual.deviation * COVERED_SHARE_MAX) &&
    sharpnessShare(picture, usual) >= NOTHING_SHARP_SHARE_MAX
  ) {
    return false;
  }
  return relativeLikeness(usual.likeness(picture), usual) < settings.movedBelow * ease;
}

/**
 * A fault that shows in comparison to what is usual in this light.
 * @param likeness of the picture, as `usual` tells it
 * @param easeOf by condition, as `ease` of {@link plainFaultOf}
 */
export function faultAgainst(
  usual: UsualView,
  picture: PictureStats,
  likeness: number,
  settings: HealthSettings,
  easeOf: (condition: HealthCondition) => number,
): Fault | undefined {
  const relative = relativeLikeness(likeness, usual);
  if (relative < settings.movedBelow * easeOf('moved')) {
    return { condition: 'moved', detail: `what stands still looks ${(100 * relative).toFixed(0)} % like it used to` };
  }
  const share = sharpnessShare(picture, usual);
  if (share < settings.blurredShareMax * easeOf('blurred')) {
    return { condition: 'blurred', detail: `sharpness is ${(share * 100).toFixed(0)} % of what is usual` };
  }
  return undefined;
}

function sharpnessShare(picture: PictureStats, usual: UsualView): number {
  return usual.sharpness > 0 ? relativeSharpness(picture) / usual.sharpness : 1;
}

/** 0 where a picture is no more like the usual view than any other is, 1 where it is as much so as ever. */
function relativeLikeness(likeness: number, usual: UsualView): number {
  const most = Math.max(USUAL_LIKENESS_MIN, usual.usualLikeness) - CHANCE_LIKENESS;
  return Math.max(0, (likeness - CHANCE_LIKENESS) / most);
}
