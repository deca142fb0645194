import type { WarmUp } from '../device/port.ts';

export interface MemoryLimits {
  /** Left to others, bytes. */
  readonly reservedBytes: number;
  /** Peak use planned for, as a share of what there is. */
  readonly shareMax: number;
}

export interface MemoryPlan {
  /** Largest batch per input size that fits, frames; at least the smallest warmed. */
  readonly framesMax: ReadonlyMap<number, number>;
  /** What may be used by sessions of ours, bytes; undefined where memory cannot be read. */
  readonly availableBytes: number | undefined;
  /** Use by everybody when the largest planned batch runs, bytes; undefined where memory cannot be read. */
  readonly peakBytes: number | undefined;
  /** Of that, ours. */
  readonly ownPeakBytes: number;
  /** What warming took in all, bytes: batches that were then left out of the plan too, since arenas keep what they took. */
  readonly warmedBytes: number;
}

/**
 * How large batches may be, from what they were measured to need: `available = total - used by others - reserved`, and
 * the peak under `shareMax` of the total. The smallest batch is always planned: whether that fits, only trying tells.
 */
export function planMemory(warmUp: WarmUp, limits: MemoryLimits): MemoryPlan {
  const before = warmUp.memoryBefore;
  const availableBytes =
    before === undefined ? undefined : memoryLimitBytes(before.totalBytes, limits) - before.usedBytes;
  const framesMax = new Map<number, number>();
  let ownPeakBytes = 0;
  for (const run of warmUp.runs) {
    const known = framesMax.get(run.inputSize);
    const fits = availableBytes === undefined || run.bytes <= availableBytes;
    if (known !== undefined && (!fits || run.count <= known)) continue;
    framesMax.set(run.inputSize, run.count);
    ownPeakBytes = Math.max(ownPeakBytes, run.bytes);
  }
  const peakBytes = before === undefined ? undefined : before.usedBytes + ownPeakBytes;
  const warmedBytes = warmUp.runs.reduce((most, run) => Math.max(most, run.bytes), 0);
  return { framesMax, availableBytes, peakBytes, ownPeakBytes, warmedBytes };
}

/** What may be used at most at the peak, by everybody, of a memory of `totalBytes`. */
export function memoryLimitBytes(totalBytes: number, { shareMax, reservedBytes }: MemoryLimits): number {
  return Math.max(0, Math.min(totalBytes * shareMax, totalBytes - reservedBytes));
}

/** An arena this many times what is needed, and by this many bytes, is worth the second that a renewal takes. */
const ARENA_FACTOR = 1.5;
const ARENA_EXCESS_BYTES_MIN = 128 * 1024 * 1024;

/** Whether sessions of ours hold far more than warming them took: arenas grow, and never shrink by themselves. */
export function arenaIsBloated(grownBytes: number, neededBytes: number): boolean {
  return grownBytes > neededBytes * ARENA_FACTOR && grownBytes - neededBytes > ARENA_EXCESS_BYTES_MIN;
}
