import { describe, expect, it } from 'vitest';
import { LatencyWindow } from '../../../../src/telemetry/latency-window.ts';

describe('LatencyWindow', () => {
  it('has no percentiles before the first answer', () => {
    expect(new LatencyWindow().percentiles(0)).toBeNull();
  });

  it('gives nearest-rank percentiles to a tenth of a millisecond', () => {
    const window = new LatencyWindow();
    for (let i = 100; i >= 1; i--) window.observe(0, i + 0.04);
    expect(window.percentiles(0)).toEqual({ p50: 50, p99: 99 });
    const one = new LatencyWindow();
    one.observe(0, 7.26);
    expect(one.percentiles(0)).toEqual({ p50: 7.3, p99: 7.3 });
  });

  it('forgets what is older than its window', () => {
    const window = new LatencyWindow(10, 1_000);
    window.observe(0, 500);
    window.observe(900, 5);
    expect(window.percentiles(1_000)).toEqual({ p50: 5, p99: 500 });
    expect(window.percentiles(1_001)).toEqual({ p50: 5, p99: 5 });
    expect(window.percentiles(1_901)).toBeNull();
  });

  it('keeps only the newest where more come than it holds', () => {
    const window = new LatencyWindow(4, 1_000);
    for (let i = 1; i <= 10; i++) window.observe(i, i);
    expect(window.percentiles(10)).toEqual({ p50: 8, p99: 10 });
  });
});
