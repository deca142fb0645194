import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arrived,
  HALVE_EACH_MS,
  looked,
  missed,
  nextLookDueMs,
  type SamplingState,
  STILL_AFTER_MS,
  startSampling,
  wantedFps,
} from '../../../../actors/flow/sampling.ts';

const range = { fpsMin: 2, fpsMax: 10 };
/** A camera on which nothing moved for so long, as looks until now saw it. */
const stillFor = (ms: number): SamplingState => ({ movedAtMs: 0, lookedAtMs: ms, dueAtMs: ms });

/** Feeds frames to a camera; `moves(t)` says what a look sees. Returns the times of looks. */
function feed(timesMs: readonly number[], moves: (atMs: number) => boolean, of = range) {
  let state = startSampling(timesMs[0] ?? 0);
  const looks: number[] = [];
  for (const atMs of timesMs) {
    const arrival = arrived(state, of, atMs);
    state = arrival.state;
    if (arrival.kind === 'skip') continue;
    looks.push(atMs);
    state = looked(state, moves(atMs), atMs);
  }
  return { looks, state };
}

const every = (ms: number, count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i * ms);

describe('the rate asked of a camera', () => {
  it('is the highest while things move', () => {
    expect(wantedFps(startSampling(5), range)).toBe(10);
    expect(wantedFps(stillFor(STILL_AFTER_MS - 1), range)).toBe(10);
  });

  it('is halved each second once the scene is still for two, down to the least', () => {
    const at = (ms: number): number => wantedFps(stillFor(STILL_AFTER_MS + ms), range);
    expect([0, HALVE_EACH_MS, 2 * HALVE_EACH_MS, 60_000].map(at)).toEqual([5, 2.5, 2, 2]);
  });

  it('jumps back at once when something moves', () => {
    expect(wantedFps(looked(stillFor(60_000), true, 60_500), range)).toBe(10);
  });

  it('stays as it was while nobody could look', () => {
    expect(wantedFps(looked(startSampling(0), true, 1_000), range)).toBe(10);
    expect(wantedFps({ ...startSampling(0), dueAtMs: 60_000 }, range)).toBe(10);
  });

  it('lies within its range, and never rises but by movement', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 120, noNaN: true }),
        fc.double({ min: 0.1, max: 120, noNaN: true }),
        fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 3_000 }), moved: fc.boolean() }), { maxLength: 50 }),
        (fpsMin, fpsMax, steps) => {
          const of = { fpsMin, fpsMax };
          let state = startSampling(0);
          let now = 0;
          for (const { afterMs, moved } of steps) {
            now += afterMs;
            const before = wantedFps(state, of);
            state = looked(state, moved, now);
            const after = wantedFps(state, of);
            expect(after).toBeLessThanOrEqual(fpsMax);
            expect(after).toBeGreaterThanOrEqual(Math.min(fpsMin, fpsMax));
            if (moved) expect(after).toBe(fpsMax);
            else expect(after).toBeLessThanOrEqual(before);
          }
        },
      ),
    );
  });
});

describe('frames of a camera that ignores its target', () => {
  it('are all looked at while things move', () => {
    expect(feed(every(40, 100), () => true).looks).toHaveLength(100);
  });

  it('cost two looks a second once the scene is still', () => {
    const { looks } = feed(every(40, 25 * 30), () => false);
    expect(looks.filter((at) => at >= 10_000 && at < 30_000)).toHaveLength(40);
  });

  it('are looked at again at once when something moves', () => {
    const moves = (at: number): boolean => at >= 20_010 && at < 21_000;
    const { looks } = feed(every(40, 25 * 25), moves);
    const first = looks.find((at) => at >= 20_010) ?? Number.POSITIVE_INFINITY;
    expect(first - 20_010).toBeLessThanOrEqual(540);
    expect(looks.filter((at) => at > first && at < first + 1_000).length).toBeGreaterThanOrEqual(24);
  });

  it('are looked at one at a time: none is decoded while another is', () => {
    let { state, kind } = arrived(stillFor(60_000), range, 60_000);
    expect(kind).toBe('look');
    ({ state, kind } = arrived(state, range, 60_040));
    expect(kind).toBe('skip');
    expect(arrived(state, range, 60_500).kind).toBe('look');
  });
});

describe('frames of a camera that obeys', () => {
  it('are looked at although they come a little early or late', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -45, max: 45 }), { minLength: 20, maxLength: 60 }), (jitter) => {
        const times = jitter.map((ms, i) => 60_000 + i * 500 + ms);
        let state = stillFor(60_000);
        let looks = 0;
        for (const atMs of times) {
          const arrival = arrived(state, range, atMs);
          state = arrival.kind === 'look' ? looked(arrival.state, false, atMs) : arrival.state;
          if (arrival.kind === 'look') looks++;
        }
        expect(looks).toBe(times.length);
      }),
    );
  });
});

describe('an event on a still camera', () => {
  it('is looked at within a second, whatever rate of 2 or more the camera sends and however its frames jitter', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 2.5, max: 60, noNaN: true }),
        fc.integer({ min: 0, max: 2_000 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.3, noNaN: true })),
        (fps, eventMs, jitters) => {
          const intervalMs = 1_000 / fps;
          const times = every(intervalMs, Math.ceil(16 * fps)).map(
            (at) => at + intervalMs * (jitters.next().value ?? 0),
          );
          const from = 12_000 + eventMs;
          const { looks } = feed(times, () => false);
          const seen = looks.find((at) => at >= from) ?? Number.POSITIVE_INFINITY;
          expect(seen - from).toBeLessThanOrEqual(1_000);
        },
      ),
    );
  });

  it('is looked at with the next frame where the look before did not take place', () => {
    const { state } = arrived(stillFor(60_000), range, 60_000);
    expect(arrived(state, range, 60_100).kind).toBe('skip');
    expect(arrived(missed(state, 60_050), range, 60_100).kind).toBe('look');
  });

  it('comes no earlier than the next look is due, and then is one', () => {
    const { state } = arrived(stillFor(60_000), range, 60_000);
    const due = nextLookDueMs(looked(state, false, 60_000), range);
    expect(due).toBe(60_400);
    expect(arrived(state, range, due - 1).kind).toBe('skip');
    expect(arrived(state, range, due).kind).toBe('look');
  });
});
