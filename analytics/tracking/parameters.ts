/**
 * What the tracker takes for granted about road users, detectors and pictures. A length is in sizes: the square root of
 * the box's area, so that it holds for a car near and far. Times are seconds: nothing here depends on the frame rate.
 * How each was found, and how little the result depends on it, is in docs/tracking.md.
 */
export interface TrackerParameters {
  /** Standard deviation of a detection's centre, width and height, in sizes. A weak detection is taken for twice that. */
  readonly detectionNoise: number;
  /** Spectral density of the acceleration's white noise, sizes²/s³. */
  readonly accelerationNoise: number;
  /** The same of how width and height change: slower. */
  readonly growthNoise: number;
  /** Standard deviation of the velocity of what was seen once, sizes/s. */
  readonly velocityPrior: number;
  /** Squared normalised distance (4 degrees of freedom) up to which a detection may be a track's. */
  readonly gate: number;
  /** Sizes from the prediction past which nothing is the same object, however unsure the prediction. */
  readonly distanceMax: number;
  /** Ratio of two sizes past which two boxes are not the same object. */
  readonly growthMax: number;
  /** Overlap from which a detection may be a track's in spite of the gate: a box cut by what stands before it. */
  readonly overlapMin: number;
  /** Of the cost: 0 is a perfect match, 1 none; dearer pairs are no match. */
  readonly costMax: number;
  /** The same of weak detections. */
  readonly weakCostMax: number;
  /** Added for a change of direction by a half turn (observation-centric momentum). */
  readonly momentumWeight: number;
  /** Added where the box fits only as a part of what is expected. */
  readonly partialPenalty: number;
  /** Added where labels of one group differ. */
  readonly labelPenalty: number;
  /** Added for a track not seen for all of `lostS`; less for less. */
  readonly lostPenalty: number;
  /** Overlap from which two detections are two boxes of one object. */
  readonly duplicateOverlap: number;
  /** Overlap with a confirmed track that keeps a new one from being confirmed. */
  readonly shadowOverlap: number;
  /** Share of a new track's box inside that of a confirmed one of a much better score, for it to be a part of that. */
  readonly partInside: number;
  /** Of the better score. */
  readonly partScore: number;
  /** What is not confirmed yet is remembered this long, s. */
  readonly tentativeS: number;
  /** A weak detection finds a lost track again within this time, s. */
  readonly weakS: number;
  /** Share of `highScore` from which a detection is remembered, in case strong ones follow. */
  readonly beginShare: number;
}

export const TRACKER_PARAMETERS: TrackerParameters = {
  detectionNoise: 0.06,
  accelerationNoise: 2,
  growthNoise: 0.25,
  velocityPrior: 2.5,
  gate: 16,
  distanceMax: 2,
  growthMax: 2.2,
  overlapMin: 0.25,
  costMax: 0.97,
  weakCostMax: 0.75,
  momentumWeight: 0.15,
  partialPenalty: 0.1,
  labelPenalty: 0.03,
  lostPenalty: 0.15,
  duplicateOverlap: 0.6,
  shadowOverlap: 0.45,
  partInside: 0.6,
  partScore: 0.75,
  tentativeS: 0.5,
  weakS: 0.75,
  beginShare: 0.6,
};

/** Tracks remembered at most, those not confirmed included; a model reports at most 100 boxes a frame. */
export const TRACKS_MAX = 256;
/** Detections of one frame looked at; the weakest beyond are left out. */
export const DETECTIONS_MAX = 200;
/** Labels a track's votes are kept for. */
export const VOTES_MAX = 6;
