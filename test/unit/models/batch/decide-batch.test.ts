import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_BUCKETS, BATCHES_IN_FLIGHT_MAX } from '../../../../config/limits.ts';
import { type BatchSituation, BUSY_SHARE_MIN, decideBatch } from '../../../../models/batch/decide-batch.ts';

/** A GPU-like device: a large fixed cost, so that batching is the whole gain. */
const gpu = (b: number) => 8 + 0.5 * b;
/** A CPU-like device: each frame costs the same and a little more in company. */
const cpu = (b: number) => b * (12 + 0.1 * b);

function situation(changes: Partial<BatchSituation>): BatchSituation {
  return {
    nowMs: 1_000,
    pending: 1,
    countMeeting: () => changes.pending ?? 1,
    waitingSinceMs: 1_000,
    lastSentMs: 1_000,
    arrivalsPerMs: 0,
    batchesInFlight: 0,
    deviceFreeAtMs: 1_000,
    buckets: BATCH_BUCKETS,
    predictMs: gpu,
    decodeMs: () => 0,
    batchDelayMsMax: 5,
    ...changes,
  };
}

describe('the decision what a device runs next', () => {
  it('sends a lone frame at once when the device is idle and little comes in', () => {
    expect(decideBatch(situation({ arrivalsPerMs: 0.01 }))).toMatchObject({ kind: 'send', size: 1 });
  });

  it('takes the largest batch that pays on a device where batching pays', () => {
    expect(decideBatch(situation({ pending: 20 }))).toMatchObject({ kind: 'send', size: 16 });
  });

  it('never batches where a batch costs as much as its frames one by one', () => {
    expect(decideBatch(situation({ pending: 20, predictMs: cpu }))).toMatchObject({ kind: 'send', size: 1 });
  });

  it('takes a smaller batch where a larger one would miss deadlines', () => {
    const countMeeting = (finishAtMs: number) => (finishAtMs <= 1_011 ? 20 : 0);
    expect(decideBatch(situation({ pending: 20, countMeeting }))).toMatchObject({ kind: 'send', size: 4 });
  });

  it('sends nothing where no frame can be answered in time', () => {
    const decision = decideBatch(situation({ pending: 3, countMeeting: () => 0 }));
    expect(decision).toEqual({ kind: 'idle', finishAtMs: 1_000 + gpu(1) });
  });

  it('runs one frame now and then although its estimates say it is too late, so that they are learned anew', () => {
    const slow = situation({ pending: 3, countMeeting: (at) => (at <= 1_000 ? 3 : 0), predictMs: () => 9_000 });
    expect(decideBatch({ ...slow, lastSentMs: 800 })).toMatchObject({ kind: 'idle' });
    expect(decideBatch({ ...slow, lastSentMs: 400 })).toEqual({ kind: 'send', size: 1, finishAtMs: 1_000 });
  });

  it('waits for a larger batch only under load, and no longer than it takes to fill', () => {
    const busy = situation({ pending: 3, arrivalsPerMs: 1, batchDelayMsMax: 5 });
    expect(decideBatch(busy)).toEqual({ kind: 'wait', ms: 1 });
    expect(decideBatch({ ...busy, waitingSinceMs: 995.5 })).toMatchObject({ kind: 'send', size: 2 });
  });

  it('picks the next batch of a busy device as late as its decoding allows', () => {
    const decision = decideBatch(situation({ batchesInFlight: 1, deviceFreeAtMs: 1_010, decodeMs: () => 2 }));
    expect(decision).toEqual({ kind: 'wait', ms: 6 });
    const later = situation({ nowMs: 1_006, batchesInFlight: 1, deviceFreeAtMs: 1_010, decodeMs: () => 2 });
    expect(decideBatch(later)).toMatchObject({ kind: 'send', size: 1, finishAtMs: 1_010 + gpu(1) });
  });

  it('leaves a device alone that has its two batches', () => {
    expect(decideBatch(situation({ pending: 9, batchesInFlight: BATCHES_IN_FLIGHT_MAX }))).toMatchObject({
      kind: 'idle',
    });
  });

  const situations = fc.record({
    deadlines: fc.array(fc.double({ min: 900, max: 1_300, noNaN: true }), { maxLength: 80 }),
    arrivalsPerMs: fc.double({ min: 0, max: 5, noNaN: true }),
    batchesInFlight: fc.nat(BATCHES_IN_FLIGHT_MAX),
    freeIn: fc.double({ min: 0, max: 100, noNaN: true }),
    sentAgo: fc.double({ min: 0, max: 1_000, noNaN: true }),
    waited: fc.double({ min: 0, max: 20, noNaN: true }),
    cap: fc.integer({ min: 1, max: BATCH_BUCKETS.length }),
    a: fc.double({ min: 0, max: 30, noNaN: true }),
    k: fc.double({ min: 0, max: 15, noNaN: true }),
    decode: fc.double({ min: 0, max: 5, noNaN: true }),
  });
  type Drawn = typeof situations extends fc.Arbitrary<infer T> ? T : never;
  const build = (d: Drawn): BatchSituation => ({
    nowMs: 1_000,
    pending: d.deadlines.length,
    countMeeting: (finishAtMs) => d.deadlines.filter((deadline) => deadline >= finishAtMs).length,
    waitingSinceMs: 1_000 - d.waited,
    lastSentMs: 1_000 - d.sentAgo,
    arrivalsPerMs: d.arrivalsPerMs,
    batchesInFlight: d.batchesInFlight,
    deviceFreeAtMs: d.batchesInFlight === 0 ? 1_000 : 1_000 + d.freeIn,
    buckets: BATCH_BUCKETS.slice(0, d.cap),
    predictMs: (b) => d.a + d.k * b,
    decodeMs: () => d.decode,
    batchDelayMsMax: 5,
  });
  const check = (name: string, holds: (s: BatchSituation, d: Drawn) => void) =>
    it(name, () =>
      fc.assert(
        fc.property(situations, (d) => holds(build(d), d)),
        { seed: 3, numRuns: 500 },
      ),
    );

  check('never exceeds the cap, nor the frames there are', (s) => {
    const decision = decideBatch(s);
    if (decision.kind !== 'send') return;
    expect(s.buckets).toContain(decision.size);
    expect(decision.size).toBeLessThanOrEqual(s.pending);
  });

  check('never sends a frame that cannot be answered in time', (s) => {
    const decision = decideBatch(s);
    // Frames that miss `finishAtMs` are expired before picking: enough others must be left to fill the batch.
    if (decision.kind === 'send') expect(s.countMeeting(decision.finishAtMs)).toBeGreaterThanOrEqual(decision.size);
  });

  check('sends at once when waiting cannot pay', (s) => {
    const decision = decideBatch(s);
    if (decision.kind !== 'wait' || s.batchesInFlight > 0) return;
    expect(decision.ms).toBeLessThanOrEqual(s.batchDelayMsMax - (s.nowMs - s.waitingSinceMs));
    const busyShare = Math.max(...s.buckets.map((b) => (s.arrivalsPerMs * s.predictMs(b)) / b));
    expect(busyShare).toBeGreaterThanOrEqual(BUSY_SHARE_MIN);
    // The frames here survive the wait.
    expect(s.countMeeting(s.nowMs + decision.ms)).toBe(s.pending);
  });

  check('always answers with a finite time, so that somebody looks again', (s) => {
    const decision = decideBatch(s);
    if (decision.kind === 'wait') expect(Number.isFinite(decision.ms) && decision.ms > 0).toBe(true);
    else expect(Number.isFinite(decision.finishAtMs)).toBe(true);
  });
});
