import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CameraLook, demandFps, entitledFps, keepsTo, nextOwnFps } from '../../../../actors/flow/demand.ts';
import { RateMeter } from '../../../../core/rate-meter.ts';

const look = (what: Partial<CameraLook>): CameraLook => ({
  receivedFps: 10,
  wantedFps: 10,
  targetFps: 10,
  ownFps: 10,
  obeys: true,
  still: false,
  fpsMax: 10,
  ...what,
});

describe('what a camera sends when it may', () => {
  it('is what it is seen to send while it could send more', () => {
    expect(nextOwnFps({ receivedFps: 4, targetFps: 10, ownFps: 10 })).toBe(4);
  });

  it('is not forgotten while it is asked for less', () => {
    expect(nextOwnFps({ receivedFps: 4, targetFps: 4, ownFps: 10 })).toBe(10);
    expect(nextOwnFps({ receivedFps: 3.5, targetFps: 4, ownFps: 10 })).toBe(10);
  });

  it('grows with what it sends', () => {
    expect(nextOwnFps({ receivedFps: 12, targetFps: 12, ownFps: 10 })).toBe(12);
  });
});

describe('what a camera could use', () => {
  it('is what it wants, where it is known to send that much', () => {
    expect(demandFps(look({ receivedFps: 4, targetFps: 4 }))).toBe(10);
  });

  it('is little more than it sends, where it does not use what it has: the rest is for others', () => {
    expect(demandFps(look({ receivedFps: 2, ownFps: 2 }))).toBe(3);
    expect(demandFps(look({ receivedFps: 0, ownFps: 0 }))).toBe(0.5);
  });

  it('is what it sends, where it keeps to nothing', () => {
    expect(demandFps(look({ receivedFps: 100, obeys: false }))).toBe(100);
    expect(demandFps(look({ receivedFps: 100, obeys: false, still: true, wantedFps: 2 }))).toBe(2);
  });

  it('lets a camera that begins to send come to its rate within a few seconds of looks', () => {
    // It sends what it is asked for, and is asked for what it was thought to be able to use.
    let own = look({ receivedFps: 0, ownFps: 0 });
    let looks = 0;
    while (own.receivedFps < 10 && looks < 40) {
      const receivedFps = demandFps(own);
      own = { ...own, receivedFps, targetFps: receivedFps };
      own = { ...own, ownFps: nextOwnFps(own) };
      looks++;
    }
    expect(looks).toBeLessThan(16);
  });

  it('is never more than is wanted of one that obeys', () => {
    const fps = fc.double({ min: 0, max: 200, noNaN: true });
    fc.assert(
      fc.property(fps, fps, fps, fps, (receivedFps, wantedFps, targetFps, ownFps) => {
        expect(demandFps(look({ receivedFps, wantedFps, targetFps, ownFps }))).toBeLessThanOrEqual(wantedFps);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('what a camera may expect to have analysed', () => {
  it('is what it sends, as long as nothing holds it back', () => {
    expect(entitledFps(look({ receivedFps: 3 }))).toBe(3);
  });

  it('is what it would send, where it was asked for less and keeps to that', () => {
    expect(entitledFps(look({ receivedFps: 4, targetFps: 4 }))).toBe(10);
    expect(entitledFps(look({ receivedFps: 4, targetFps: 4, ownFps: 6 }))).toBe(6);
  });

  it('is what it sends, where it does not even use what it was asked for', () => {
    expect(entitledFps(look({ receivedFps: 1, targetFps: 4 }))).toBe(1);
  });

  it('is no more for a camera that sends ten times as much as any is asked for', () => {
    expect(entitledFps(look({ receivedFps: 100, obeys: false }))).toBe(10);
    expect(entitledFps(look({ receivedFps: 100, wantedFps: 100 }))).toBe(10);
  });
});

describe('whether a camera keeps to what it was asked for', () => {
  it('allows for jitter', () => {
    expect(keepsTo(12, 10)).toBe(true);
    expect(keepsTo(0.5, 0.1)).toBe(true);
    expect(keepsTo(20, 10)).toBe(false);
  });

  it('says yes of one that goes down to a new target within half a second, and no of one that never does', () => {
    // As the flow actor holds it against the camera: the highest target of late, fading by 7 % a look.
    const obeyed = (goesDown: boolean): boolean[] => {
      const meter = new RateMeter();
      let heldFps = 10;
      let nextMs = 0;
      const said: boolean[] = [];
      for (let nowMs = 0; nowMs < 60_000; nowMs += 250) {
        const targetFps = nowMs < 20_000 ? 10 : 2;
        const sendsFps = goesDown && nowMs >= 20_500 ? 2 : 10;
        for (; nextMs <= nowMs; nextMs += 1_000 / sendsFps) meter.mark(nextMs);
        heldFps = Math.max(targetFps, heldFps * 0.93);
        said.push(keepsTo(meter.perSecond(nowMs), heldFps));
      }
      return said;
    };
    expect(obeyed(true)).not.toContain(false);
    expect(obeyed(false).slice(0, 80)).not.toContain(false);
    expect(obeyed(false).slice(-100)).not.toContain(true);
  });
});
