import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  explainRung,
  type LadderObservation,
  type LadderState,
  ladderOf,
  nextRung,
  startOfLadder,
} from '../../../../actors/flow/ladder.ts';
import { createRandom } from '../../../../core/random.ts';

const TIMES = { climbAfterMs: 3_000, descendAfterMs: 10_000 };
const LOOK_MS = 250;
const rungs = ladderOf([512, 416, 320, 224]);
const kinds = rungs.map(({ kind }) => kind);
const dissatisfied = { satisfaction: 0.1, atTheLeast: false, satisfactionBelow: 0.05 };
const satisfied = { satisfaction: 1, atTheLeast: false, satisfactionBelow: 10 };

/** Looks four times a second from `state` on for `seconds`. */
function look(
  state: LadderState,
  seconds: number,
  seen: Omit<LadderObservation, 'nowMs'>,
  fromMs: number,
): LadderState {
  let at = state;
  for (let nowMs = fromMs; nowMs <= fromMs + seconds * 1_000; nowMs += LOOK_MS) {
    at = nextRung(rungs, at, { nowMs, ...seen }, TIMES);
  }
  return at;
}

interface Load {
  /** Frames/s of cameras that are not low, and of those that are. */
  readonly offeredFps: number | ((nowMs: number) => number);
  readonly lowFps?: number;
  /** Capacity at the largest input, frames/s; that of others goes by area. */
  readonly capacityFps: number;
  readonly noise: number;
  readonly seconds: number;
  readonly seed?: number;
}

/** A node as the flow actor sees it: satisfaction smoothed over a second, what is needed judged by what runs. */
function simulate(load: Load) {
  const { capacityFps, lowFps = 0, noise, seconds, seed = 1 } = load;
  const random = createRandom(seed);
  const noisy = (fps: number): number => Math.max(0, fps * (1 + noise * (random() + random() - 1)));
  const capacityOf = (inputSize: number): number => capacityFps * (512 / inputSize) ** 2;
  const path: { readonly atMs: number; readonly rung: number }[] = [];
  let state = startOfLadder(0);
  let smoothed = 1;
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += LOOK_MS) {
    const here = rungs[state.rung];
    const below = rungs[state.rung - 1];
    const shedsLow = here?.kind === 'shed_low' || here?.kind === 'refuse_new';
    const offered = typeof load.offeredFps === 'function' ? load.offeredFps(nowMs) : load.offeredFps;
    const entitled = noisy(offered + (shedsLow ? 0 : lowFps));
    const runFps = Math.min(entitled, noisy(capacityOf(here?.inputSize ?? 512)));
    smoothed += 0.25 * ((entitled < 1 ? 1 : runFps / entitled) - smoothed);
    const back = shedsLow && below?.kind !== 'shed_low' ? lowFps : 0;
    const neededFps = runFps / Math.max(0.05, Math.min(1, smoothed)) + back;
    const capacityBelow = capacityOf(below?.inputSize ?? here?.inputSize ?? 512);
    const satisfactionBelow = neededFps <= 0 ? Number.POSITIVE_INFINITY : capacityBelow / neededFps;
    // Cameras that are asked for more than the least: satisfaction alone decides.
    const seen = { nowMs, satisfaction: smoothed, atTheLeast: false, satisfactionBelow };
    const next = nextRung(rungs, state, seen, TIMES);
    if (next.rung !== state.rung) {
      expect(Math.abs(next.rung - state.rung)).toBe(1);
      path.push({ atMs: nowMs, rung: next.rung });
    }
    state = next;
  }
  return { path, rung: state.rung, kind: kinds[state.rung] };
}

describe('the degradation ladder', () => {
  it('has a rung for each smaller input, and those that drop cameras at the smallest', () => {
    expect(rungs).toEqual([
      { kind: 'normal', inputSize: 512 },
      { kind: 'lower_fps', inputSize: 512 },
      { kind: 'smaller_input', inputSize: 416 },
      { kind: 'smaller_input', inputSize: 320 },
      { kind: 'smaller_input', inputSize: 224 },
      { kind: 'shed_low', inputSize: 224 },
      { kind: 'refuse_new', inputSize: 224 },
    ]);
    expect(ladderOf([320]).map(({ inputSize }) => inputSize)).toEqual([320, 320, 320, 320]);
  });

  it('waits for overload to last before it climbs a rung', () => {
    expect(look(startOfLadder(0), 2.75, dissatisfied, 0).rung).toBe(0);
    expect(look(startOfLadder(0), 3, dissatisfied, 0).rung).toBe(1);
  });

  it('counts anew after a moment of relief: bursts are not overload', () => {
    let state = look(startOfLadder(0), 2.75, dissatisfied, 0);
    state = look(state, 0, satisfied, 3_000);
    expect(look(state, 2.75, dissatisfied, 3_250).rung).toBe(0);
  });

  it('climbs one rung at a time, each after its own wait, to the last and no further', () => {
    let state = startOfLadder(0);
    const climbedAtMs: number[] = [];
    for (let nowMs = 0; nowMs <= 60_000; nowMs += LOOK_MS) {
      const next = nextRung(rungs, state, { nowMs, ...dissatisfied }, TIMES);
      expect(next.rung - state.rung).toBeLessThanOrEqual(1);
      if (next.rung > state.rung) climbedAtMs.push(nowMs);
      state = next;
    }
    expect(climbedAtMs).toHaveLength(rungs.length - 1);
    climbedAtMs.forEach((atMs, i) => {
      expect(atMs - (climbedAtMs[i - 1] ?? 0)).toBeGreaterThanOrEqual(TIMES.climbAfterMs);
    });
    expect(kinds[state.rung]).toBe('refuse_new');
  });

  it('comes all the way back, one rung at a time, each after the longer wait', () => {
    let state: LadderState = { ...startOfLadder(0), rung: rungs.length - 1 };
    const leftAtMs: number[] = [];
    for (let nowMs = 0; nowMs <= 120_000; nowMs += LOOK_MS) {
      const next = nextRung(rungs, state, { nowMs, ...satisfied }, TIMES);
      if (next.rung < state.rung) leftAtMs.push(nowMs);
      state = next;
    }
    expect(state.rung).toBe(0);
    leftAtMs.forEach((atMs, i) => {
      expect(atMs - (leftAtMs[i - 1] ?? 0)).toBeGreaterThanOrEqual(TIMES.descendAfterMs);
    });
  });

  it('gives up frames first, then detail, then whole cameras', () => {
    const stopsAt = (satisfaction: number) =>
      kinds[look(startOfLadder(0), 60, { satisfaction, atTheLeast: false, satisfactionBelow: 0 }, 0).rung];
    expect(stopsAt(0.91)).toBe('normal');
    expect(stopsAt(0.89)).toBe('lower_fps');
    expect(stopsAt(0.42)).toBe('lower_fps');
    expect(stopsAt(0.385)).toBe('smaller_input');
    expect(stopsAt(0.34)).toBe('smaller_input');
    expect(stopsAt(0.32)).toBe('shed_low');
    expect(stopsAt(0.26)).toBe('shed_low');
    expect(stopsAt(0.24)).toBe('refuse_new');
  });

  it('gives up detail, and no cameras, where cameras are asked for the least and frames are late all the same', () => {
    const late = { satisfaction: 0.7, atTheLeast: true, satisfactionBelow: 0 };
    const lowerFps: LadderState = { ...startOfLadder(0), rung: 1 };
    expect(look(lowerFps, 2.75, late, 0).rung).toBe(1);
    expect(look(lowerFps, 3, late, 0).rung).toBe(2);
    // Every smaller input in turn, then no further: whole cameras are given up by satisfaction alone.
    expect(rungs[look(lowerFps, 60, late, 0).rung]).toEqual({ kind: 'smaller_input', inputSize: 224 });
    // Late frames alone are no reason to begin with: those who can expect more are asked for less first.
    expect(look(startOfLadder(0), 60, { ...late, satisfaction: 0.95 }, 0).rung).toBe(0);
  });

  it('takes no detail back while cameras are asked for the least and frames are late', () => {
    const state: LadderState = { ...startOfLadder(0), rung: 2 };
    const seen = { satisfaction: 1, atTheLeast: true, satisfactionBelow: 9 };
    expect(look(state, 2.75, seen, 0).rung).toBe(2);
    expect(look(state, 3, seen, 0).rung).toBe(3);
  });

  it('stays where it is between what led there and what would lead back', () => {
    const state: LadderState = { ...startOfLadder(0), rung: 2 };
    expect(look(state, 60, { satisfaction: 0.6, atTheLeast: false, satisfactionBelow: 0.54 }, 0).rung).toBe(2);
    expect(look(state, 10, { satisfaction: 0.6, atTheLeast: false, satisfactionBelow: 0.56 }, 0).rung).toBe(1);
  });

  it('never descends while the rung above is called for', () => {
    const state: LadderState = { ...startOfLadder(0), rung: 2 };
    expect(look(state, 2.75, { satisfaction: 0.3, atTheLeast: false, satisfactionBelow: 9 }, 0).rung).toBe(2);
    expect(look(state, 3, { satisfaction: 0.3, atTheLeast: false, satisfactionBelow: 9 }, 0).rung).toBe(3);
  });

  it('settles under a constant load with noise instead of going back and forth', () => {
    const share = fc.double({ min: 0.2, max: 12, noNaN: true });
    fc.assert(
      fc.property(share, fc.double({ min: 0, max: 0.3, noNaN: true }), fc.nat(1_000), (overload, noise, seed) => {
        const { path } = simulate({ offeredFps: 30 * overload, capacityFps: 30, noise, seconds: 600, seed });
        // Up at most once through every rung; noise may cost one step back and forth near a threshold.
        expect(path.length).toBeLessThanOrEqual(rungs.length - 1 + 2);
        const late = path.filter(({ atMs }) => atMs > 120_000);
        expect(late.length).toBeLessThanOrEqual(2);
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  it('stops at the first rung whose input is small enough for the load', () => {
    // 224 takes 5.2 times what 512 takes, 320 2.6 times, 416 1.5 times.
    expect(simulate({ offeredFps: 25, capacityFps: 30, noise: 0.1, seconds: 60 }).rung).toBe(0);
    expect(simulate({ offeredFps: 36, capacityFps: 30, noise: 0.1, seconds: 60 }).kind).toBe('lower_fps');
    expect(simulate({ offeredFps: 65, capacityFps: 30, noise: 0.1, seconds: 60 }).kind).toBe('lower_fps');
    expect(rungs[simulate({ offeredFps: 90, capacityFps: 30, noise: 0.1, seconds: 60 }).rung]?.inputSize).toBe(416);
    expect(rungs[simulate({ offeredFps: 120, capacityFps: 30, noise: 0.1, seconds: 60 }).rung]?.inputSize).toBe(320);
    expect(rungs[simulate({ offeredFps: 200, capacityFps: 30, noise: 0.1, seconds: 60 }).rung]?.inputSize).toBe(224);
    expect(simulate({ offeredFps: 900, capacityFps: 30, noise: 0.1, seconds: 60 }).kind).toBe('refuse_new');
  });

  it('keeps low cameras away as long as they would not fit, and takes them back when they do', () => {
    const shed = simulate({ offeredFps: 200, lowFps: 300, capacityFps: 30, noise: 0.1, seconds: 300 });
    expect(shed.kind).toBe('shed_low');
    expect(shed.path).toHaveLength(5);
  });

  it('passes through shedding low cameras where there are none', () => {
    const { kind, path } = simulate({ offeredFps: 800, lowFps: 0, capacityFps: 30, noise: 0.1, seconds: 120 });
    expect(kind).toBe('refuse_new');
    const [shedLow, refuseNew] = path.slice(-2);
    expect((refuseNew?.atMs ?? 0) - (shedLow?.atMs ?? 0)).toBeLessThanOrEqual(TIMES.climbAfterMs + 1_000);
  });

  it('is back at normal within a wait per rung of the load falling', () => {
    const offeredFps = (nowMs: number): number => (nowMs < 120_000 ? 600 : 10);
    const { rung, path } = simulate({ offeredFps, lowFps: 5, capacityFps: 30, noise: 0.2, seconds: 200 });
    expect(rung).toBe(0);
    expect(path.at(-1)?.atMs).toBeLessThan(120_000 + 6 * (TIMES.descendAfterMs + 1_500));
  });

  it('goes up once for a storm of a minute and back once', () => {
    const offeredFps = (nowMs: number): number => (nowMs > 60_000 && nowMs < 120_000 ? 90 : 20);
    const { path, rung } = simulate({ offeredFps, capacityFps: 30, noise: 0.2, seconds: 300 });
    expect(rung).toBe(0);
    const ups = path.filter(({ rung: to }, i) => to > (path[i - 1]?.rung ?? 0)).length;
    expect(ups * 2).toBe(path.length);
  });

  it('says why it stands where it does and what would move it', () => {
    const seen = { nowMs: 0, satisfaction: 0.45, atTheLeast: false, satisfactionBelow: 0.6 };
    const state: LadderState = { ...startOfLadder(0), rung: 2 };
    const why = explainRung(rungs, state, seen);
    expect(why).toContain('45 % of what cameras may expect is analysed; below 40 % comes smaller input;');
    expect(why).toMatch(/the rung below .* 60 % .*taken again from 55 % on\.$/);
    expect(explainRung(rungs, startOfLadder(0), seen)).toMatch(/below 90 % comes lower fps\.$/);
    expect(explainRung(rungs, { ...state, rung: 6 }, seen)).toMatch(/nothing is left to give up/);
  });

  it('does not say that the rung below gives too little when it is about to be taken', () => {
    const state: LadderState = { ...startOfLadder(0), rung: 1 };
    const why = explainRung(rungs, state, { ...satisfied, nowMs: 0, satisfactionBelow: 1.2 });
    const [, gives = '0', from = '0'] = /rung below .*?(\d+) % .*taken again from (\d+) %/.exec(why) ?? [];
    expect(Number(gives)).toBeGreaterThanOrEqual(Number(from));
    const idle = explainRung(rungs, state, { ...satisfied, nowMs: 0, satisfactionBelow: Number.POSITIVE_INFINITY });
    expect(idle).not.toMatch(/Infinity|NaN/);
  });
});
