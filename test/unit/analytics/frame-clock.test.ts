import { describe, expect, it } from 'vitest';
import { FrameClock } from '../../../analytics/frame-clock.ts';

/** A frame received at `atMs` on both clocks, the wall clock being ahead by `stepMs`. */
const frame = (atMs: number, capturedWallMs?: number, stepMs = 0) => ({
  receivedAtMs: atMs,
  receivedWallMs: 1_000_000 + atMs + stepMs,
  capturedWallMs,
});

describe('the event time of a camera', () => {
  it('is when the node received the frame, where the camera does not say', () => {
    const clock = new FrameClock();
    expect([0, 100, 250].map((at) => clock.frame(frame(at)))).toEqual([1_000_000, 1_000_100, 1_000_250]);
  });

  it('keeps the distances at which frames were captured, whatever the network made of them', () => {
    const clock = new FrameClock();
    // Captured each 100 ms by a clock that is a day off; the second is held up for 80 ms, the third hardly.
    const times = [frame(10, 86_400_000), frame(190, 86_400_100), frame(215, 86_400_200)].map((f) => clock.frame(f));
    expect(times).toEqual([1_000_010, 1_000_110, 1_000_210]);
  });

  it('goes by the fastest frame of late and never ahead of the node', () => {
    const clock = new FrameClock();
    expect(clock.frame(frame(500, 0))).toBe(1_000_500);
    // 400 ms less under way than the one before: that one was late.
    expect(clock.frame(frame(200 + 400, 500))).toBe(1_000_600);
    expect(clock.frame(frame(750, 600))).toBe(1_000_700);
  });

  it('believes a camera whose clock was set', () => {
    const clock = new FrameClock();
    clock.frame(frame(0, 1_000));
    expect(clock.frame(frame(100, 50_000_000))).toBe(1_000_100);
    expect(clock.frame(frame(250, 50_000_100))).toBe(1_000_200);
  });

  it('never goes back when the node’s own clock does, and is right again after twice as long', () => {
    const clock = new FrameClock();
    expect(clock.frame(frame(0))).toBe(1_000_000);
    const back = (at: number) => clock.frame(frame(at, undefined, -10_000));
    expect(back(1_000)).toBe(1_000_500);
    expect(back(2_000)).toBe(1_001_000);
    expect(back(17_000)).toBeGreaterThan(1_001_000);
    expect(back(30_000)).toBe(1_020_000);
  });

  it('follows at once when the node’s clock is set forward', () => {
    const clock = new FrameClock();
    clock.frame(frame(0));
    expect(clock.frame(frame(1_000, undefined, 60_000))).toBe(1_061_000);
  });

  it('goes on from where it was before a hand-off', () => {
    expect(new FrameClock(2_000_000).frame(frame(0))).toBe(2_000_000);
  });

  it('is not put forward for a frame that is looked at late by the second that passed meanwhile', () => {
    const clock = new FrameClock();
    clock.frame(frame(800));
    expect(clock.tick(1_000, 1_001_000)).toBe(1_001_000);
    expect(clock.frame(frame(900))).toBe(1_000_900);
    expect(clock.frame(frame(1_000))).toBe(1_001_000);
  });

  it('is not put forward for a frame with the device by a newer one that was shed meanwhile', () => {
    const clock = new FrameClock();
    clock.frame(frame(0, 5_000));
    expect(clock.unseen(frame(400, 5_400))).toBe(1_000_400);
    expect(clock.frame(frame(200, 5_200))).toBe(1_000_200);
    expect(clock.unseen(frame(100, 5_100))).toBe(1_000_200);
  });

  it('goes on after a hand-off from a node whose clock is ahead', () => {
    const near = new FrameClock(1_000_500);
    expect([0, 500, 1_000].map((at) => near.frame(frame(at)))).toEqual([1_000_500, 1_000_500, 1_001_000]);
    const far = new FrameClock(1_010_000);
    expect([0, 500, 1_000].map((at) => far.frame(frame(at)))).toEqual([1_010_000, 1_010_250, 1_010_500]);
  });
});
