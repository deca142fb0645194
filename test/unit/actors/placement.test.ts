import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LoadedDevice, type PlaceableDevice, placeCamera, relief } from '../../../actors/placement.ts';
import type { CameraId } from '../../../core/ids.ts';
import { createRandom } from '../../../core/random.ts';

const cameras = Array.from({ length: 6_000 }, (_, i) => `cam-${i}` as CameraId);

function device(name: string, capacityFps = 80, healthy = true): PlaceableDevice {
  return { device: name, capacityFps, healthy };
}

/** How many cameras are on each device, by name. */
function counts(placed: ReadonlyMap<CameraId, PlaceableDevice | undefined>): Record<string, number> {
  const of: Record<string, number> = {};
  for (const at of placed.values()) if (at !== undefined) of[at.device] = (of[at.device] ?? 0) + 1;
  return of;
}

const placeAll = (devices: readonly PlaceableDevice[]) =>
  new Map(cameras.map((camera) => [camera, placeCamera(camera, undefined, devices)]));

describe('placing cameras on devices', () => {
  it('spreads them in proportion to what the devices sustain', () => {
    const of = counts(placeAll([device('a', 100), device('b', 200), device('c', 300)]));
    expect((of.a ?? 0) / cameras.length).toBeCloseTo(1 / 6, 1);
    expect((of.b ?? 0) / cameras.length).toBeCloseTo(2 / 6, 1);
    expect((of.c ?? 0) / cameras.length).toBeCloseTo(3 / 6, 1);
  });

  it('spreads them evenly while nothing is known of the devices', () => {
    const of = counts(placeAll([device('a', 0), device('b', 0)]));
    expect((of.a ?? 0) / cameras.length).toBeCloseTo(0.5, 1);
  });

  it('leaves a camera where it is while that device is healthy, whatever the others could do', () => {
    const slow = device('slow', 1);
    expect(placeCamera('cam' as CameraId, slow, [slow, device('fast', 10_000)])).toBe(slow);
  });

  it("moves a failed device's cameras only, and spreads them over the others in proportion", () => {
    const before = placeAll([device('a', 100), device('b', 100), device('c', 300)]);
    const now = [device('a', 100, false), device('b', 100), device('c', 300)];
    const moved: Record<string, number> = {};
    for (const [camera, at] of before) {
      const current = now.find((one) => one.device === at?.device);
      const to = placeCamera(camera, current, now);
      if (at?.device !== 'a') expect(to?.device).toBe(at?.device);
      else moved[to?.device ?? '?'] = (moved[to?.device ?? '?'] ?? 0) + 1;
    }
    const all = counts(before).a ?? 0;
    expect(moved.a).toBeUndefined();
    expect((moved.b ?? 0) / all).toBeCloseTo(0.25, 1);
    expect((moved.c ?? 0) / all).toBeCloseTo(0.75, 1);
  });

  it('says the same of a camera each time, and moves no others when a device is taken out of the list', () => {
    const devices = [device('a'), device('b'), device('c'), device('d')];
    for (const camera of cameras.slice(0, 500)) {
      const at = placeCamera(camera, undefined, devices);
      expect(placeCamera(camera, undefined, [...devices].reverse())).toBe(at);
      if (at?.device !== 'a') expect(placeCamera(camera, undefined, devices.slice(1))).toBe(at);
    }
  });

  it('leaves a camera where it is when no device is healthy, and places a new one all the same', () => {
    const devices = [device('a', 80, false), device('b', 80, false)];
    expect(placeCamera('cam' as CameraId, devices[0], devices)).toBe(devices[0]);
    expect(devices).toContain(placeCamera('cam' as CameraId, undefined, devices));
    expect(placeCamera('cam' as CameraId, undefined, [])).toBeUndefined();
  });
});

const loaded = (name: string, loadFps: number, capacityFps = 100, healthy = true): LoadedDevice => ({
  ...device(name, capacityFps, healthy),
  loadFps,
});

describe('relieving a device of cameras', () => {
  it('is not called for while loads are even enough, or there is room to spare', () => {
    expect(relief([loaded('a', 80), loaded('b', 60)])).toBeUndefined();
    expect(relief([loaded('a', 55), loaded('b', 0)])).toBeUndefined();
    expect(relief([loaded('a', 300)])).toBeUndefined();
    expect(relief([])).toBeUndefined();
  });

  it('asks for as much as makes both equally busy', () => {
    expect(relief([loaded('a', 100), loaded('b', 0)])).toMatchObject({ fps: 50 });
    // 120 and 40 of 100 and 300 frames/s: 40 % each afterwards.
    const move = relief([loaded('a', 120, 100), loaded('b', 40, 300)]);
    expect(move?.from.device).toBe('a');
    expect((120 - (move?.fps ?? 0)) / 100).toBeCloseTo((40 + (move?.fps ?? 0)) / 300);
  });

  it('leaves devices out that are not healthy or of which nothing is known', () => {
    expect(relief([loaded('a', 100), loaded('b', 0, 100, false)])).toBeUndefined();
    expect(relief([loaded('a', 100), loaded('b', 0, 0)])).toBeUndefined();
  });

  it('ends: cameras are not moved back and forth, whatever they ask for and however that varies', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 20, max: 400 }), { minLength: 2, maxLength: 4 }),
        fc.array(fc.double({ min: 0.5, max: 30, noNaN: true }), { minLength: 1, maxLength: 60 }),
        fc.nat(1_000),
        (capacities, rates, seed) => {
          const random = createRandom(seed);
          // All on the first: the others have just come back.
          const on = rates.map(() => 0);
          let movedLate = 0;
          for (let look = 0; look < 200; look++) {
            const now = rates.map((rate) => rate * (0.95 + 0.1 * random()));
            const load = (at: number): number => now.reduce((sum, fps, i) => sum + (on[i] === at ? fps : 0), 0);
            const move = relief(capacities.map((capacity, at) => loaded(String(at), load(at), capacity)));
            if (move === undefined) continue;
            // As the flow actor moves them: never more than is asked for, so nobody is busier than its giver was.
            let leftFps = move.fps;
            now.forEach((fps, i) => {
              if (String(on[i]) !== move.from.device || fps > leftFps) return;
              on[i] = Number(move.to.device);
              leftFps -= fps;
              if (look >= 20) movedLate++;
            });
          }
          expect(movedLate).toBeLessThanOrEqual(2);
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });

  it('evens out what came back empty', () => {
    const on = Array.from({ length: 40 }, () => 0);
    for (let look = 0; look < 10; look++) {
      const load = (at: number): number => on.filter((one) => one === at).length * 4;
      const move = relief([loaded('0', load(0)), loaded('1', load(1))]);
      if (move === undefined) break;
      for (let i = 0, leftFps = move.fps; i < on.length && leftFps >= 4; i++) {
        if (String(on[i]) !== move.from.device) continue;
        on[i] = Number(move.to.device);
        leftFps -= 4;
      }
    }
    expect(on.filter((at) => at === 0)).toHaveLength(20);
  });
});
