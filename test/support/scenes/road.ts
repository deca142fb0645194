import { gaussian, type Random } from '../../../core/random.ts';

/** One road user while it is simulated. Metres and seconds. */
export interface Mover {
  readonly id: number;
  readonly label: string;
  readonly lane: Lane;
  /** Across the lane's middle, m: nobody drives exactly there. */
  readonly offset: number;
  readonly lengthM: number;
  readonly widthM: number;
  readonly heightM: number;
  readonly wishedMps: number;
  /** Along the lane from its beginning, m, of its middle. */
  at: number;
  speedMps: number;
}

export interface Lane {
  readonly name: string;
  /** Where it begins on the ground, m, and which way it goes (a unit vector along one axis). */
  readonly from: readonly [x: number, y: number];
  readonly way: readonly [x: number, y: number];
  readonly lengthM: number;
  readonly kind: 'main' | 'cross' | 'walk';
  /** Along the lane, m, where one waits at red; none for people. */
  readonly stopAt: number | undefined;
}

export interface RoadOptions {
  /** Vehicles that arrive in all, and how many a second. */
  readonly vehicles: number;
  readonly vehiclesPerS: number;
  readonly pedestriansPerS: number;
  /** Traffic lights: without them all drive on, and nobody crosses. */
  readonly lights: boolean;
}

/** Main road away from and towards the camera, a street across, two pavements. */
export const LANES: readonly Lane[] = [
  { name: 'away-1', from: [2, 0], way: [0, 1], lengthM: 80, kind: 'main', stopAt: 26 },
  { name: 'away-2', from: [5.5, 0], way: [0, 1], lengthM: 80, kind: 'main', stopAt: 26 },
  { name: 'towards-1', from: [-2, 80], way: [0, -1], lengthM: 80, kind: 'main', stopAt: 80 - 41 },
  { name: 'towards-2', from: [-5.5, 80], way: [0, -1], lengthM: 80, kind: 'main', stopAt: 80 - 41 },
  { name: 'cross-right', from: [-40, 29.5], way: [1, 0], lengthM: 80, kind: 'cross', stopAt: 31 },
  { name: 'cross-left', from: [40, 33], way: [-1, 0], lengthM: 80, kind: 'cross', stopAt: 31 },
  { name: 'walk-left', from: [-9.5, 4], way: [0, 1], lengthM: 60, kind: 'walk', stopAt: undefined },
  { name: 'walk-right', from: [9.5, 64], way: [0, -1], lengthM: 60, kind: 'walk', stopAt: undefined },
];

/** label, share, length, width, height in m. */
const KINDS = [
  ['car', 0.8, 4.4, 1.8, 1.5],
  ['truck', 0.1, 8, 2.4, 3.2],
  ['bus', 0.04, 12, 2.5, 3.1],
  ['motorcycle', 0.06, 2.2, 0.8, 1.5],
] as const;

function pickKind(random: number): (typeof KINDS)[number] {
  let below = 0;
  for (const kind of KINDS) {
    below += kind[1];
    if (random < below) return kind;
  }
  return KINDS[0];
}

/** Seconds of a cycle: main road green, all red, street green, all red. */
const CYCLE_S = 44;
const isGreen = (lane: Lane, atS: number): boolean => {
  const t = atS % CYCLE_S;
  return lane.kind === 'main' ? t < 24 : t >= 28 && t < 39;
};

/** Intelligent Driver Model (Treiber, Hennecke, Helbing 2000): acceleration, braking m/s²; gap m; headway s. */
const IDM = { a: 1.6, b: 2.2, gapM: 2, headwayS: 1.2 };
/** Braking nobody does for a light that has just turned, m/s². */
const BRAKE_MAX = 4;

/** Vehicles that follow one another, stop and go at lights, and people on pavements. The same for the same seed. */
export class Road {
  readonly #random: Random;
  readonly #options: RoadOptions;
  readonly #lanes: readonly { readonly lane: Lane; readonly queue: Mover[]; waiting: number }[];
  #made = 0;
  #arrived = 0;
  atS = 0;

  constructor(options: RoadOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    const used = LANES.filter((lane) => lane.kind !== 'cross' || options.lights);
    this.#lanes = used.map((lane) => ({ lane, queue: [], waiting: 0 }));
  }

  /** All have come and gone; people do not count. */
  get done(): boolean {
    return (
      this.#arrived >= this.#options.vehicles &&
      this.#lanes.every((l) => l.lane.kind === 'walk' || (l.waiting === 0 && l.queue.length === 0))
    );
  }

  get movers(): Mover[] {
    return this.#lanes.flatMap((l) => l.queue);
  }

  step(dtS: number): void {
    this.#arrive(dtS);
    for (const { lane, queue } of this.#lanes) {
      for (let i = 0; i < queue.length; i++) {
        const mover = queue[i];
        if (mover === undefined) continue;
        const braking = lane.kind === 'walk' ? 0 : this.#accelerationOf(mover, queue[i - 1], lane);
        mover.speedMps = Math.max(0, mover.speedMps + braking * dtS);
        mover.at += mover.speedMps * dtS;
      }
      while ((queue[0]?.at ?? 0) > lane.lengthM) queue.shift();
    }
    this.atS += dtS;
  }

  #accelerationOf(mover: Mover, leader: Mover | undefined, lane: Lane): number {
    const v = mover.speedMps;
    let worst = IDM.a * (1 - (v / mover.wishedMps) ** 4);
    const behind = (gap: number, leaderMps: number): void => {
      const wished = IDM.gapM + Math.max(0, v * IDM.headwayS + (v * (v - leaderMps)) / (2 * Math.sqrt(IDM.a * IDM.b)));
      worst = Math.min(worst, IDM.a * (1 - (v / mover.wishedMps) ** 4 - (wished / Math.max(0.1, gap)) ** 2));
    };
    if (leader !== undefined) {
      behind(leader.at - leader.lengthM / 2 - mover.at - mover.lengthM / 2, leader.speedMps);
    }
    if (this.#options.lights && lane.stopAt !== undefined && !isGreen(lane, this.atS)) {
      const left = lane.stopAt - mover.at - mover.lengthM / 2;
      if (left > 0 && v * v <= 2 * BRAKE_MAX * left) behind(left + IDM.gapM, 0);
    }
    return Math.max(-8, worst);
  }

  #arrive(dtS: number): void {
    const driven = this.#lanes.filter((l) => l.lane.kind !== 'walk');
    const walked = this.#lanes.filter((l) => l.lane.kind === 'walk');
    if (this.#arrived < this.#options.vehicles && this.#random() < this.#options.vehiclesPerS * dtS) {
      // Three of four on the main road.
      const main = driven.filter((l) => l.lane.kind === 'main');
      const cross = driven.filter((l) => l.lane.kind === 'cross');
      const from = cross.length > 0 && this.#random() < 0.25 ? cross : main;
      const lane = from[Math.floor(this.#random() * from.length)];
      if (lane !== undefined) lane.waiting++;
      this.#arrived++;
    }
    for (const l of driven) {
      const last = l.queue.at(-1);
      if (l.waiting === 0 || (last !== undefined && last.at - last.lengthM / 2 < 14)) continue;
      l.waiting--;
      l.queue.push(this.#vehicle(l.lane, last));
    }
    for (const l of walked) {
      if (this.#random() < (this.#options.pedestriansPerS * dtS) / walked.length) l.queue.push(this.#person(l.lane));
    }
  }

  #vehicle(lane: Lane, leader: Mover | undefined): Mover {
    const kind = pickKind(this.#random());
    const scale = 1 + 0.06 * gaussian(this.#random);
    const wishedMps = Math.max(7, 13 + 1.5 * gaussian(this.#random));
    return {
      id: ++this.#made,
      label: kind[0],
      lane,
      offset: Math.max(-0.5, Math.min(0.5, 0.2 * gaussian(this.#random))),
      lengthM: kind[2] * scale,
      widthM: kind[3] * scale,
      heightM: kind[4] * scale,
      wishedMps,
      at: 0,
      speedMps: Math.min(wishedMps, leader === undefined ? wishedMps : leader.speedMps + 2),
    };
  }

  #person(lane: Lane): Mover {
    const wishedMps = Math.max(0.8, 1.4 + 0.2 * gaussian(this.#random));
    const scale = 1 + 0.05 * gaussian(this.#random);
    return {
      id: ++this.#made,
      label: 'person',
      lane,
      offset: 0.6 * gaussian(this.#random),
      lengthM: 0.5,
      widthM: 0.6,
      heightM: 1.75 * scale,
      wishedMps,
      at: 0,
      speedMps: wishedMps,
    };
  }
}
