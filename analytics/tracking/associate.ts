import { assign, type Pairs } from './assignment.ts';
import { overlapAt } from './boxes.ts';
import { predictInto } from './kalman.ts';
import { groupOf, type MixLabels, winner } from './labels.ts';
import type { Observations } from './observations.ts';
import { TRACKS_MAX, type TrackerParameters } from './parameters.ts';
import { type Cut, complete, NOT_CUT } from './partial.ts';
import { noiseOf, predictedBox, sizeOf, type TrackRecord } from './track-state.ts';

/**
 * Where every track is expected at one moment, and how surely: computed once a frame, asked for every pair. Slots are
 * the places of tracks in the list they were laid out from.
 */
export class Expectations {
  /** Centred boxes, 4 numbers each. */
  readonly boxes = new Float64Array(4 * TRACKS_MAX);
  /** Inverse variances of the innovation: x, y, ln width, ln height. */
  readonly precision = new Float64Array(4 * TRACKS_MAX);
  /** Unit vector of where it has been going, or 0, 0. */
  readonly heading = new Float64Array(2 * TRACKS_MAX);
  /** Centre last observed. */
  readonly lastX = new Float64Array(TRACKS_MAX);
  readonly lastY = new Float64Array(TRACKS_MAX);
  readonly size = new Float64Array(TRACKS_MAX);
  /** 1 where its extent is known well enough to tell a part from the whole. */
  readonly mature = new Uint8Array(TRACKS_MAX);
  /** Width over height of what was seen whole. */
  readonly form = new Float64Array(TRACKS_MAX);
  /** How far off its edges may be, across and down. */
  readonly edges = new Float64Array(2 * TRACKS_MAX);
  /** Cost added: it was not seen for a while. */
  readonly penalty = new Float64Array(TRACKS_MAX);
  readonly group: string[] = [];
  readonly label: string[] = [];
  readonly #step = new Float64Array(8);

  layOut(tracks: readonly TrackRecord[], atMs: number, lostMs: number, mix: MixLabels, p: TrackerParameters): void {
    for (let i = 0; i < tracks.length; i++) {
      const track = tracks[i];
      if (track === undefined) continue;
      const dtS = (atMs - track.filterMs) / 1000;
      const noise = noiseOf(track, p, 'strong');
      predictInto(track.filter, dtS, noise, this.#step, 0);
      predictedBox(track, dtS, this.boxes, 4 * i);
      const size = sizeOf(track.last);
      this.size[i] = size;
      this.form[i] = track.form;
      this.mature[i] = track.hits >= MATURE_HITS && atMs - track.wholeMs <= PART_MS_MAX ? 1 : 0;
      for (let c = 0; c < 2; c++) {
        const extent = this.boxes[4 * i + c + 2] ?? 0;
        const unsure = 1 / Math.sqrt(this.precision[4 * i + c] ?? 1);
        this.edges[2 * i + c] = Math.min(EDGE_SURE * extent + unsure / 2, EDGE_MAX * extent);
      }
      this.lastX[i] = track.last[0] ?? 0;
      this.lastY[i] = track.last[1] ?? 0;
      for (let c = 0; c < 2; c++) this.precision[4 * i + c] = 1 / ((this.#step[2 * c + 1] ?? 0) + noise.observation);
      for (let c = 2; c < 4; c++) {
        const extent = this.boxes[4 * i + c] ?? 1;
        const relative = ((this.#step[2 * c + 1] ?? 0) + noise.observation) / (extent * extent);
        this.precision[4 * i + c] = 1 / (relative + RELATIVE_EXTENT_NOISE);
      }
      this.#layOutHeading(track, i, size);
      this.penalty[i] = track.missed === 0 ? 0 : p.lostPenalty * Math.min(1, (atMs - track.filterMs) / lostMs);
      const label = winner(track.votes);
      this.label[i] = label;
      this.group[i] = groupOf(label, mix);
    }
  }

  /** From its waypoint of some tenths of a second ago to its last observation; unknown for what hardly moved. */
  #layOutHeading(track: TrackRecord, i: number, size: number): void {
    const dx = (track.last[0] ?? 0) - track.older[1];
    const dy = (track.last[1] ?? 0) - track.older[2];
    const length = Math.hypot(dx, dy);
    const known = length > HEADING_MIN * size;
    this.heading[2 * i] = known ? dx / length : 0;
    this.heading[2 * i + 1] = known ? dy / length : 0;
  }
}

/** Detections after which a box smaller than expected is taken for a part, and for how long, ms. */
const MATURE_HITS = 5;
const PART_MS_MAX = 2_000;
/** Of the extent: an edge this near is where it should be; so near at most, however unsure that is. */
const EDGE_SURE = 0.1;
const EDGE_MAX = 0.35;
/** Sizes something must have moved for its direction to mean something. */
const HEADING_MIN = 0.3;
/** Variance of ln width and ln height besides the filter's: occlusion and posture change a box's form at once. */
const RELATIVE_EXTENT_NOISE = 0.02;

export interface StageRules {
  readonly costMax: number;
  readonly gate: number;
  readonly overlapMin: number;
}

/**
 * One stage of the association: which of the free tracks see which of the free observations. A pair's cost is
 *
 *     1 - (overlap + exp(-d²/8)) / 2  + momentum + label + time lost
 *
 * with d² the squared normalised distance of centre and log extent (4 degrees of freedom): overlap where boxes overlap,
 * as in ByteTrack; distance in what the filter is unsure by where a low frame rate has pulled them apart.
 *
 * @param slots free tracks, by their places in `expected`.
 * @param free free observations, by their places in `seen`.
 * @param match called for each pair found.
 */
export function associate(
  expected: Expectations,
  slots: readonly number[],
  seen: Observations,
  free: readonly number[],
  rules: StageRules,
  p: TrackerParameters,
  scratch: AssociationScratch,
  match: (slot: number, observation: number) => void,
): void {
  const { pairs, columnOf } = scratch;
  pairs.count = 0;
  for (let r = 0; r < slots.length; r++) {
    const slot = slots[r] ?? 0;
    for (let c = 0; c < free.length; c++) {
      const at = free[c] ?? 0;
      const cost = costOf(expected, slot, seen, at, rules, p);
      if (cost >= rules.costMax || pairs.count >= pairs.cost.length) continue;
      pairs.row[pairs.count] = r;
      pairs.column[pairs.count] = c;
      pairs.cost[pairs.count++] = cost;
    }
  }
  assign(pairs, slots.length, free.length, rules.costMax, columnOf);
  for (let r = 0; r < slots.length; r++) {
    const c = columnOf[r] ?? -1;
    if (c >= 0) match(slots[r] ?? 0, free[c] ?? 0);
  }
}

export interface AssociationScratch {
  readonly pairs: Pairs;
  readonly columnOf: Int32Array;
}

/** 2 and more: cannot be the same object. */
const IMPOSSIBLE = 2;

function costOf(
  expected: Expectations,
  slot: number,
  seen: Observations,
  at: number,
  rules: StageRules,
  p: TrackerParameters,
): number {
  // Most pairs are far apart: that is asked first.
  const t = 4 * slot;
  const d = 4 * at;
  const reach = p.distanceMax * (expected.size[slot] ?? 0);
  const dx = (seen.boxes[d] ?? 0) - (expected.boxes[t] ?? 0);
  const dy = (seen.boxes[d + 1] ?? 0) - (expected.boxes[t + 1] ?? 0);
  if (dx * dx + dy * dy > reach * reach) return IMPOSSIBLE;
  const observation = seen.list[at];
  if (observation === undefined || observation.group !== expected.group[slot]) return IMPOSSIBLE;
  let cost = distanceOf(expected, t, seen.boxes, d, rules, p);
  if (completeFor(expected, slot, seen, at, completed) !== NOT_CUT) {
    cost = Math.min(cost, distanceOf(expected, t, completed, 0, rules, p) + p.partialPenalty);
  }
  if (cost >= IMPOSSIBLE) return IMPOSSIBLE;
  cost += expected.penalty[slot] ?? 0;
  if (observation.detection.label !== expected.label[slot]) cost += p.labelPenalty;
  const hx = expected.heading[2 * slot] ?? 0;
  const hy = expected.heading[2 * slot + 1] ?? 0;
  if (hx !== 0 || hy !== 0) cost += p.momentumWeight * turnOf(expected, slot, hx, hy, seen, d);
  return cost;
}

/** Completes a box that shows a part of what is expected in this slot. */
export function completeFor(
  expected: Expectations,
  slot: number,
  seen: Observations,
  at: number,
  out: Float64Array,
): Cut {
  if (expected.mature[slot] !== 1) return NOT_CUT;
  const form = expected.form[slot] ?? 1;
  return complete(expected.boxes, 4 * slot, seen.boxes, 4 * at, expected.edges, 2 * slot, form, out);
}

const completed = new Float64Array(4);

/** What position and form cost; impossible beyond the gate, unless the boxes overlap well. */
function distanceOf(
  expected: Expectations,
  t: number,
  seen: Float64Array,
  d: number,
  rules: StageRules,
  p: TrackerParameters,
): number {
  const { boxes, precision } = expected;
  const growW = (seen[d + 2] ?? 0) / (boxes[t + 2] ?? 1);
  const growH = (seen[d + 3] ?? 0) / (boxes[t + 3] ?? 1);
  const growth2 = growW * growH;
  const growthMax2 = p.growthMax * p.growthMax;
  if (growth2 > growthMax2 || growth2 * growthMax2 < 1) return IMPOSSIBLE;
  const dx = (seen[d] ?? 0) - (boxes[t] ?? 0);
  const dy = (seen[d + 1] ?? 0) - (boxes[t + 1] ?? 0);
  const logW = Math.log(growW);
  const logH = Math.log(growH);
  const distance2 =
    dx * dx * (precision[t] ?? 0) +
    dy * dy * (precision[t + 1] ?? 0) +
    logW * logW * (precision[t + 2] ?? 0) +
    logH * logH * (precision[t + 3] ?? 0);
  const shared = overlapAt(boxes, t, seen, d);
  if (distance2 > rules.gate && shared < rules.overlapMin) return IMPOSSIBLE;
  return 1 - (shared + Math.exp(-distance2 / 8)) / 2;
}

/** 0 straight on .. 1 back, of a way long enough to say so. */
function turnOf(expected: Expectations, slot: number, hx: number, hy: number, seen: Observations, d: number): number {
  const mx = (seen.boxes[d] ?? 0) - (expected.lastX[slot] ?? 0);
  const my = (seen.boxes[d + 1] ?? 0) - (expected.lastY[slot] ?? 0);
  const way = Math.hypot(mx, my);
  if (way < HEADING_MIN * (expected.size[slot] ?? 0)) return 0;
  return (1 - (mx * hx + my * hy) / way) / 2;
}
