import { describe, expect, it } from 'vitest';
import { FrameError } from '../../../../core/errors.ts';
import type { Frame } from '../../../../core/frame.ts';
import { assembleBatch, type GateFrame, REFILL_ROUNDS_MAX } from '../../../../models/batch/assemble-batch.ts';
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

const assemble = (picked: Entry[], waiting: Entry[] = [], gate?: GateFrame<Entry>) =>
  assembleBatch<Entry>({
    picked,
    refill: (count) => waiting.splice(0, count),
    decode,
    gate,
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

describe('a batch behind a gate', () => {
  /** Gates cameras named still...; the decoded number stands in the slot already. */
  const gate: GateFrame<Entry> = ({ frame }, slot) => {
    expect(slot[0]).toBe(frame.seq);
    return frame.camera.startsWith('still') ? 'gated' : 'run';
  };
  const camerasOf = (entries: readonly Entry[]) => entries.map((e) => e.frame.camera);
  const gatedOf = (batch: { gated: readonly { entry: Entry }[] }) => camerasOf(batch.gated.map((g) => g.entry));

  it('skips the frame of a still camera and runs the next waiting one in its place', async () => {
    const batch = await assemble([entry('still', 1), entry('b', 2)], [entry('c', 3)], gate);
    expect(camerasOf(batch.entries)).toEqual(['c', 'b']);
    expect(pixelsOf(batch)).toEqual([3, 2]);
    expect(gatedOf(batch)).toEqual(['still']);
    expect(batch.leftOver).toEqual([]);
  });

  it('goes on past several still cameras to one that moves', async () => {
    const waiting = [entry('still2', 2), entry('still3', 3), entry('d', 4), entry('e', 5)];
    const batch = await assemble([entry('still1', 1)], waiting, gate);
    expect(camerasOf(batch.entries)).toEqual(['d']);
    expect(gatedOf(batch)).toEqual(['still1', 'still2', 'still3']);
    expect(camerasOf(waiting)).toEqual(['e']);
  });

  it('stops after so many rounds, and may come out empty', async () => {
    const waiting = Array.from({ length: 10 }, (_, i) => entry(`still${i}`, i + 1));
    const batch = await assemble([entry('still', 50)], waiting, gate);
    expect(batch.entries).toEqual([]);
    expect(batch.gated).toHaveLength(1 + REFILL_ROUNDS_MAX);
    expect(waiting).toHaveLength(10 - REFILL_ROUNDS_MAX);
  });

  it('fills a hole of a bad picture once, also where others are gated', async () => {
    const waiting = [entry('worse', 101), entry('still2', 2), entry('c', 3), entry('d', 4)];
    const batch = await assemble([entry('bad', 100), entry('still1', 1)], waiting, gate);
    expect(camerasOf(batch.entries)).toEqual(['c']);
    expect(batch.rejected).toHaveLength(2);
    expect(camerasOf(waiting)).toEqual(['d']);
  });

  it('asks the gate about no bad picture', async () => {
    const asked: string[] = [];
    await assemble([entry('bad', 100), entry('b', 2)], [], ({ frame }) => {
      asked.push(frame.camera);
      return 'run';
    });
    expect(asked).toEqual(['b']);
  });

  it('hands back what a smaller warmed size has no room for, gated frames apart', async () => {
    const batch = await assemble([entry('a', 1), entry('still', 2), entry('c', 3), entry('d', 4)], [], gate);
    expect(camerasOf(batch.entries)).toEqual(['a', 'c']);
    expect(camerasOf(batch.leftOver)).toEqual(['d']);
    expect(gatedOf(batch)).toEqual(['still']);
  });

  it('fails as a whole where the gate throws, when nothing decodes any more', async () => {
    let decoding = 0;
    const slow = async (): Promise<void> => {
      decoding++;
      for (let turn = 0; turn < 5; turn++) await Promise.resolve();
      decoding--;
    };
    const batch = assembleBatch<Entry>({
      picked: [entry('a', 1), entry('b', 2)],
      refill: () => [],
      decode: (frame) => (frame.seq === 1 ? Promise.resolve() : slow()),
      gate: () => {
        throw new Error('bug');
      },
      buffers: new BatchBuffers(FRAME_BYTES, 2),
      frameBytes: FRAME_BYTES,
      buckets: [1, 2],
    });
    await expect(batch).rejects.toThrow('bug');
    expect(decoding).toBe(0);
  });
});
