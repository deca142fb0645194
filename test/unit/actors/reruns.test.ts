import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reruns } from '../../../actors/reruns.ts';

interface Entry {
  readonly id: number;
  readonly deadlineAtMs: number;
}

const FRAME_BYTES = 4;
const bytesOf = (): number => FRAME_BYTES;
const entry = (id: number, deadlineAtMs = 1_000): Entry => ({ id, deadlineAtMs });

/** A batch whose pixels say which frame they belong to. */
function batch(ids: readonly number[], deadlineAtMs = 1_000) {
  const pixels = new Uint8Array(ids.flatMap((id) => Array<number>(FRAME_BYTES).fill(id)));
  return { entries: ids.map((id) => entry(id, deadlineAtMs)), pixels, inputSize: 320 };
}

const ids = (entries: readonly Entry[] | undefined): readonly number[] => (entries ?? []).map(({ id }) => id);

describe('frames whose batch did not fit', () => {
  it('are taken again in batches that may run, in order, each frame with its own pixels', () => {
    const reruns = new Reruns<Entry>();
    reruns.add(batch([1, 2, 3, 4, 5, 6, 7, 8]));
    const parts = [];
    while (!reruns.isEmpty) parts.push(reruns.take(() => [1, 2, 4], bytesOf));
    expect(parts.map((part) => ids(part?.entries))).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]);
    for (const part of parts) {
      ids(part?.entries).forEach((id, i) => {
        expect([...(part?.pixels.subarray(i * FRAME_BYTES, (i + 1) * FRAME_BYTES) ?? [])]).toEqual([id, id, id, id]);
      });
    }
  });

  it('never share a buffer: a device takes it over whole', () => {
    const reruns = new Reruns<Entry>();
    reruns.add(batch([1, 2, 3]));
    const first = reruns.take(() => [1, 2], bytesOf);
    const second = reruns.take(() => [1, 2], bytesOf);
    expect(first?.pixels.buffer).not.toBe(second?.pixels.buffer);
    expect(first?.pixels.buffer.byteLength).toBe(2 * FRAME_BYTES);
  });

  it('are taken whole where their batch may run as it is', () => {
    const reruns = new Reruns<Entry>();
    const whole = batch([1, 2]);
    reruns.add(whole);
    expect(reruns.take(() => [1, 2, 4], bytesOf)).toBe(whole);
    expect(reruns.take(() => [1, 2, 4], bytesOf)).toBeUndefined();
  });

  it('go oldest batch first', () => {
    const reruns = new Reruns<Entry>();
    reruns.add(batch([1, 2]));
    reruns.add(batch([3, 4]));
    const order = [];
    while (!reruns.isEmpty) order.push(...ids(reruns.take(() => [1], bytesOf)?.entries));
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('need no pixels where the device wants none', () => {
    const reruns = new Reruns<Entry>();
    reruns.add({ entries: [entry(1), entry(2)], pixels: new Uint8Array(0), inputSize: 320 });
    expect(ids(reruns.take(() => [1], bytesOf)?.entries)).toEqual([1]);
    expect(ids(reruns.take(() => [1], bytesOf)?.entries)).toEqual([2]);
  });

  it('expire by whole batches, when none of their frames can be answered any more', () => {
    const reruns = new Reruns<Entry>();
    reruns.add(batch([1, 2], 100));
    reruns.add({ ...batch([3, 4]), entries: [entry(3, 100), entry(4, 300)] });
    reruns.add(batch([5], 150));
    expect(ids(reruns.expire(100))).toEqual([]);
    expect(ids(reruns.expire(200))).toEqual([1, 2, 5]);
    expect(ids(reruns.clear())).toEqual([3, 4]);
    expect(reruns.isEmpty).toBe(true);
  });

  it('do not wait where there are none', () => {
    const reruns = new Reruns<Entry>();
    reruns.add(batch([]));
    expect(reruns.isEmpty).toBe(true);
    expect(reruns.clear()).toEqual([]);
  });

  it('are neither lost nor doubled, however they are split, expired and added', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('add' as const), frames: fc.integer({ min: 0, max: 9 }), deadline: fc.nat(100) }),
      fc.record({ op: fc.constant('take' as const), cap: fc.constantFrom(1, 2, 4, 8) }),
      fc.record({ op: fc.constant('expire' as const), at: fc.nat(100) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const reruns = new Reruns<Entry>();
        let next = 0;
        const out: number[] = [];
        for (const s of steps) {
          if (s.op === 'add') {
            reruns.add(
              batch(
                Array.from({ length: s.frames }, () => ++next),
                s.deadline,
              ),
            );
          } else if (s.op === 'take') {
            const part = reruns.take(() => [1, 2, 4, 8].filter((b) => b <= s.cap), bytesOf);
            expect(part?.entries.length ?? 0).toBeLessThanOrEqual(s.cap);
            ids(part?.entries).forEach((id, i) => {
              expect(part?.pixels[i * FRAME_BYTES]).toBe(id % 256);
            });
            out.push(...ids(part?.entries));
          } else out.push(...ids(reruns.expire(s.at)));
        }
        out.push(...ids(reruns.clear()));
        expect(out.sort((a, b) => a - b)).toEqual(Array.from({ length: next }, (_, i) => i + 1));
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
