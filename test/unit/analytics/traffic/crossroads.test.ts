import { describe, expect, it } from 'vitest';
import { analyseScene } from '../../../support/scenes/analyse-scene.ts';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

// Runs of 1,000 vehicles at all frame rates: loadtest/analytics-report; its figures are in docs/traffic.md.
describe('a crossroads with queues on the lines and a bridge that hides wheels, from detections to counts', () => {
  it.each([11, 12])('is counted to 1 % and speeds are told to 5 % (seed %i)', (seed) => {
    const { crossings } = analyseScene({ seed, vehicles: 250, fps: 10 });
    const { truth, net, missed, extra, speedErrors, untold, counted } = crossings;
    expect(truth).toBeGreaterThan(300);
    expect(net / truth).toBeLessThanOrEqual(0.01);
    expect((missed.length + extra.length) / truth).toBeLessThan(0.02);
    expect(mean(speedErrors)).toBeLessThan(0.05);
    expect(untold / counted).toBeLessThan(0.08);
  });
});
