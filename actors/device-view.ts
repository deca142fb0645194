import { RateMeter } from '../core/rate-meter.ts';
import type { MemoryReading } from '../models/device/port.ts';

/** What others may read of a device. Written by its actor alone. */
export class DeviceView {
  readonly device: string;
  /** What it was configured as. */
  readonly configuredKind: string;
  /** What it runs on: the same, or its fallback. */
  kind: string;
  readonly model: string;
  /** Side of the input it runs now, pixels. */
  inputSize: number;
  state: 'starting' | 'ready' | 'failed' | 'stopped' = 'starting';
  breaker: 'closed' | 'open' | 'half_open' = 'closed';
  /** Cameras with a frame waiting. */
  pending = 0;
  batchesInFlight = 0;
  /** Largest batch it may run now, frames. */
  batchMax = 1;
  /** Times the device was made anew after a failure. */
  restarts = 0;
  /** Failures since it last ran a batch. */
  failuresInARow = 0;
  /** Threads that hang in native code and cannot be ended: their memory is lost to this process. */
  abandoned = 0;
  /** Batches that did not fit into its memory. */
  outOfMemory = 0;
  /** Times its sessions were made anew in place. */
  renewals = 0;
  /** Its memory, as last read; undefined where that cannot be done. */
  memory: MemoryReading | undefined;
  /** Use by everybody when its largest planned batch runs, bytes; 0 where not known. */
  plannedPeakBytes = 0;
  /** What may be used at most when its largest planned batch runs, by everybody, bytes; 0 where not known. */
  memoryLimitBytes = 0;
  /** Since when it has been ready, monotonic ms; undefined while it is not. */
  readySinceMs: number | undefined;
  /** Frames/s it sustains at an input size, as far as known. */
  capacityFps: (inputSize: number) => number = () => 0;
  /** Expected run time of a batch at an input size, ms; 0 where nothing was measured. */
  predictMs: (inputSize: number, frames: number) => number = () => 0;
  /** Sizes of batches it was warmed with, frames; ascending. */
  buckets: readonly number[] = [];
  /** Batches run by the frames in them, since the process began. */
  readonly batchesBySize = new Map<number, number>();
  /** Frames of cameras that keep to their targets that left its queue, and those of them that had waited too long. */
  departures = 0;
  lateDepartures = 0;
  readonly batches = new RateMeter();
  /** Frames run. */
  readonly frames = new RateMeter();
  /** Frames run, or looked at and found still. */
  readonly handled = new RateMeter();
  readonly computeMs = new RateMeter();
  /** Sum of the times that frames run waited from their reception until they were picked. */
  readonly queueMs = new RateMeter();

  constructor(options: {
    readonly device: string;
    readonly configuredKind: string;
    readonly model: string;
    readonly inputSize: number;
  }) {
    this.device = options.device;
    this.configuredKind = options.configuredKind;
    this.kind = options.configuredKind;
    this.model = options.model;
    this.inputSize = options.inputSize;
  }

  /** Takes batches, and is trusted with cameras. */
  get healthy(): boolean {
    return this.state === 'ready' && this.breaker === 'closed';
  }

  /** A batch came back: `waitedMs` in all, summed over its frames, `computeMs` on the device. */
  ran(nowMs: number, batch: { readonly frames: number; readonly waitedMs: number; readonly computeMs: number }): void {
    this.batches.mark(nowMs);
    this.frames.mark(nowMs, batch.frames);
    this.handled.mark(nowMs, batch.frames);
    this.computeMs.mark(nowMs, batch.computeMs);
    this.queueMs.mark(nowMs, batch.waitedMs);
    this.batchesBySize.set(batch.frames, (this.batchesBySize.get(batch.frames) ?? 0) + 1);
  }

  /** Over the last seconds; zeros where nothing ran. */
  recent(nowMs: number): RecentWork {
    const batches = this.batches.perSecond(nowMs);
    const fps = this.frames.perSecond(nowMs);
    if (batches < 1e-6 || fps < 1e-6) return NO_WORK;
    const computeMs = this.computeMs.perSecond(nowMs);
    return {
      fps,
      batchSize: fps / batches,
      computeMs: computeMs / batches,
      queueMs: this.queueMs.perSecond(nowMs) / fps,
      busyShare: Math.min(1, computeMs / 1_000),
    };
  }
}

export interface RecentWork {
  /** Frames run per second. */
  readonly fps: number;
  /** Mean frames per batch. */
  readonly batchSize: number;
  /** Mean ms per batch. */
  readonly computeMs: number;
  /** Mean ms that a frame waited from its reception until it was picked. */
  readonly queueMs: number;
  /** Share of the time, 0..1, in which a batch ran. */
  readonly busyShare: number;
}

const NO_WORK: RecentWork = { fps: 0, batchSize: 0, computeMs: 0, queueMs: 0, busyShare: 0 };
