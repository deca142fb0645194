import type { Frame } from '../../core/frame.ts';
import type { BatchBuffers } from './batch-buffers.ts';

/** Decodes one picture into its place in a batch; rejects with a FrameError where the picture is bad. */
export type DecodeInto = (frame: Frame, slot: Uint8Array) => Promise<unknown>;

export interface AssembledBatch<E> {
  /** The frames in the order of their slots; as many as one warmed batch size. May be empty. */
  readonly entries: readonly E[];
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Frames whose picture is bad, with why. */
  readonly rejected: readonly { readonly entry: E; readonly error: unknown }[];
  /** Good frames that no warmed batch size had room for: to be put back. */
  readonly leftOver: readonly E[];
}

/**
 * Decodes picked frames side by side into one batch buffer. A bad picture leaves a hole, which `refill` may fill once
 * with another waiting frame; holes that stay are closed by moving the last pictures forward, and the batch shrinks to the
 * largest warmed size, since padding would cost the same as a frame. The buffer is handed on only when nothing decodes
 * into it any more.
 *
 * @param buckets warmed batch sizes, ascending.
 */
export async function assembleBatch<E extends { readonly frame: Frame }>(options: {
  readonly picked: readonly E[];
  readonly refill: (count: number) => readonly E[];
  readonly decode: DecodeInto;
  readonly buffers: BatchBuffers;
  readonly frameBytes: number;
  readonly buckets: readonly number[];
}): Promise<AssembledBatch<E>> {
  const { picked, frameBytes } = options;
  const pixels = options.buffers.take(picked.length);
  const slots: (E | undefined)[] = new Array(picked.length).fill(undefined);
  const rejected: { entry: E; error: unknown }[] = [];

  const decodeAll = (entries: readonly E[], places: readonly number[]): Promise<unknown> =>
    Promise.all(
      entries.map(async (entry, i) => {
        const index = places[i] ?? 0;
        try {
          await options.decode(entry.frame, pixels.subarray(index * frameBytes, (index + 1) * frameBytes));
          slots[index] = entry;
        } catch (error) {
          rejected.push({ entry, error });
        }
      }),
    );
  await decodeAll(picked, [...picked.keys()]);
  // Once: cameras that send nothing but bad pictures must not hold the good ones of this batch.
  const holes = [...slots.keys()].filter((index) => slots[index] === undefined);
  if (holes.length > 0) await decodeAll(options.refill(holes.length), holes);

  const entries = closeHoles(slots, pixels, frameBytes);
  const size = options.buckets.findLast((b) => b <= entries.length) ?? 0;
  return { entries: entries.slice(0, size), pixels, rejected, leftOver: entries.slice(size) };
}

function closeHoles<E>(slots: readonly (E | undefined)[], pixels: Uint8Array, frameBytes: number): E[] {
  const kept: E[] = [];
  slots.forEach((entry, index) => {
    if (entry === undefined) return;
    if (kept.length !== index) {
      pixels.copyWithin(kept.length * frameBytes, index * frameBytes, (index + 1) * frameBytes);
    }
    kept.push(entry);
  });
  return kept;
}
