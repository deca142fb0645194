import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bucketsWithin,
  fitted,
  type MemoryLadderState,
  type MemoryStep,
  ranOut,
  startOfMemoryLadder,
} from '../../../../models/batch/memory-ladder.ts';

const BUCKETS = [1, 2, 4, 8, 16, 32];
const PROBE_MS = 60_000;
const start = startOfMemoryLadder(PROBE_MS);
const allowed = (state: MemoryLadderState, inputSize = 320) => bucketsWithin(state, BUCKETS, inputSize);

/** The largest batch that may run does not fit, `times` in a row. */
function runOut(state: MemoryLadderState, times: number, nowMs = 0) {
  let at = state;
  const steps: MemoryStep[] = [];
  for (let i = 0; i < times; i++) {
    const buckets = allowed(at);
    const result = ranOut(at, { frames: buckets.at(-1) ?? 1, inputSize: 320 }, buckets, nowMs);
    at = result.state;
    steps.push(result.step);
  }
  return { state: at, steps };
}

describe('running out of memory', () => {
  it('halves batches down to one, then makes the sessions anew, then the thread, then gives the device up', () => {
    const { steps } = runOut(start, 8);
    expect(steps).toEqual([
      { kind: 'smaller', frames: 16 },
      { kind: 'smaller', frames: 8 },
      { kind: 'smaller', frames: 4 },
      { kind: 'smaller', frames: 2 },
      { kind: 'smaller', frames: 1 },
      { kind: 'renew' },
      { kind: 'replace' },
      { kind: 'give_up' },
    ]);
  });

  it('starts over with the sessions once a batch of one has run', () => {
    const renewed = runOut(start, 6).state;
    const worked = fitted(renewed, BUCKETS, 320, 0);
    expect(runOut(worked, 1).steps).toEqual([{ kind: 'renew' }]);
  });

  it('starts over after giving up: the device made next is another', () => {
    expect(runOut(runOut(start, 8).state, 1).steps).toEqual([{ kind: 'renew' }]);
  });

  it('does not halve twice for two batches in flight that fail of the same cause', () => {
    const first = ranOut(start, { frames: 32, inputSize: 320 }, BUCKETS, 0);
    const second = ranOut(first.state, { frames: 32, inputSize: 320 }, allowed(first.state), 10);
    expect(second.step).toEqual({ kind: 'smaller', frames: 16 });
    expect(allowed(second.state)).toEqual([1, 2, 4, 8, 16]);
    expect(second.state.probeWaitMs).toBe(PROBE_MS);
  });

  it('caps pixels, so that smaller inputs may have more frames and larger ones fewer', () => {
    const { state } = runOut(start, 2);
    expect(allowed(state, 320).at(-1)).toBe(8);
    expect(allowed(state, 224).at(-1)).toBe(16);
    expect(allowed(state, 512).at(-1)).toBe(2);
    expect(allowed(runOut(start, 5).state, 512)).toEqual([1]);
  });

  it('does not make later probing wait longer for halvings within one incident', () => {
    const { state } = runOut(start, 5, 1_000);
    expect(state.probeAtMs).toBe(1_000 + PROBE_MS);
  });
});

describe('probing upward', () => {
  it('tries the next larger batch after its wait, and not before', () => {
    const { state } = runOut(start, 2);
    expect(allowed(fitted(state, BUCKETS, 320, PROBE_MS - 1)).at(-1)).toBe(8);
    expect(allowed(fitted(state, BUCKETS, 320, PROBE_MS)).at(-1)).toBe(16);
  });

  it('goes up one size per wait, and the cap is gone at the top', () => {
    let { state } = runOut(start, 5);
    const sizes: number[] = [];
    for (let nowMs = PROBE_MS; nowMs <= 7 * PROBE_MS; nowMs += PROBE_MS) {
      state = fitted(state, BUCKETS, 320, nowMs);
      sizes.push(allowed(state).at(-1) ?? 0);
    }
    expect(sizes).toEqual([2, 4, 8, 16, 32, 32, 32]);
    expect(state.probeAtMs).toBeUndefined();
    expect(state.pixelsMax).toBe(Number.POSITIVE_INFINITY);
  });

  it('waits twice as long each time the larger batch fails, an hour at most', () => {
    // Sixteen fit for good, thirty-two never do.
    let state = start;
    const triedAtMs: number[] = [];
    for (let nowMs = 0; nowMs < 24 * 3_600_000; nowMs += 1_000) {
      const buckets = allowed(state);
      if (buckets.at(-1) === 32) {
        triedAtMs.push(nowMs);
        state = ranOut(state, { frames: 32, inputSize: 320 }, buckets, nowMs).state;
        expect(allowed(state).at(-1)).toBe(16);
      } else state = fitted(state, BUCKETS, 320, nowMs);
    }
    const waits = triedAtMs.slice(1).map((atMs, i) => Math.round((atMs - (triedAtMs[i] ?? 0)) / PROBE_MS));
    expect(waits.slice(0, 7)).toEqual([1, 2, 4, 8, 16, 32, 60]);
    expect(Math.max(...waits)).toBe(60);
  });

  it('does nothing while nothing is capped', () => {
    expect(fitted(start, BUCKETS, 320, 1_000_000)).toBe(start);
  });
});

describe('the memory ladder on a card of any size', () => {
  it('always allows some batch, ends every incident, and finds what fits', () => {
    const sizes = fc.constantFrom(224, 320, 416, 512);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        sizes,
        fc.array(fc.nat(5_000), { maxLength: 40 }),
        (fits, size, waits) => {
          // `fits` frames of 320 pixels a side fit; with 0 none does.
          const pixels = fits * 320 ** 2;
          let state = start;
          let nowMs = 0;
          for (const waitMs of waits) {
            nowMs += waitMs * 60;
            let steps = 0;
            for (;;) {
              const buckets = allowed(state, size);
              expect(buckets.length).toBeGreaterThan(0);
              const frames = buckets.at(-1) ?? 1;
              if (frames * size ** 2 <= pixels) {
                state = fitted(state, BUCKETS, size, nowMs);
                break;
              }
              const result = ranOut(state, { frames, inputSize: size }, buckets, nowMs);
              state = result.state;
              if (result.step.kind === 'give_up') break;
              if (result.step.kind === 'smaller') expect(result.step.frames).toBeLessThan(frames);
              else expect(frames).toBe(1);
              // Five halvings, the sessions, the thread.
              expect(++steps).toBeLessThanOrEqual(7);
            }
          }
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });
});
