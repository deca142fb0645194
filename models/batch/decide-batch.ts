import { BATCHES_IN_FLIGHT_MAX } from '../../config/limits.ts';

/** What a device and its waiting frames look like at one moment. Times on the monotonic clock, ms. */
export interface BatchSituation {
  readonly nowMs: number;
  /** Cameras with a frame waiting. */
  readonly pending: number;
  /** How many of them can still be answered if their batch finishes at the given time. */
  readonly countMeeting: (finishAtMs: number) => number;
  /** When the first of them began to wait for a decision. */
  readonly waitingSinceMs: number;
  /** When a batch was last sent. */
  readonly lastSentMs: number;
  /** Frames per ms that come in, smoothed. */
  readonly arrivalsPerMs: number;
  /** Batches decoding, queued or running. */
  readonly batchesInFlight: number;
  /** When the device is expected to have run what it has; not after `nowMs` where it is idle. */
  readonly deviceFreeAtMs: number;
  /** Batch sizes the device is warmed for and may use now, ascending, at least one. */
  readonly buckets: readonly number[];
  /** Expected run time of a batch, ms. */
  readonly predictMs: (batchSize: number) => number;
  /** Expected time to decode a batch, ms. */
  readonly decodeMs: (batchSize: number) => number;
  readonly batchDelayMsMax: number;
}

export type BatchDecision =
  /** Pick `size` frames and run them; frames that miss `finishAtMs` are to be expired first. */
  | { readonly kind: 'send'; readonly size: number; readonly finishAtMs: number }
  /** Decide again after `ms`, or when a batch finishes or a frame arrives that fills the next bucket. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** Nothing that could run; frames that miss `finishAtMs` are to be expired. */
  | { readonly kind: 'idle'; readonly finishAtMs: number };

/**
 * Each doubling of a batch must bring this much in frames per second, since every frame in it waits for the last. A GPU
 * gives half as much again; what a CPU seems to give is mostly noise, and 20 to 60 ms for everyone.
 */
export const THROUGHPUT_GAIN_MIN = 1.1;
/** Waiting for a larger batch can only pay where the device is this busy; below, it would idle while frames age. */
export const BUSY_SHARE_MIN = 0.7;
/** An idle device that would miss every deadline by its own estimates runs one frame each so often, to learn anew. */
export const PROBE_EVERY_MS = 500;
/** The next batch is prepared this much earlier than its decoding is expected to take: decode times vary. */
export const PREPARE_MARGIN = 2;

/**
 * Whether to send a batch now, how large, or how long to wait: pure.
 *
 * The size is the largest bucket not above the frames waiting that all of them meet their deadline in and that beats
 * the smaller ones in throughput. A busy device's next batch is picked as late as its decoding allows, so that the
 * newest frames go. An idle device waits, at most `batchDelayMsMax`, only where the next bucket pays, the load is such
 * that the gain is needed, and enough frames are expected in that time.
 */
export function decideBatch(s: BatchSituation): BatchDecision {
  const smallest = s.buckets[0] ?? 1;
  const startMs = Math.max(s.nowMs, s.deviceFreeAtMs);
  const finishAt = (size: number): number => Math.max(startMs, s.nowMs + s.decodeMs(size)) + s.predictMs(size);

  if (s.pending === 0 || s.batchesInFlight >= BATCHES_IN_FLIGHT_MAX) {
    return { kind: 'idle', finishAtMs: finishAt(smallest) };
  }

  const size = largestWorthwhile(s, finishAt);
  if (size === undefined) {
    // Estimates are learned from batches: without one, a slow spell long past would shed every frame for good.
    const probe =
      s.batchesInFlight === 0 && s.nowMs - s.lastSentMs >= PROBE_EVERY_MS && s.countMeeting(s.nowMs) >= smallest;
    if (probe) return { kind: 'send', size: smallest, finishAtMs: s.nowMs };
    return { kind: 'idle', finishAtMs: finishAt(smallest) };
  }

  if (s.batchesInFlight > 0) {
    const prepareAtMs = s.deviceFreeAtMs - s.decodeMs(size) * PREPARE_MARGIN;
    if (prepareAtMs > s.nowMs) return { kind: 'wait', ms: prepareAtMs - s.nowMs };
  } else {
    const waitMs = worthwhileWaitMs(s, size, finishAt);
    if (waitMs > 0) return { kind: 'wait', ms: waitMs };
  }
  return { kind: 'send', size, finishAtMs: finishAt(size) };
}

function largestWorthwhile(s: BatchSituation, finishAt: (size: number) => number): number | undefined {
  let best: number | undefined;
  for (const size of s.buckets) {
    if (size > s.pending) break;
    if (s.countMeeting(finishAt(size)) < size) continue;
    if (best === undefined || gains(s, best, size)) best = size;
  }
  return best;
}

/** How long an idle device should hold back `size` frames for the next bucket; 0 where that cannot pay. */
function worthwhileWaitMs(s: BatchSituation, size: number, finishAt: (size: number) => number): number {
  const next = s.buckets.find((b) => b > Math.max(size, s.pending));
  if (next === undefined || !gains(s, size, next)) return 0;
  const busyShare = (s.arrivalsPerMs * s.predictMs(size)) / size;
  if (busyShare < BUSY_SHARE_MIN) return 0;
  const leftMs = s.batchDelayMsMax - (s.nowMs - s.waitingSinceMs);
  const fillMs = (next - s.pending) / s.arrivalsPerMs;
  if (!(fillMs <= leftMs)) return 0;
  // The frames already here must survive the wait and the larger batch.
  if (s.countMeeting(finishAt(next) + fillMs) < s.pending) return 0;
  return fillMs;
}

function gains(s: BatchSituation, smaller: number, larger: number): boolean {
  const smallerMs = s.predictMs(smaller);
  const largerMs = s.predictMs(larger);
  // A batch that costs nothing is never improved on per frame, but fewer batches cost less around it.
  if (largerMs <= 0) return true;
  const gain = (larger / largerMs) * (smallerMs / smaller);
  return gain >= THROUGHPUT_GAIN_MIN ** Math.log2(larger / smaller);
}
