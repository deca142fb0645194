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
  /** Since when it has been ready, monotonic ms; undefined while it is not. */
  readySinceMs: number | undefined;
  /** Frames/s it sustains at an input size, as far as known. */
  capacityFps: (inputSize: number) => number = () => 0;
  /** Frames of cameras that keep to their targets that left its queue, and those of them that had waited too long. */
  departures = 0;
  lateDepartures = 0;
  readonly batches = new RateMeter();
  /** Frames run. */
  readonly frames = new RateMeter();
  /** Frames run, or looked at and found still. */
  readonly handled = new RateMeter();
  readonly computeMs = new RateMeter();

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

  /** Mean frames per batch and ms per batch over the last seconds; zeros where none ran. */
  recent(nowMs: number): { readonly batchSize: number; readonly computeMs: number } {
    const batches = this.batches.perSecond(nowMs);
    if (batches < 1e-6) return { batchSize: 0, computeMs: 0 };
    return { batchSize: this.frames.perSecond(nowMs) / batches, computeMs: this.computeMs.perSecond(nowMs) / batches };
  }
}
