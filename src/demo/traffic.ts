import type { ModelKind, SceneName } from './art.ts';
import { halting, type Motion, steady } from './motion.ts';
import { hashOf, shareOf } from './random.ts';

/** One thing under way: which model of its path it is and where it is at any time. */
export interface Mover {
  /** Unique within its path, for all times. */
  readonly key: string;
  /** Index into the path's models. */
  readonly model: number;
  readonly motion: Motion;
}

/** What moves on one path. Pure: the same arguments always give the same movers, and there is no last one. */
export interface Flow {
  readonly path: string;
  /** All that may be on the path at `timeS`; a mover beyond either end of the path is simply not there. */
  moversAt(timeS: number, context: FlowContext): readonly Mover[];
}

export interface FlowContext {
  readonly seed: number;
  readonly lengthM: number;
  readonly kinds: readonly ModelKind[];
}

/** Metres a thing takes up in a queue, bumper to bumper. */
const lengthsM: Readonly<Record<ModelKind, number>> = {
  sedan: 4.7,
  hatch: 4.1,
  suv: 4.7,
  bus: 10.8,
  truck: 7.6,
  man: 0.5,
  woman: 0.5,
  student: 0.6,
};

/**
 * One thing per slot of `everyS` seconds (a `share` of the slots is used), at one speed, at a seeded moment of its slot
 * that leaves `headwayS` to the next.
 */
function free(path: string, speedMps: number, everyS: number, headwayS: number, share = 0.85): Flow {
  return {
    path,
    moversAt(timeS, { seed, lengthM, kinds }) {
      const movers: Mover[] = [];
      const first = Math.floor((timeS - lengthM / speedMps) / everyS) - 1;
      for (let slot = first; slot * everyS <= timeS; slot += 1) {
        if (shareOf(seed, path, 'used', slot) >= share) continue;
        const startS = (slot + shareOf(seed, path, 'start', slot) * (1 - headwayS / everyS)) * everyS;
        movers.push({ key: `${slot}`, model: pick(kinds, seed, path, slot), motion: steady(0, startS, speedMps) });
      }
      return movers;
    },
  };
}

interface Signal {
  readonly cycleS: number;
  /** When in the cycle the light turns green. */
  readonly greenS: number;
  /** Where along the path the stop line is. */
  readonly lineM: number;
  readonly gapM: number;
  readonly queueMax: number;
  /** When after green others cross the line without having had to stop. */
  readonly runnersS: readonly number[];
}

/** Things queue before a light, start one after the other at green, and some pass later without stopping. */
function signalled(path: string, speedMps: number, signal: Signal): Flow {
  return {
    path,
    moversAt(timeS, { seed, kinds }) {
      const movers: Mover[] = [];
      const cycle = Math.floor((timeS - signal.greenS) / signal.cycleS);
      // Nothing needs more than a cycle to come or to go.
      for (let c = cycle - 1; c <= cycle + 2; c += 1) {
        const greenS = c * signal.cycleS + signal.greenS;
        const queued = 1 + (hashOf(seed, path, 'queued', c) % signal.queueMax);
        let tailM = signal.lineM;
        for (let q = 0; q < queued; q += 1) {
          const model = pick(kinds, seed, path, c * 16 + q);
          const lengthM = lengthOf(kinds, model);
          const waitS = 9.5 - q * 2.6 + shareOf(seed, path, 'wait', c, q);
          const motion = halting(tailM - lengthM / 2, greenS - waitS, greenS + 0.8 + q * 1.3, speedMps);
          movers.push({ key: `${c}q${q}`, model, motion });
          tailM -= lengthM + signal.gapM;
        }
        for (const [r, afterS] of signal.runnersS.entries()) {
          if (shareOf(seed, path, 'runner', c, r) > 0.85) continue;
          const model = pick(kinds, seed, path, c * 16 + 8 + r);
          movers.push({ key: `${c}r${r}`, model, motion: steady(signal.lineM, greenS + afterS, speedMps) });
        }
      }
      return movers;
    },
  };
}

/** One thing each `everyS` seconds that halts at `stopM` for a while. */
function serving(path: string, speedMps: number, everyS: number, stopM: number, haltS: number): Flow {
  return {
    path,
    moversAt(timeS, { seed, kinds }) {
      const slot = Math.floor(timeS / everyS);
      return [slot - 1, slot, slot + 1].map((n) => {
        const arriveS = n * everyS + shareOf(seed, path, 'arrive', n) * 3;
        const model = ((n % kinds.length) + kinds.length) % kinds.length;
        return { key: `${n}`, model, motion: halting(stopM, arriveS, arriveS + haltS, speedMps) };
      });
    },
  };
}

/** Parked, or waiting: always there. */
const still = (path: string): Flow => ({
  path,
  moversAt: (_timeS, { lengthM }) => [{ key: '0', model: 0, motion: () => lengthM / 2 }],
});

const pick = (kinds: readonly ModelKind[], seed: number, path: string, n: number): number => {
  // Every other thing on a path is of its first kind, which is a common car wherever there are cars.
  const draw = hashOf(seed, path, 'model', n);
  return draw % 5 < 2 ? 0 : (draw >>> 8) % kinds.length;
};

const lengthOf = (kinds: readonly ModelKind[], model: number): number => lengthsM[kinds[model] ?? 'sedan'];

const across: Omit<Signal, 'lineM'> = { cycleS: 32, greenS: 0, gapM: 2, queueMax: 3, runnersS: [9.8, 12.4] };
const along: Omit<Signal, 'lineM'> = { cycleS: 32, greenS: 17, gapM: 2, queueMax: 3, runnersS: [] };

/** The traffic of each scene. `main` is a path along its main street: lanes parallel to it hide one another in order. */
export const traffic: Readonly<Record<SceneName, { readonly main: string; readonly flows: readonly Flow[] }>> = {
  highway: {
    main: 'away1',
    flows: [
      free('away1', 13, 2.5, 1.6, 0.9),
      free('away2', 11, 3, 1.9, 0.9),
      free('toward1', 13, 2.4, 1.5, 0.9),
      free('toward2', 11, 2.9, 1.8, 0.9),
    ],
  },
  junction: {
    main: 'east',
    flows: [
      signalled('east', 9, { ...across, lineM: 28.6 }),
      signalled('west', 9, { ...across, lineM: 23.8 }),
      signalled('south', 9, { ...along, lineM: 38 }),
      signalled('crossing', 1.35, { ...along, lineM: 11.6, gapM: 0.5, queueMax: 2, runnersS: [4.4] }),
      free('corner', 1.3, 9, 2),
    ],
  },
  'high-street': {
    main: 'east',
    flows: [
      free('east', 8, 4, 2.2),
      free('west', 8, 4.3, 2.2),
      still('parked1'),
      still('parked2'),
      free('near', 1.35, 6.5, 1.2),
      free('far', 1.3, 7.5, 1.2),
    ],
  },
  'bus-stop': {
    main: 'east',
    flows: [
      free('east', 9, 3.6, 1.9),
      free('west', 9, 3.9, 1.9),
      serving('bus', 9, 26, 40, 8),
      still('waiting1'),
      still('waiting2'),
      still('waiting3'),
      free('near', 1.35, 7, 1.2),
    ],
  },
};
