import { describe, expect, it } from 'vitest';
import { CameraGaps, summariseGaps } from '../../../loadtest/swarm/gaps.ts';

const served = (gaps: CameraGaps, ...sentMs: number[]): void => {
  for (const ms of sentMs) gaps.served(ms, 100);
};

describe('gaps of a camera', () => {
  it('is what was missing between two served frames beyond the frame interval', () => {
    const gaps = new CameraGaps();
    served(gaps, 0, 100, 200, 650, 750);
    gaps.end(850);
    expect(gaps.largestMs).toBe(350);
  });

  it('counts neighbours in the order of sending, whatever order the answers come in', () => {
    const gaps = new CameraGaps();
    served(gaps, 0, 300, 100, 200, 400);
    gaps.end(500);
    expect(gaps.largestMs).toBe(0);
  });

  it('puts the gap across an interruption down to it, and what follows within five seconds', () => {
    const gaps = new CameraGaps();
    served(gaps, 0, 100);
    gaps.interrupted('moved', 150);
    served(gaps, 400, 500, 1_000, 1_100);
    for (let ms = 1_200; ms < 9_000; ms += 100) served(gaps, ms);
    served(gaps, 12_000);
    gaps.end(12_050);
    expect(gaps.interruptions).toMatchObject([{ kind: 'moved', gapMs: 400, served: true }]);
    expect(gaps.largestMs).toBeGreaterThan(2_800);
  });

  it('ends with the run where the camera was never served again', () => {
    const gaps = new CameraGaps();
    served(gaps, 0, 100, 200);
    gaps.interrupted('lost', 210);
    gaps.end(5_200);
    expect(gaps.interruptions).toMatchObject([{ gapMs: 4_900, served: false }]);
    expect(summariseGaps([{ camera: 'a', gaps }])).toMatchObject({
      ...{ lost: { count: 1, max: 4_900 }, moved: { count: 0 }, camerasLost: 1, camerasMoved: 0 },
      ...{ neverServedAgain: 1, largest: { cameras: 1, p50: 4_900, max: 4_900 } },
      worst: [{ camera: 'a', gapMs: 4_900 }],
    });
  });

  it('stays small however many frames there are', () => {
    const gaps = new CameraGaps();
    for (let ms = 0; ms < 1_000_000; ms += 100) gaps.served(ms, 100);
    for (let i = 0; i < 1_000; i++) gaps.interrupted('lost', i);
    expect(gaps.interruptions).toHaveLength(256);
  });
});
