import { describe, expect, it } from 'vitest';
import { FrameError } from '../../../../core/errors.ts';
import type { Frame } from '../../../../core/frame.ts';
import { assembleBatch } from '../../../../models/batch/assemble-batch.ts';
import { BatchBuffers } from '../../../../models/batch/batch-buffers.ts';
import { frameOf } from './fixtures.ts';

const FRAME_BYTES = 4;
const entry = (camera: string, seq: number) => ({ frame: frameOf(camera, seq) });
type Entry = ReturnType<typeof entry>;

/** Fills a slot with the frame's number; frames numbered 100 and more are bad. */
const decode = async (frame: Frame, slot: Uint8Array) => {
  await Promise.resolve();
  if (frame.seq >= 100) throw new FrameError('image_corrupt', 'bad picture');
  slot.fill(frame.seq);
};

const assemble = (picked: Entry[], waiting: Entry[] = []) =>
  assembleBatch<Entry>({
    picked,
    refill: (count) => waiting.splice(0, count),
    decode,
    buffers: new BatchBuffers(FRAME_BYTES, 2),
    frameBytes: FRAME_BYTES,
    buckets: [1, 2, 4],
  });

const pixelsOf = (batch: { pixels: Uint8Array; entries: readonly Entry[] }) =>
  batch.entries.map((_, i) => batch.pixels[i * FRAME_BYTES]);

describe('a batch being put together', () => {
  it('decodes each picked frame into its own place', async () => {
    const batch = await assemble([entry('a', 1), entry('b', 2)]);
    expect(pixelsOf(batch)).toEqual([1, 2]);
    expect(batch.rejected).toEqual([]);
  });

  it('fills the hole of a bad picture with the next waiting frame', async () => {
    const batch = await assemble([entry('a', 1), entry('bad', 100)], [entry('c', 3)]);
    expect(batch.entries.map((e) => e.frame.camera)).toEqual(['a', 'c']);
    expect(pixelsOf(batch)).toEqual([1, 3]);
    expect(batch.rejected.map((r) => r.entry.frame.camera)).toEqual(['bad']);
  });

  it('fills holes once, so that cameras of bad pictures only hold nobody up', async () => {
    const batch = await assemble([entry('good', 1), entry('bad', 100)], [entry('worse', 101), entry('c', 3)]);
    expect(pixelsOf(batch)).toEqual([1]);
    expect(batch.rejected).toHaveLength(2);
  });

  it('closes holes and shrinks to a warmed size, handing back what does not fit', async () => {
    const batch = await assemble([entry('bad', 100), entry('b', 2), entry('c', 3), entry('d', 4)]);
    expect(pixelsOf(batch)).toEqual([2, 3]);
    expect(batch.leftOver.map((e) => e.frame.camera)).toEqual(['d']);
  });

  it('comes out empty when every picture is bad', async () => {
    const batch = await assemble([entry('bad', 100), entry('worse', 101)]);
    expect(batch.entries).toEqual([]);
    expect(batch.rejected).toHaveLength(2);
  });

  it('reuses a buffer that was given back, and never one that is out', () => {
    const buffers = new BatchBuffers(FRAME_BYTES, 1);
    const first = buffers.take(2);
    expect(buffers.take(2)).not.toBe(first);
    buffers.give(first);
    expect(buffers.take(2)).toBe(first);
  });
});
