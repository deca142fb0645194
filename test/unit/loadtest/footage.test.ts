import { describe, expect, it } from 'vitest';
import { FootagePlay } from '../../../loadtest/swarm/footage.ts';

describe('FootagePlay', () => {
  it('shows what a live camera would see: pictures follow the clock, however few are asked for', () => {
    const play = new FootagePlay({ pictures: 48, fps: 24, share: 0 });
    expect([0, 200, 1_000, 1_990].map((t) => play.pictureAt(t))).toEqual([0, 4, 24, 47]);
  });

  it('goes round and says which round it is in', () => {
    const play = new FootagePlay({ pictures: 48, fps: 24, share: 0.25 });
    expect(play.loopMs).toBe(2_000);
    expect(play.pictureAt(0)).toBe(12);
    expect(play.pictureAt(1_500)).toBe(0);
    expect(Math.floor(play.positionMs(1_499) / play.loopMs)).toBe(0);
    expect(Math.floor(play.positionMs(1_500) / play.loopMs)).toBe(1);
  });
});
