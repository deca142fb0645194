import type { Device } from '../api/answers.gen.ts';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `7.4 GiB`, `512 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Parts of a memory bar, shares 0..1 of the total. */
export interface MemoryShares {
  /** By this node; all that is used where it cannot be told apart. */
  readonly own: number;
  readonly others: number;
  /** Where the plan peaks; null before there is one. */
  readonly peak: number | null;
  readonly limit: number;
}

export function memoryShares({
  totalBytes,
  usedBytes,
  ownBytes,
  plannedPeakBytes,
  limitBytes,
}: NonNullable<Device['memory']>): MemoryShares {
  const of = (bytes: number): number => (totalBytes === 0 ? 0 : Math.min(1, Math.max(0, bytes / totalBytes)));
  const own = Math.min(ownBytes ?? usedBytes, usedBytes);
  return {
    own: of(own),
    others: of(usedBytes - own),
    peak: plannedPeakBytes === null ? null : of(plannedPeakBytes),
    limit: of(limitBytes),
  };
}

/** What a batch costs: `t(b) = a + k * b`, ms; the least squares through what each size is expected to take. */
export interface CostLine {
  readonly aMs: number;
  readonly kMs: number;
}

/** Undefined where no line that rises fits: fewer than two sizes measured, or under loads that differed. */
export function costLine(buckets: Device['buckets']): CostLine | undefined {
  const known = buckets.flatMap(({ frames, expectedMs }) =>
    expectedMs === null ? [] : [[frames, expectedMs] as const],
  );
  if (known.length < 2) return undefined;
  const meanB = known.reduce((sum, [b]) => sum + b, 0) / known.length;
  const meanT = known.reduce((sum, [, t]) => sum + t, 0) / known.length;
  let cov = 0;
  let varB = 0;
  for (const [b, t] of known) {
    cov += (b - meanB) * (t - meanT);
    varB += (b - meanB) ** 2;
  }
  const kMs = cov / varB;
  // Sizes that were measured under different loads: larger ones cannot really be cheaper.
  if (kMs < 0) return undefined;
  return { aMs: meanT - kMs * meanB, kMs };
}

/** Frames per second that a size would give were the device never idle; null where it was not measured. */
export const fpsOf = (frames: number, expectedMs: number | null): number | null =>
  expectedMs === null || expectedMs <= 0 ? null : (frames * 1_000) / expectedMs;

/** What the memory of a device of that kind is. */
export function memoryMeaning(kind: string): string {
  switch (kind) {
    case 'cpu':
      return 'A CPU has no memory of its own: this is what the node’s control group (or the machine) may use.';
    case 'simulated':
      return 'An invented card: it takes the memory it is told to.';
    default:
      return 'Of the card, by every program that uses it.';
  }
}
