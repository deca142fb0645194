import { describe, expect, it } from 'vitest';
import { Saturation } from '../../../actors/saturation.ts';

const LONG_MS = 40;

/** Picks each 20 ms from `fromMs` to `toMs`, each leaving somebody who has waited for `waitMs`. */
function picks(saturation: Saturation, fromMs: number, toMs: number, waitMs: number | undefined): void {
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 20) {
    saturation.observe(waitMs === undefined ? undefined : nowMs - waitMs, LONG_MS, nowMs);
  }
}

describe('telling that a device cannot keep up', () => {
  it('takes a queue that stays long', () => {
    const saturation = new Saturation();
    picks(saturation, 0, 280, 100);
    expect(saturation.isSaturated).toBe(false);
    picks(saturation, 300, 300, 100);
    expect(saturation.isSaturated).toBe(true);
  });

  it('is not taken in by a burst: one pick that leaves nobody waiting for long starts the count anew', () => {
    const saturation = new Saturation();
    for (let burst = 0; burst < 20; burst++) {
      picks(saturation, burst * 300, burst * 300 + 260, 100);
      picks(saturation, burst * 300 + 280, burst * 300 + 280, burst % 2 === 0 ? undefined : 10);
      expect(saturation.isSaturated).toBe(false);
    }
  });

  it('does not count a wait that is just not long', () => {
    const saturation = new Saturation();
    picks(saturation, 0, 5_000, LONG_MS);
    expect(saturation.isSaturated).toBe(false);
    picks(saturation, 5_020, 6_000, LONG_MS + 1);
    expect(saturation.isSaturated).toBe(true);
  });

  it('is over as soon as nobody is left waiting for long', () => {
    const saturation = new Saturation();
    picks(saturation, 0, 1_000, 100);
    picks(saturation, 1_020, 1_020, undefined);
    expect(saturation.isSaturated).toBe(false);
    picks(saturation, 1_040, 1_040, 100);
    expect(saturation.isSaturated).toBe(false);
  });

  it('tells it of a slow device too, whose picks are far apart', () => {
    const saturation = new Saturation();
    for (let nowMs = 0; nowMs <= 4_000; nowMs += 400) saturation.observe(nowMs - 900, 800, nowMs);
    expect(saturation.isSaturated).toBe(true);
  });

  it('does not take two long waits with an idle hour between them for one', () => {
    const saturation = new Saturation();
    // The frame left waiting expired, and nobody sent anything more.
    picks(saturation, 0, 0, 100);
    picks(saturation, 3_600_000, 3_600_000, 100);
    expect(saturation.isSaturated).toBe(false);
  });
});
