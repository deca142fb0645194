import { describe, expect, it } from 'vitest';
import { MergedPacing, Pacing, seededRandom } from '../../../loadtest/swarm/pacing.ts';

const take = (pacing: Pacing, count: number) =>
  Array.from({ length: count }, () => {
    const due = pacing.peek();
    pacing.advance();
    return due;
  });

describe('Pacing', () => {
  it('plans each camera at its rate, exactly one period apart', () => {
    const due = take(new Pacing({ cameras: 7, fps: 12.5, seed: 3 }), 7 * 20);
    for (let camera = 0; camera < 7; camera++) {
      const times = due.filter((d) => d.camera === camera).map((d) => d.atMs);
      expect(times).toHaveLength(20);
      for (const [i, t] of times.slice(1).entries()) expect(t - (times[i] ?? 0)).toBeCloseTo(80, 9);
    }
  });

  it('gives the frames in order of time and spreads the cameras over the period', () => {
    const due = take(new Pacing({ cameras: 16, fps: 10, seed: 1 }), 16 * 5);
    const gaps = due.slice(1).map((d, i) => d.atMs - (due[i]?.atMs ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(0);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * (100 / 16));
  });

  it('offers cameras x fps frames a second', () => {
    const due = take(new Pacing({ cameras: 16, fps: 2.5, seed: 9 }), 1_000).filter((d) => d.atMs < 10_000);
    expect(due).toHaveLength(400);
  });

  it('plans the same from the same seed and other phases from another', () => {
    const plan = (seed: number) => take(new Pacing({ cameras: 4, fps: 5, seed }), 12);
    expect(plan(5)).toEqual(plan(5));
    expect(plan(5)).not.toEqual(plan(6));
  });

  it('refuses a swarm without cameras and a rate of zero', () => {
    expect(() => new Pacing({ cameras: 0, fps: 5, seed: 1 })).toThrow(RangeError);
    expect(() => new Pacing({ cameras: 1, fps: 0, seed: 1 })).toThrow(RangeError);
  });
});

describe('MergedPacing', () => {
  it('plans groups of other rates together, in order of time, each camera at its own rate', () => {
    const pacing = new MergedPacing([
      { cameras: 1, fps: 50, seed: 1 },
      { cameras: 3, fps: 5, seed: 2 },
    ]);
    const due: { camera: number; atMs: number }[] = [];
    while (pacing.peek().atMs < 2_000) {
      due.push(pacing.peek());
      pacing.advance();
    }
    const times = due.map((d) => d.atMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect([0, 1, 2, 3].map((camera) => due.filter((d) => d.camera === camera).length)).toEqual([100, 10, 10, 10]);
  });
});

describe('seededRandom', () => {
  it('gives evenly spread numbers from 0 up to 1, also from the seeds 0 and -1', () => {
    for (const seed of [-1, 0, 1, 12_345]) {
      const random = seededRandom(seed);
      const values = Array.from({ length: 20_000 }, random);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...values)).toBeLessThan(1);
      expect(values.reduce((a, b) => a + b, 0) / values.length).toBeCloseTo(0.5, 1);
    }
  });
});
