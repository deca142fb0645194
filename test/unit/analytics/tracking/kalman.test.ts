import { describe, expect, it } from 'vitest';
import {
  correct,
  correctOverGap,
  predictInto,
  startFilter,
  stateOf,
  velocityOf,
} from '../../../../analytics/tracking/kalman.ts';

const NOISE = { observation: 0.01, extentObservation: 0.01, centre: 0.5, extent: 0.1 };

/** Predicts in several steps by starting each where the one before ended: what a filter that runs on would do. */
function variancesAfter(steps: readonly number[]): number[] {
  const filter = startFilter([1, 2, 0.3, 0.2], 0.01, 4);
  correct(filter, 0.1, NOISE, [1.1, 2, 0.3, 0.2]);
  // An observation that says nothing moves the filter on without correcting it.
  const blind = { ...NOISE, observation: 1e15, extentObservation: 1e15 };
  for (const dtS of steps) correct(filter, dtS, blind, [0, 0, 0, 0]);
  const out = new Float64Array(8);
  predictInto(filter, 0, NOISE, out, 0);
  return [...out];
}

describe('the filter', () => {
  it('comes to the same in one long step as in many short ones', () => {
    const once = variancesAfter([1]);
    const often = variancesAfter([0.04, 0.06, 0.3, 0.1, 0.5]);
    for (const [i, value] of once.entries()) expect(often[i]).toBeCloseTo(value, 6);
  });

  it('grows the less sure the longer nothing is seen', () => {
    const filter = startFilter([1, 2, 0.3, 0.2], 0.01, 4);
    const out = new Float64Array(16);
    predictInto(filter, 0.1, NOISE, out, 0);
    predictInto(filter, 1, NOISE, out, 8);
    for (const c of [1, 3, 5, 7]) expect(out[8 + c]).toBeGreaterThan(out[c] ?? 0);
  });

  it('learns a constant velocity', () => {
    const filter = startFilter([0, 1, 0.3, 0.2], 0.01, 4);
    for (let k = 1; k <= 50; k++) correct(filter, 0.1, NOISE, [0.2 * k * 0.1, 1 - 0.1 * k * 0.1, 0.3, 0.2]);
    expect(velocityOf(filter, 0)).toBeCloseTo(0.2, 3);
    expect(velocityOf(filter, 1)).toBeCloseTo(-0.1, 3);
    expect(stateOf(filter, 0)).toBeCloseTo(1, 3);
  });

  it('takes the velocity of a gap from where it began and ended, not from the moment before it', () => {
    const start = startFilter([0, 0, 0.3, 0.2], 0.01, 4);
    for (let k = 1; k <= 20; k++) correct(start, 0.1, NOISE, [0.1 * k, 0, 0.3, 0.2]);
    const [plain, over] = [[...start], [...start]];
    const [from, to] = [
      [2, 0, 0.3, 0.2],
      [2.1, 0, 0.3, 0.2],
    ];
    correct(plain, 1, NOISE, to);
    correctOverGap(over, 1, NOISE, from, to, 9, new Float64Array(4));
    expect(Math.abs(velocityOf(over, 0) - 0.1)).toBeLessThan(Math.abs(velocityOf(plain, 0) - 0.1));
    expect(velocityOf(over, 0)).toBeCloseTo(0.1, 1);
  });
});
