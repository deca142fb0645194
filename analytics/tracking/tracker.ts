import type { TrackerSettings } from '../../config/camera-settings/schema.ts';
import type { Detection } from '../../core/detection.ts';
import { fixed } from '../state/fixed.ts';
import { createPairs } from './assignment.ts';
import { type AssociationScratch, associate, completeFor, Expectations } from './associate.ts';
import { areaAt, overlapAt, sharedArea } from './boxes.ts';
import { correct, correctOverGap, growAlike, startFilter, stretch } from './kalman.ts';
import { groupOf, vote, winner } from './labels.ts';
import { type Observation, type Observations, readObservations } from './observations.ts';
import { TRACKER_PARAMETERS, TRACKS_MAX, type TrackerParameters } from './parameters.ts';
import { NOT_CUT } from './partial.ts';
import { type FollowedTrack, noiseOf, type TrackerState, type TrackRecord, viewOf } from './track-state.ts';

export type { FollowedTrack, TrackerState } from './track-state.ts';

/** What the tracker needs of a camera's settings. */
export type TrackerOptions = TrackerSettings & { readonly scoreMin: number };

export interface TrackerUpdate {
  /** Confirmed tracks, observed in this frame or predicted through a gap. The older first. */
  readonly tracks: readonly FollowedTrack[];
  /** Given up since the last frame: as they were when last seen. */
  readonly ended: readonly FollowedTrack[];
  /** By the frame's detections: the id of the confirmed track it belongs to, if any. */
  readonly byDetection: readonly (number | undefined)[];
}

// An update is synchronous and keeps nothing in these: one of each serves all cameras. Of its own each would hold 290 KB.
const EXPECTED = new Expectations();
const SCRATCH: AssociationScratch = { pairs: createPairs(16 * 1024), columnOf: new Int32Array(TRACKS_MAX) };
const BOX = new Float64Array(4);

/**
 * Follows objects over the frames of one camera, in the style of ByteTrack (Zhang et al. 2022: strong detections first,
 * then weak ones for what is left) and OC-SORT (Cao et al. 2023: momentum and re-update from observations). Any frame
 * rate, changing and with gaps: nothing in it counts frames but `hitsMin`. Deterministic; its state is plain JSON, and
 * one given the state of another goes on exactly as that would have. At most `TRACKS_MAX` tracks.
 */
export class Tracker {
  readonly #options: TrackerOptions;
  readonly #p: TrackerParameters;
  readonly #lostMs: number;
  readonly #expected = EXPECTED;
  readonly #scratch = SCRATCH;
  readonly #box = BOX;
  #tracks: TrackRecord[];
  #nextId: number;
  #atMs: number | null;
  #aspect: number;

  /**
   * @param state of another tracker of the same camera, to go on from; it is copied.
   * @param parameters for measuring how much they matter.
   */
  constructor(options: TrackerOptions, state?: TrackerState, parameters: TrackerParameters = TRACKER_PARAMETERS) {
    this.#options = options;
    this.#p = parameters;
    this.#lostMs = options.lostS * 1000;
    const from = state?.version === 1 ? structuredClone(state) : undefined;
    this.#tracks = from === undefined ? [] : from.tracks.slice(0, TRACKS_MAX);
    this.#nextId = from?.nextId ?? 1;
    this.#atMs = from?.atMs ?? null;
    this.#aspect = from?.aspect ?? 1;
  }

  /** A copy, plain JSON. */
  state(): TrackerState {
    return structuredClone(this.live());
  }

  /** What is to be packed at once: it changes with the next frame. */
  live(): TrackerState {
    return {
      version: 1,
      nextId: this.#nextId,
      atMs: this.#atMs,
      aspect: this.#aspect,
      tracks: this.#tracks,
    };
  }

  /**
   * One analysed frame.
   * @param atMs event time; one before the last frame's is taken for the last frame's.
   * @param aspect width/height of the upright picture.
   */
  update(detections: readonly Detection[], atMs: number, aspect: number): TrackerUpdate {
    const now = this.#atMs === null ? atMs : Math.max(atMs, this.#atMs);
    this.#atMs = now;
    this.#reshape(aspect);
    const ended = this.#giveUp(now);
    const seen = readObservations(detections, {
      scoreMin: this.#options.scoreMin,
      mixLabels: this.#options.mixLabels,
      duplicateOverlap: this.#p.duplicateOverlap,
      partInside: this.#p.partInside,
      partScore: this.#p.partScore,
      aspect,
    });
    const matches = this.#match(seen, now);
    this.#correctAll(seen, detections, matches, now);
    this.#begin(seen, detections, matches, now);
    this.#confirm();
    return {
      tracks: this.#views(now),
      ended,
      byDetection: this.#byDetection(seen, matches, detections.length),
    };
  }

  /** The frame was gated: nothing moved, so what was last seen is where it was, and what was lost is lost no longer. */
  unchanged(atMs: number): void {
    if (this.#atMs === null || atMs <= this.#atMs) return;
    const passedMs = atMs - this.#atMs;
    this.#atMs = atMs;
    for (const track of this.#tracks) {
      if (track.missed === 0) {
        correct(track.filter, passedMs / 1000, noiseOf(track, this.#p, 'strong'), track.last);
        if (track.wholeMs === track.lastSeenMs) track.wholeMs = atMs;
        track.lastSeenMs = atMs;
      }
      track.filterMs += passedMs;
    }
  }

  #reshape(aspect: number): void {
    if (aspect === this.#aspect) return;
    const ratio = aspect / this.#aspect;
    for (const track of this.#tracks) {
      stretch(track.filter, ratio);
      track.form = fixed(track.form * ratio);
      for (const box of [track.last, track.first]) {
        box[0] = fixed((box[0] ?? 0) * ratio);
        box[2] = fixed((box[2] ?? 0) * ratio);
      }
      track.older = [track.older[0], fixed(track.older[1] * ratio), track.older[2]];
      track.newer = [track.newer[0], fixed(track.newer[1] * ratio), track.newer[2]];
    }
    this.#aspect = aspect;
  }

  /** Drops what was not seen for too long; tells of those that were confirmed. */
  #giveUp(now: number): FollowedTrack[] {
    const ended: FollowedTrack[] = [];
    this.#tracks = this.#tracks.filter((track) => {
      const unseenMs = now - track.filterMs;
      if (track.id === 0) return track.missed === 0 ? unseenMs <= this.#lostMs : unseenMs <= this.#tentativeMs;
      if (unseenMs <= this.#lostMs) return true;
      ended.push(viewOf(track, 0, false, this.#aspect));
      return false;
    });
    return ended;
  }

  get #tentativeMs(): number {
    return Math.min(this.#lostMs, this.#p.tentativeS * 1000);
  }

  /** The association's stages; the answer is an observation by track, or -1. */
  #match(seen: Observations, now: number): number[] {
    const tracks = this.#tracks;
    const p = this.#p;
    const of = new Array<number>(tracks.length).fill(-1);
    const taken = new Uint8Array(seen.list.length);
    this.#expected.layOut(tracks, now, this.#lostMs, this.#options.mixLabels, p);
    const stage = (
      wants: (track: TrackRecord) => boolean,
      from: (observation: Observation) => boolean,
      costMax: number,
      gate: number,
    ): void => {
      const slots: number[] = [];
      for (let i = 0; i < tracks.length; i++) {
        const track = tracks[i];
        if (track !== undefined && of[i] === -1 && wants(track)) slots.push(i);
      }
      const free: number[] = [];
      for (let i = 0; i < seen.list.length; i++) {
        const observation = seen.list[i];
        if (taken[i] === 0 && observation !== undefined && from(observation)) free.push(i);
      }
      if (slots.length === 0 || free.length === 0) return;
      const rules = { costMax, gate, overlapMin: p.overlapMin };
      associate(this.#expected, slots, seen, free, rules, p, this.#scratch, (slot, observation) => {
        of[slot] = observation;
        taken[observation] = 1;
      });
    };
    const strong = ({ detection }: Observation): boolean => detection.score >= this.#options.highScore;
    const wholeStrong = (observation: Observation): boolean => !observation.isPart && strong(observation);
    const weakMs = Math.min(this.#lostMs, p.weakS * 1000);
    stage((track) => track.id !== 0, wholeStrong, p.costMax, p.gate);
    stage(
      (track) => track.id !== 0 && track.missed === 0,
      () => true,
      p.weakCostMax,
      p.gate / 2,
    );
    // What was lost is not found again in a part of what is there: weak second boxes are many, about a near lorry.
    stage(
      (track) => track.id !== 0 && now - track.filterMs <= weakMs,
      (observation) => !observation.isPart,
      p.weakCostMax,
      p.gate / 2,
    );
    this.#matchStanding(seen, of, taken, wholeStrong);
    stage((track) => track.id === 0, wholeStrong, p.costMax, p.gate);
    stage(
      (track) => track.id === 0,
      (observation) => !observation.isPart,
      p.weakCostMax,
      p.gate / 2,
    );
    return of;
  }

  /**
   * What was lost and is not where it was going may stand where it was last seen (OC-SORT's second chance): the queue at
   * a light behind a lorry.
   */
  #matchStanding(
    seen: Observations,
    of: number[],
    taken: Uint8Array,
    from: (observation: Observation) => boolean,
  ): void {
    for (let i = 0; i < this.#tracks.length; i++) {
      const track = this.#tracks[i];
      if (track === undefined || track.id === 0 || of[i] !== -1) continue;
      let best = -1;
      let most = STANDING_OVERLAP;
      for (let k = 0; k < seen.list.length; k++) {
        if (taken[k] !== 0 || Math.abs((seen.boxes[4 * k] ?? 0) - (track.last[0] ?? 0)) > (track.last[2] ?? 0))
          continue;
        const observation = seen.list[k];
        if (observation === undefined || !from(observation)) continue;
        if (observation.group !== this.#expected.group[i]) continue;
        const shared = overlapAt(track.last, 0, seen.boxes, 4 * k);
        if (shared <= most) continue;
        most = shared;
        best = k;
      }
      if (best === -1) continue;
      of[i] = best;
      taken[best] = 1;
    }
  }

  #correctAll(seen: Observations, detections: readonly Detection[], of: number[], now: number): void {
    for (let i = 0; i < this.#tracks.length; i++) {
      const track = this.#tracks[i];
      const observation = seen.list[of[i] ?? -1];
      if (track === undefined) continue;
      if (observation === undefined) {
        track.missed++;
        continue;
      }
      const { score } = observation.detection;
      const cut = completeFor(this.#expected, i, seen, of[i] ?? 0, this.#box);
      const isPart = cut !== NOT_CUT;
      const box = isPart ? Array.from(this.#box, fixed) : boxAt(seen, of[i] ?? 0);
      const noise = noiseOf(track, this.#p, isPart ? 'completed' : score < this.#options.highScore ? 'weak' : 'strong');
      const dtS = (now - track.filterMs) / 1000;
      if (track.missed === 0) correct(track.filter, dtS, noise, box);
      else correctOverGap(track.filter, dtS, noise, track.last, box, track.missed, this.#box);
      track.filterMs = now;
      track.last = box;
      if (isPart) growAlike(track.filter, cut);
      else {
        track.wholeMs = now;
        const form = (box[2] ?? 1) / (box[3] ?? 1);
        track.form = fixed(track.form + (form - track.form) * Math.min(1, dtS / FORM_FOLLOWS_S));
      }
      track.missed = 0;
      track.hits++;
      if (score >= this.#options.highScore) track.strong++;
      track.score = fixed(score);
      track.scoreSum = fixed(track.scoreSum + score);
      track.lastSeenMs = now;
      if (now - track.newer[0] >= WAYPOINT_MS) {
        track.older = track.newer;
        track.newer = [now, box[0] ?? 0, box[1] ?? 0];
      }
      voteAll(track, observation.sources, detections);
    }
  }

  /**
   * Observations nobody claims begin tracks, and are theirs. Those not quite strong do too, but strong ones alone confirm
   * a track: so it is known from where it came once it is surely there.
   */
  #begin(seen: Observations, detections: readonly Detection[], of: number[], now: number): void {
    const taken = new Set(of);
    for (let k = 0; k < seen.list.length; k++) {
      const observation = seen.list[k];
      if (observation === undefined || observation.isPart || taken.has(k)) continue;
      const { score } = observation.detection;
      if (score < this.#options.highScore * this.#p.beginShare) break;
      if (this.#tracks.length >= (score < this.#options.highScore ? TRACKS_MAX / 2 : TRACKS_MAX)) break;
      const box = boxAt(seen, k);
      const waypoint = [now, box[0] ?? 0, box[1] ?? 0] as const;
      const area = (box[2] ?? 0) * (box[3] ?? 0);
      const p = this.#p;
      const track: TrackRecord = {
        id: 0,
        filter: startFilter(box, p.detectionNoise ** 2 * area, p.velocityPrior ** 2 * area),
        filterMs: now,
        wholeMs: now,
        form: fixed((box[2] ?? 1) / (box[3] ?? 1)),
        last: box,
        older: waypoint,
        newer: waypoint,
        votes: [],
        score: fixed(score),
        scoreSum: fixed(score),
        hits: 1,
        strong: score >= this.#options.highScore ? 1 : 0,
        missed: 0,
        firstSeenMs: now,
        lastSeenMs: now,
        first: [...box],
      };
      voteAll(track, observation.sources, detections);
      this.#tracks.push(track);
      of.push(k);
    }
  }

  /** Enough hits make a track, unless it is the shadow of one: a second box of an object that has its track. */
  #confirm(): void {
    for (const track of this.#tracks) {
      if (track.id !== 0 || track.missed > 0 || track.strong < this.#options.hitsMin) continue;
      if (!this.#isShadow(track)) track.id = this.#nextId++;
    }
  }

  #isShadow(track: TrackRecord): boolean {
    const group = groupOf(winner(track.votes), this.#options.mixLabels);
    const p = this.#p;
    return this.#tracks.some((other) => {
      if (other.id === 0 || other.missed > 0) return false;
      if (groupOf(winner(other.votes), this.#options.mixLabels) !== group) return false;
      if (overlapAt(other.last, 0, track.last, 0) >= p.shadowOverlap) return true;
      return (
        track.score < p.partScore * other.score &&
        sharedArea(other.last, 0, track.last, 0) >= p.partInside * areaAt(track.last, 0)
      );
    });
  }

  #views(now: number): FollowedTrack[] {
    const views: FollowedTrack[] = [];
    for (const track of this.#tracks) {
      if (track.id === 0) continue;
      views.push(viewOf(track, (now - track.filterMs) / 1000, track.missed === 0, this.#aspect));
    }
    return views.sort((a, b) => a.id - b.id);
  }

  #byDetection(seen: Observations, of: number[], count: number): (number | undefined)[] {
    const ids = new Array<number | undefined>(count).fill(undefined);
    for (let i = 0; i < of.length; i++) {
      const id = this.#tracks[i]?.id ?? 0;
      if (id === 0) continue;
      for (const source of seen.list[of[i] ?? -1]?.sources ?? []) ids[source] = id;
    }
    return ids;
  }
}

/** Overlap of a detection with where a lost track was last seen, for it to have stood there. */
const STANDING_OVERLAP = 0.4;
/** How fast the form of what is seen whole is followed, s: turning takes longer, a detector's whims are shorter. */
const FORM_FOLLOWS_S = 0.4;
/** Time between the places a direction is taken from. */
const WAYPOINT_MS = 300;

const boxAt = ({ boxes }: Observations, k: number): number[] => [
  fixed(boxes[4 * k] ?? 0),
  fixed(boxes[4 * k + 1] ?? 0),
  fixed(boxes[4 * k + 2] ?? 0),
  fixed(boxes[4 * k + 3] ?? 0),
];

function voteAll(track: TrackRecord, sources: readonly number[], detections: readonly Detection[]): void {
  for (const source of sources) {
    const detection = detections[source];
    if (detection !== undefined) vote(track.votes, detection.label, detection.score);
  }
}
