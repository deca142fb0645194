import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BudgetObservation,
  type BudgetState,
  DEPARTURES_MIN,
  nextBudget,
} from '../../../../actors/flow/rate-budget.ts';
import { shareOut } from '../../../../actors/flow/share-out.ts';
import { createRandom } from '../../../../core/random.ts';
import { RateMeter } from '../../../../core/rate-meter.ts';

const LOOK_MS = 250;
const LATE_MS = 62;

const calm: BudgetObservation = {
  nowMs: 10_000,
  departures: DEPARTURES_MIN,
  late: 0,
  handledFps: 80,
  gatedFps: 0,
  wantedFps: 200,
  capacityFps: 80,
  leastFps: 10,
};
const late = { ...calm, late: DEPARTURES_MIN / 2 };

interface Plant {
  /** What the device really gives, frames/s. */
  readonly capacityFps: number;
  /** What it is thought to give; the same where not set. */
  readonly estimateFps?: number;
  readonly startFps: number;
  readonly wantedFps: number | ((nowMs: number) => number);
  /** Promised to the cameras whatever happens; nothing where not set. */
  readonly leastFps?: number;
  readonly seconds: number;
  /** No device is ready meanwhile, ms. */
  readonly outage?: readonly [number, number];
  /** Rates vary by this share from look to look. */
  readonly noise?: number;
}

/**
 * The loop closed: cameras send what was handed out two looks ago, the queue grows by what the device does not take, and
 * a frame that waits longer than a quarter of its deadline counts as late. One slot per camera bounds the queue.
 */
function run(plant: Plant): number[] {
  const { capacityFps, estimateFps = capacityFps, leastFps = 0, seconds, outage, noise = 0 } = plant;
  const wantedAt = (nowMs: number): number =>
    typeof plant.wantedFps === 'function' ? plant.wantedFps(nowMs) : plant.wantedFps;
  const random = createRandom(5);
  const handled = new RateMeter();
  const budgets: number[] = [];
  const told = [plant.startFps, plant.startFps];
  let state: BudgetState = { fps: plant.startFps, holdUntilMs: 0 };
  let backlog = 0;
  let departures = 0;
  let late = 0;
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += LOOK_MS) {
    const isOut = outage !== undefined && nowMs >= outage[0] && nowMs < outage[1];
    const wantedFps = wantedAt(nowMs);
    const inFps = Math.min(told.shift() ?? 0, wantedFps) * (1 + noise * (random() - 0.5));
    const waitMs = (backlog / capacityFps) * 1_000;
    const arrived = backlog + (inFps * LOOK_MS) / 1_000;
    const ran = Math.min(arrived, isOut ? 0 : (capacityFps * LOOK_MS) / 1_000);
    const shed = Math.max(0, arrived - ran - inFps / 4);
    backlog = arrived - ran - shed;
    handled.mark(nowMs, ran);
    departures += ran + shed;
    late += waitMs > LATE_MS ? ran + shed : shed;
    state = nextBudget(state, {
      nowMs,
      departures,
      late,
      handledFps: handled.perSecond(nowMs),
      gatedFps: 0,
      wantedFps,
      capacityFps: isOut ? 0 : estimateFps,
      leastFps,
    });
    // As the flow actor does: too few of them are counted on.
    if (departures >= DEPARTURES_MIN) departures = late = 0;
    told.push(state.fps);
    budgets.push(state.fps);
  }
  return budgets;
}

const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const last = (seconds: number, budgets: readonly number[]): readonly number[] => budgets.slice(-seconds * 4);

describe('the sum of rates handed out', () => {
  it('grows by steps while frames wait in time and cameras could use more', () => {
    const state = { fps: 50, holdUntilMs: 0 };
    const next = nextBudget(state, calm);
    const after = nextBudget(next, calm);
    expect(next.fps).toBeGreaterThan(50);
    expect(after.fps - next.fps).toBeCloseTo(next.fps - 50);
  });

  it('does not grow while it binds nobody', () => {
    expect(nextBudget({ fps: 50, holdUntilMs: 0 }, { ...calm, wantedFps: 40 }).fps).toBe(50);
  });

  it('is cut by a share when too many frames left the queue late, and then not again until that can show', () => {
    const cut = nextBudget({ fps: 80, holdUntilMs: 0 }, late);
    expect(cut.fps).toBeCloseTo(80 * 0.85);
    expect(nextBudget(cut, { ...late, nowMs: late.nowMs + 250 })).toEqual(cut);
    expect(nextBudget(cut, { ...late, nowMs: cut.holdUntilMs, handledFps: 68 }).fps).toBeLessThan(cut.fps);
  });

  it('is cut from what was handled, where more was handed out than that', () => {
    expect(nextBudget({ fps: 110, holdUntilMs: 0 }, late).fps).toBeCloseTo(80 * 0.85);
  });

  it('is not cut for frames replaced by newer ones: loss says nothing of the queue', () => {
    // A queue that sheds nine frames of ten, all of them in time: the budget goes on growing.
    let state: BudgetState = { fps: 50, holdUntilMs: 0 };
    for (let look = 0; look < 20; look++) {
      const next = nextBudget(state, { ...calm, nowMs: look * 250, departures: 200, handledFps: 20 });
      expect(next.fps).toBeGreaterThan(state.fps);
      state = next;
    }
  });

  it('puts up with a few late frames: one in ten is noise', () => {
    expect(nextBudget({ fps: 50, holdUntilMs: 0 }, { ...calm, late: DEPARTURES_MIN / 10 }).fps).toBeGreaterThan(50);
    expect(nextBudget({ fps: 50, holdUntilMs: 0 }, { ...late, late: DEPARTURES_MIN / 10 + 1 }).fps).toBeLessThan(50);
  });

  it('is not cut before enough frames were seen, however late these were', () => {
    const few = { ...calm, departures: DEPARTURES_MIN - 1, late: DEPARTURES_MIN - 1 };
    expect(nextBudget({ fps: 50, holdUntilMs: 0 }, few).fps).toBeGreaterThan(50);
    const enough = { ...calm, departures: DEPARTURES_MIN, late: DEPARTURES_MIN };
    expect(nextBudget({ fps: 50, holdUntilMs: 0 }, enough).fps).toBeLessThan(50);
  });

  it('is never less than what was promised to cameras: cutting below that would cut nothing', () => {
    let state: BudgetState = { fps: 80, holdUntilMs: 0 };
    for (let nowMs = 10_000; nowMs < 40_000; nowMs += LOOK_MS) {
      state = nextBudget(state, { ...late, nowMs, handledFps: 30, leastFps: 50 });
      expect(state.fps).toBeGreaterThanOrEqual(50);
    }
    expect(state.fps).toBe(50);
    // More cameras come, and with them more is promised, also while nothing is to be cut.
    expect(nextBudget(state, { ...calm, leastFps: 70 }).fps).toBeGreaterThanOrEqual(70);
    // Even where that is more than is ever handed out otherwise.
    expect(nextBudget(state, { ...calm, leastFps: 400 }).fps).toBe(400);
  });

  it('hands out more than the devices can run where many frames are gated, up to half more than was handled', () => {
    const gated = { ...calm, handledFps: 200, gatedFps: 120, wantedFps: 1_000 };
    let state: BudgetState = { fps: 80, holdUntilMs: 0 };
    for (let look = 0; look < 400; look++) state = nextBudget(state, { ...gated, nowMs: look * LOOK_MS });
    expect(state.fps).toBeCloseTo(200 * 1.5);
  });

  it('stays within bounds around the capacity, whatever is seen', () => {
    const rate = fc.double({ min: 0, max: 10_000, noNaN: true });
    const seen = fc.record({
      nowMs: fc.nat(1_000_000),
      departures: fc.nat(1_000),
      late: fc.nat(1_000),
      handledFps: rate,
      gatedFps: rate,
      wantedFps: rate,
      capacityFps: fc.double({ min: 0.1, max: 10_000, noNaN: true }),
      leastFps: rate,
    });
    fc.assert(
      fc.property(rate, fc.array(seen, { minLength: 1, maxLength: 20 }), (fps, looks) => {
        let state: BudgetState = { fps, holdUntilMs: 0 };
        for (const one of looks) {
          const before = state;
          state = nextBudget(state, one);
          expect(Number.isFinite(state.fps)).toBe(true);
          if (state.fps === before.fps) continue; // held: the bounds of a look before this one
          const leastFps = Math.max(1, one.leastFps, one.capacityFps * 0.2);
          const mostFps = Math.max(leastFps, (one.capacityFps + one.gatedFps) * 1.5);
          expect(state.fps).toBeGreaterThanOrEqual(leastFps - 1e-9);
          expect(state.fps).toBeLessThanOrEqual(mostFps + 1e-9);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('comes down at once when half of the devices fail, although frames are late meanwhile', () => {
    const before = { fps: 160, holdUntilMs: 0 };
    expect(nextBudget(before, { ...late, handledFps: 160 }).fps).toBeLessThanOrEqual(80 * 1.5);
    expect(nextBudget({ ...before, holdUntilMs: 20_000 }, late).fps).toBeLessThanOrEqual(80 * 1.5);
  });

  it('comes to the capacity from below and from above, and stays near it', () => {
    for (const startFps of [10, 40, 120]) {
      for (const noise of [0, 0.2]) {
        const settled = last(30, run({ capacityFps: 80, startFps, wantedFps: 300, seconds: 60, noise }));
        expect(mean(settled)).toBeGreaterThan(80 * 0.85);
        expect(mean(settled)).toBeLessThan(80 * 1.1);
        expect(Math.max(...settled)).toBeLessThan(80 * 1.3);
        expect(Math.min(...settled)).toBeGreaterThan(80 * 0.6);
      }
    }
  });

  it('finds the capacity where that was measured wrong', () => {
    for (const estimateFps of [60, 110, 160]) {
      const budgets = run({ capacityFps: 80, estimateFps, startFps: estimateFps, wantedFps: 300, seconds: 60 });
      expect(mean(last(30, budgets))).toBeGreaterThan(80 * 0.8);
      expect(mean(last(30, budgets))).toBeLessThan(80 * 1.15);
    }
  });

  it('follows a capacity that halves, and one that doubles', () => {
    for (const [fromFps, toFps] of [
      [80, 40],
      [40, 80],
    ] as const) {
      const settled = last(20, run({ capacityFps: toFps, startFps: fromFps, wantedFps: 300, seconds: 40 }));
      expect(mean(settled)).toBeGreaterThan(toFps * 0.85);
      expect(mean(settled)).toBeLessThan(toFps * 1.1);
    }
  });

  it('also finds the capacity of a slow device, of which few frames are seen at a look', () => {
    const settled = last(30, run({ capacityFps: 10, startFps: 10, wantedFps: 30, seconds: 90 }));
    expect(mean(settled)).toBeLessThan(10 * 1.2);
  });

  it('is still there when a device comes back after a second', () => {
    const budgets = run({ capacityFps: 80, startFps: 80, wantedFps: 300, seconds: 25, outage: [20_000, 21_000] });
    // Two seconds after its return.
    expect(budgets[92]).toBeGreaterThan(80 * 0.5);
  });

  it('does not fall far when load arrives on a node that was idle', () => {
    const wantedFps = (nowMs: number): number => (nowMs < 20_000 ? 2 : 300);
    const budgets = run({ capacityFps: 80, startFps: 80, wantedFps, seconds: 40 });
    expect(Math.min(...budgets.slice(80))).toBeGreaterThan(80 * 0.5);
  });

  it('brings two kinds of cameras to their shares by weight, whatever they started with', () => {
    const budgets = last(20, run({ capacityFps: 80, startFps: 20, wantedFps: 300, seconds: 40 }));
    const critical = Array.from({ length: 10 }, () => ({ wantedFps: 20, leastFps: 0, weight: 4 }));
    const normal = Array.from({ length: 10 }, () => ({ wantedFps: 10, leastFps: 0, weight: 2 }));
    for (const fps of budgets) {
      const granted = shareOut(fps, [...critical, ...normal]);
      const first = mean([...granted.slice(0, 10)]);
      const second = mean([...granted.slice(10)]);
      expect(first / second).toBeCloseTo(2);
      expect(new Set(granted.slice(0, 10).map((one) => Math.round(one * 1e6))).size).toBe(1);
    }
  });
});
