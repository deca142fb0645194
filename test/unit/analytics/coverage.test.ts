import { describe, expect, it } from 'vitest';
import { CoverageMeter } from '../../../analytics/coverage.ts';

/** An interval of a minute from 0, observed at the given times. */
function minute(times: readonly number[], options: { readonly next?: number; readonly unfitFrom?: number } = {}) {
  const meter = new CoverageMeter(1.5);
  for (const at of times) meter.seen('analysed', at, 0, at < (options.unfitFrom ?? Number.POSITIVE_INFINITY));
  return meter.close(0, 60_000, options.next, 0.9);
}
const every = (ms: number, until = 60_000): number[] => Array.from({ length: until / ms }, (_, i) => i * ms);

describe('coverage', () => {
  it('is whole where a camera was looked at twice a second and the next look follows', () => {
    expect(minute(every(500), { next: 60_200 })).toMatchObject({ observedShare: 1, analysed: 120, valid: true });
  });

  it('leaves out gaps longer than the settings allow', () => {
    const times = every(500).filter((at) => at < 20_000 || at >= 35_000);
    expect(minute(times, { next: 60_000 })).toMatchObject({ observedShare: 0.7417, valid: false });
  });

  it('leaves out the end of an interval nobody knows how it went on from', () => {
    expect(minute(every(500, 30_000)).observedShare).toBeCloseTo(29.5 / 60);
  });

  it('is not valid while the camera cannot see', () => {
    expect(minute(every(500), { next: 60_000, unfitFrom: 50_000 })).toMatchObject({ observedShare: 1, valid: false });
  });

  it('counts gated frames as looks and tells the others by their end', () => {
    const meter = new CoverageMeter(1.5);
    meter.seen('analysed', 0, 0, true);
    meter.unseen('shed');
    meter.unseen('shed');
    meter.unseen('lost');
    expect(meter.seen('gated', 1_000, 0, true)).toBe(1);
    expect(meter.close(0, 1_000, 1_000, 0.9)).toEqual({
      observedShare: 1,
      analysed: 1,
      gated: 1,
      shed: 2,
      rejected: 0,
      lost: 1,
      valid: true,
    });
    expect(meter.any).toBe(false);
  });

  it('goes on the same from its state', () => {
    const whole = new CoverageMeter(1.5);
    whole.seen('analysed', 0, 0, true);
    whole.seen('gated', 700, 0, true);
    const restored = new CoverageMeter(1.5, JSON.parse(JSON.stringify(whole.state())));
    for (const meter of [whole, restored]) meter.seen('analysed', 1_500, 0, false);
    expect(restored.close(0, 2_000, 2_100, 0.5)).toEqual(whole.close(0, 2_000, 2_100, 0.5));
  });
});
