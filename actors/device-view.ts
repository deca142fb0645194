import { RateMeter } from '../core/rate-meter.ts';

/** What others may read of a device. Written by its actor alone. */
export class DeviceView {
  readonly device: string;
  readonly kind: string;
  readonly model: string;
  readonly inputSize: number;
  state: 'starting' | 'ready' | 'failed' | 'stopped' = 'starting';
  /** Cameras with a frame waiting. */
  pending = 0;
  batchesInFlight = 0;
  /** Times the device was made anew after a failure. */
  restarts = 0;
  /** Failures since it last ran a batch. */
  failuresInARow = 0;
  /** Threads that hang in native code and cannot be ended: their memory is lost to this process. */
  abandoned = 0;
  /** Since when it has been ready, monotonic ms; undefined while it is not. */
  readySinceMs: number | undefined;
  readonly batches = new RateMeter();
  readonly frames = new RateMeter();
  readonly computeMs = new RateMeter();

  constructor(device: string, kind: string, model: string, inputSize: number) {
    this.device = device;
    this.kind = kind;
    this.model = model;
    this.inputSize = inputSize;
  }

  /** Mean frames per batch and ms per batch over the last seconds; zeros where none ran. */
  recent(nowMs: number): { readonly batchSize: number; readonly computeMs: number } {
    const batches = this.batches.perSecond(nowMs);
    if (batches < 1e-6) return { batchSize: 0, computeMs: 0 };
    return { batchSize: this.frames.perSecond(nowMs) / batches, computeMs: this.computeMs.perSecond(nowMs) / batches };
  }
}
