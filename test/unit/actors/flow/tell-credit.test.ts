import { describe, expect, it } from 'vitest';
import { type Told, worthTelling } from '../../../../actors/flow/tell-credit.ts';

const target = { fps: 10, width: 320, height: 180 };
const told: Told = { credit: 4, target, atMs: 1_000 };
const fps = (rate: number) => ({ ...target, fps: rate });

describe('telling a camera of its new credit', () => {
  it('says nothing where nothing has changed, however long ago it was said', () => {
    expect(worthTelling(told, 4, target, 1_000_000)).toBe(false);
  });

  it('says at once that pictures should have another size', () => {
    expect(worthTelling(told, 4, { ...target, width: 224 }, 1_000)).toBe(true);
    expect(worthTelling(told, 4, { ...target, height: 128 }, 1_000)).toBe(true);
  });

  it('says at once that the rate has changed by much, either way', () => {
    expect(worthTelling(told, 4, fps(5), 1_001)).toBe(true);
    expect(worthTelling(told, 4, fps(20), 1_001)).toBe(true);
  });

  it('waits with smaller changes until they have had time to become larger', () => {
    expect(worthTelling(told, 4, fps(8), 1_499)).toBe(false);
    expect(worthTelling(told, 4, fps(8), 1_500)).toBe(true);
    expect(worthTelling(told, 3, target, 1_499)).toBe(false);
    expect(worthTelling(told, 3, target, 1_500)).toBe(true);
  });

  it('does not trouble a camera with rates that are the same to it', () => {
    expect(worthTelling(told, 4, fps(9.6), 60_000)).toBe(false);
    expect(worthTelling(told, 4, fps(10.4), 60_000)).toBe(false);
  });

  it('follows a rate that creeps: what counts is what was said last', () => {
    let last = told;
    let messages = 0;
    for (let look = 1; look <= 100; look++) {
      const creeping = fps(10 * 0.98 ** look);
      const nowMs = 1_000 + look * 250;
      if (!worthTelling(last, 4, creeping, nowMs)) continue;
      last = { credit: 4, target: creeping, atMs: nowMs };
      messages++;
    }
    expect(last.target.fps).toBeLessThan(10 * 0.98 ** 100 * 1.1);
    expect(messages).toBeLessThan(50);
  });
});
