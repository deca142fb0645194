import type { Frame } from '../../core/frame.ts';
import type { BatchBuffers } from './batch-buffers.ts';

/** Decodes one picture into its place in a batch; rejects with a FrameError where the picture is bad. */
export type DecodeInto = (frame: Frame, slot: Uint8Array) => Promise<unknown>;

/**
 * Looks at a decoded picture and says whether it has to run. Called once per frame that decoded well, as soon as it has;
 * `slot` is only valid meanwhile. What it throws ends the batch: it is a bug, not a bad picture.
 */
export type GateFrame<E> = (entry: E, slot: Uint8Array) => 'run' | 'gated';

export interface AssembledBatch<E> {
  /** The frames in the order of their slots; as many as one warmed batch size. May be empty. */
  readonly entries: readonly E[];
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Frames whose picture is bad, with why. */
  readonly rejected: readonly { readonly entry: E; readonly error: unknown }[];
  /** Frames the gate saw nothing move in: settled, and not to be put back. */
  readonly gated: readonly { readonly entry: E }[];
  /** Good frames that no warmed batch size had room for: to be put back. */
  readonly leftOver: readonly E[];
}

/**
 * Rounds in which holes of gated frames are filled again. Most frames of still cameras are gated, so one round would
 * leave batches small; each round costs the frames already decoded the time of one decode.
 */
export const REFILL_ROUNDS_MAX = 3;

/**
 * Decodes picked frames side by side into one batch buffer. A bad picture or a gated frame leaves a hole, which `refill`
 * may fill with another waiting frame; holes that stay are closed by moving the last pictures forward, and the batch
 * shrinks to the largest warmed size, since padding would cost the same as a frame. The buffer is handed on only when
 * nothing decodes into it any more.
 *
 * @param buckets warmed batch sizes, ascending.
 * @param gate without one every good frame runs.
 */
export async function assembleBatch<E extends { readonly frame: Frame }>(options: {
  readonly picked: readonly E[];
  readonly refill: (count: number) => readonly E[];
  readonly decode: DecodeInto;
  readonly gate?: GateFrame<E> | undefined;
  readonly buffers: BatchBuffers;
  readonly frameBytes: number;
  readonly buckets: readonly number[];
}): Promise<AssembledBatch<E>> {
  const { picked, frameBytes, gate } = options;
  const pixels = options.buffers.take(picked.length);
  const slots: (E | undefined)[] = new Array(picked.length).fill(undefined);
  const rejected: { entry: E; error: unknown }[] = [];
  const gated: { entry: E }[] = [];

  /** @returns places left empty by gated frames, in order. */
  const decodeAll = async (entries: readonly E[], places: readonly number[]): Promise<readonly number[]> => {
    const gatedPlaces: number[] = [];
    // Settled, all of them: a gate that throws must not leave a decode writing into a buffer nobody waits for.
    const done = await Promise.allSettled(
      entries.map(async (entry, i) => {
        const index = places[i] ?? 0;
        const slot = pixels.subarray(index * frameBytes, (index + 1) * frameBytes);
        try {
          await options.decode(entry.frame, slot);
        } catch (error) {
          rejected.push({ entry, error });
          return;
        }
        if (gate?.(entry, slot) === 'gated') {
          gated.push({ entry });
          gatedPlaces.push(index);
        } else slots[index] = entry;
      }),
    );
    for (const one of done) if (one.status === 'rejected') throw one.reason;
    return gatedPlaces.sort((a, b) => a - b);
  };

  await decodeAll(picked, [...picked.keys()]);
  let holes: readonly number[] = [...slots.keys()].filter((index) => slots[index] === undefined);
  for (let round = 0; round < REFILL_ROUNDS_MAX && holes.length > 0; round++) {
    const more = options.refill(holes.length);
    if (more.length === 0) break;
    // Only what was gated is filled again: cameras that send nothing but bad pictures must not hold the good ones.
    holes = await decodeAll(more, holes);
  }

  const entries = closeHoles(slots, pixels, frameBytes);
  const size = options.buckets.findLast((b) => b <= entries.length) ?? 0;
  return { entries: entries.slice(0, size), pixels, rejected, gated, leftOver: entries.slice(size) };
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
