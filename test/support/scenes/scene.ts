import type { CrossingDirection } from '../../../core/camera-event.ts';
import type { Box, Detection } from '../../../core/detection.ts';
import { createRandom, type Random } from '../../../core/random.ts';
import { anchorOf } from '../../../core/track.ts';
import { type DetectorNoise, detect, USUAL_NOISE } from './detector.ts';
import { OCCLUDERS, type Occluder, visibleParts } from './occlusion.ts';
import { type Mover, Road } from './road.ts';
import { areaOf, type Body, boxOf, clip, project, ROADSIDE, type View } from './view.ts';

/**
 * A synthetic crossroads with truth, for measuring trackers, counts and speeds. Everything follows from the seed.
 *
 *     const scene = createScene({ seed: 1, vehicles: 100, fps: 10 });
 *     for (const frame of scene.frames()) tracker.update(frame.detections, frame.atMs, scene.aspect);
 *     scene.crossings   // complete once frames() has run to its end
 *
 * Four lanes of a main road (two away from the camera, two towards it) with lights: vehicles follow one another, queue
 * on both counting lines, stop and go on. A street crosses it while the main road waits, people walk on both pavements;
 * vehicles hide others, a pole and a footbridge hide all. `frames()` may be called once.
 */
export interface SceneOptions {
  readonly seed: number;
  /** Vehicles in all; the scene ends when the last has left, or after `durationS`. Default 100. */
  readonly vehicles?: number;
  readonly durationS?: number;
  /** Default 0.6, of which one in four crosses. */
  readonly vehiclesPerS?: number;
  /** Default 0.1. */
  readonly pedestriansPerS?: number;
  /** Frames/s: constant, or changing between two rates every 2 to 6 s, as adaptive sampling does. Default 10. */
  readonly fps?: number | readonly [min: number, max: number];
  /** Every so often nothing comes for a while. Default none. */
  readonly gaps?: { readonly everyS: number; readonly lengthS: number };
  readonly lights?: boolean;
  /** Default: a pole and a footbridge. */
  readonly occluders?: readonly Occluder[];
  readonly noise?: DetectorNoise;
}

export interface TruthObject {
  readonly id: number;
  readonly label: string;
  readonly lane: string;
  /** Shares of the picture, cut at its edges. */
  readonly box: Box;
  /** The same not cut. */
  readonly wholeBox: Box;
  /** Of the box, what nothing hides: share, and the box around it. */
  readonly visible: number;
  readonly visibleBox: Box;
  /** Of its middle, m. */
  readonly ground: readonly [x: number, y: number];
  readonly speedMps: number;
}

export interface SceneFrame {
  /** ms since the epoch. */
  readonly atMs: number;
  readonly detections: readonly Detection[];
  /** By detection: the object it is of; undefined for a false one. */
  readonly objectOf: readonly (number | undefined)[];
  readonly truth: readonly TruthObject[];
}

/** The bottom centre of an object's whole box passed a line, to the sides of core/camera-event.ts. */
export interface TrueCrossing {
  readonly line: string;
  readonly object: number;
  readonly label: string;
  readonly direction: CrossingDirection;
  readonly atMs: number;
  readonly speedMps: number;
}

export interface SceneLine {
  readonly id: string;
  /** Shares of the picture, across the road `y` metres away. `forward` is towards the camera. */
  readonly y: number;
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
}

export interface Scene {
  readonly aspect: number;
  readonly width: number;
  readonly height: number;
  /** `near`: vehicles driving away queue on it. `far`: those coming queue on it. Only the main road crosses them. */
  readonly lines: readonly SceneLine[];
  /** Points of the road as `ground` of a camera's settings wants them: shares, metres. */
  readonly ground: { readonly image: [number, number][]; readonly metres: [number, number][] };
  frames(): Generator<SceneFrame, void>;
  /** Of vehicles only, in order of time; complete when `frames()` has ended. */
  readonly crossings: readonly TrueCrossing[];
}

/** Simulated time between two positions, s; frames fall on whole steps. */
const STEP_S = 0.02;
/** Scenes begin here, ms since the epoch: 2026-01-01 00:00 UTC. */
export const SCENE_START_MS = Date.UTC(2026, 0, 1);
/** What is lower than this share of the height, or mostly outside the picture, is not there for a detector. */
const HEIGHT_MIN = 0.025;
const INSIDE_MIN = 0.35;
/** Y of the counting lines, m, and how far they reach to either side. */
const LINES = [
  ['near', 22],
  ['far', 46],
] as const;
const LINE_HALF_M = 8;

export function createScene(options: SceneOptions): Scene {
  const view = ROADSIDE;
  const at = (x: number, y: number): [number, number] => {
    const [px, py] = project(view, x, y) ?? [0, 0];
    return [px, py];
  };
  const lines = LINES.map(([id, y]) => ({ id, y, from: at(-LINE_HALF_M, y), to: at(LINE_HALF_M, y) }));
  const metres: [number, number][] = [
    [-6, 12],
    [6, 12],
    [6, 50],
    [-6, 50],
  ];
  const crossings: TrueCrossing[] = [];
  return {
    aspect: view.aspect,
    width: 1280,
    height: 720,
    lines,
    ground: { image: metres.map(([x, y]) => at(x, y)), metres },
    crossings,
    frames: () => run(options, view, lines, crossings),
  };
}

function* run(
  options: SceneOptions,
  view: View,
  lines: readonly SceneLine[],
  crossings: TrueCrossing[],
): Generator<SceneFrame, void> {
  const road = new Road(
    {
      vehicles: options.vehicles ?? 100,
      vehiclesPerS: options.vehiclesPerS ?? 0.6,
      pedestriansPerS: options.pedestriansPerS ?? 0.1,
      lights: options.lights ?? true,
    },
    createRandom(options.seed),
  );
  const seeing = createRandom(options.seed ^ 0x5eed);
  const pace = new Pace(options, createRandom(options.seed ^ 0xface));
  const sides = new Map<string, number>();
  const noise = options.noise ?? USUAL_NOISE;
  while (!road.done && road.atS < (options.durationS ?? Number.POSITIVE_INFINITY)) {
    road.step(STEP_S);
    const atMs = SCENE_START_MS + Math.round(road.atS * 1000);
    watchLines(road.movers, view, lines, sides, crossings, atMs);
    if (!pace.isDue(road.atS)) continue;
    const truth = truthOf(road.movers, view, options.occluders ?? OCCLUDERS);
    const found = detect(truth, view.aspect, noise, seeing);
    yield { atMs, truth, detections: found.map((f) => f.detection), objectOf: found.map((f) => f.object) };
  }
}

/** When frames are taken. */
class Pace {
  readonly #options: SceneOptions;
  readonly #random: Random;
  #fps: number;
  #changeAtS = 0;
  #nextS = 0;
  #gapAtS: number;

  constructor(options: SceneOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#fps = typeof options.fps === 'number' ? options.fps : 10;
    this.#gapAtS = options.gaps?.everyS ?? Number.POSITIVE_INFINITY;
  }

  isDue(atS: number): boolean {
    const { fps, gaps } = this.#options;
    if (atS + 1e-9 < this.#nextS) return false;
    if (typeof fps === 'object' && atS >= this.#changeAtS) {
      this.#fps = fps[0] + (fps[1] - fps[0]) * this.#random();
      this.#changeAtS = atS + 2 + 4 * this.#random();
    }
    this.#nextS = Math.max(this.#nextS + 1 / this.#fps, atS);
    if (gaps !== undefined && atS >= this.#gapAtS) {
      this.#nextS = atS + gaps.lengthS;
      this.#gapAtS += gaps.everyS;
    }
    return true;
  }
}

function bodyOf(mover: Mover): Body {
  const [fx, fy] = mover.lane.from;
  const [wx, wy] = mover.lane.way;
  const along = wy !== 0;
  return {
    x: fx + wx * mover.at + (along ? mover.offset : 0),
    y: fy + wy * mover.at + (along ? 0 : mover.offset),
    sizeX: along ? mover.widthM : mover.lengthM,
    sizeY: along ? mover.lengthM : mover.widthM,
    sizeZ: mover.heightM,
  };
}

function truthOf(movers: readonly Mover[], view: View, occluders: readonly Occluder[]): TruthObject[] {
  const there = movers.flatMap((mover) => {
    const body = bodyOf(mover);
    const wholeBox = boxOf(view, body);
    if (wholeBox === undefined) return [];
    const box = clip(wholeBox);
    if (box[3] - box[1] < HEIGHT_MIN || areaOf(box) < INSIDE_MIN * areaOf(wholeBox)) return [];
    return [{ mover, body, wholeBox, box, distanceM: body.y - body.sizeY / 2 }];
  });
  const parts = visibleParts(there, occluders);
  return there.map(({ mover, body, wholeBox, box }, i) => ({
    id: mover.id,
    label: mover.label,
    lane: mover.lane.name,
    box,
    wholeBox,
    visible: parts[i]?.share ?? 0,
    visibleBox: parts[i]?.box ?? box,
    ground: [body.x, body.y] as const,
    speedMps: mover.speedMps,
  }));
}

/** Notes whose bottom centre has passed a line. The road is straight ahead, so the lines are level. */
function watchLines(
  movers: readonly Mover[],
  view: View,
  lines: readonly SceneLine[],
  sides: Map<string, number>,
  crossings: TrueCrossing[],
  atMs: number,
): void {
  for (const mover of movers) {
    if (mover.lane.kind !== 'main') continue;
    const body = bodyOf(mover);
    for (const line of lines) {
      if (Math.abs(body.y - line.y) > mover.lengthM) continue;
      const box = boxOf(view, body);
      if (box === undefined) continue;
      const [x, y] = anchorOf(box);
      const key = `${mover.id} ${line.id}`;
      const before = sides.get(key) ?? 0;
      const side = Math.sign(y - line.from[1]);
      sides.set(key, side);
      if (before === 0 || side === 0 || side === before || x < line.from[0] || x > line.to[0]) continue;
      crossings.push({
        line: line.id,
        object: mover.id,
        label: mover.label,
        direction: side > 0 ? 'forward' : 'backward',
        atMs,
        speedMps: mover.speedMps,
      });
    }
  }
}
