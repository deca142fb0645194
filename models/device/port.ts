import type { DeviceId } from '../../core/ids.ts';

/** What a device must run: one model at one input size. */
export interface DeviceModel {
  /** `name@version`. */
  readonly key: string;
  /** The ONNX file. */
  readonly path: string;
  /** Side of the square input, pixels. */
  readonly inputSize: number;
  readonly inputName: string;
  readonly outputName: string;
  /** Class names by class id. */
  readonly labels: readonly string[];
  /** Value of the pixels around a picture that does not fill the square, 0..255. */
  readonly padValue: number;
}

/** Pixels of `count` frames, RGB, `[count, inputSize, inputSize, 3]`. Whoever holds the object owns the buffer. */
export interface InferenceBatch {
  readonly count: number;
  /** Empty where the device does not look at pixels. */
  readonly pixels: Uint8Array<ArrayBuffer>;
}

export interface BatchOutput {
  /** `[count, 100, 6]`: x1, y1, x2, y2 in input pixels, score, class id; best scores first. */
  readonly boxes: Float32Array;
  /** The batch's buffer, handed back for reuse. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** From handing over to the start of the run, and the run itself, ms. */
  readonly waitMs: number;
  readonly computeMs: number;
}

/** What warming measured: run time by batch size, ms. */
export type WarmUp = ReadonlyMap<number, number>;

/** Faults a test may cause; see `debug.faultHooks`. */
export type DeviceFault = 'exit' | 'throw' | 'hang';

/**
 * One GPU, the CPU, or a simulated GPU. Batches run one after the other in the order given. A failed `run` (DeviceError)
 * means the device is gone: every batch given to it rejects, and `close` is all that may be called.
 */
export interface Device {
  readonly id: DeviceId;
  readonly kind: string;
  /** False for a device that does not look at pixels: nothing needs decoding. */
  readonly wantsPixels: boolean;
  /** Batch sizes it was warmed for, ascending. */
  readonly buckets: readonly number[];
  /**
   * Creates the session and runs each bucket once for warmth and once for the clock.
   * @throws DeviceError `device_start_failed`
   */
  start(): Promise<WarmUp>;
  /**
   * Runs one batch; the buffer belongs to the device until the promise settles.
   * @throws DeviceError `device_failed`
   */
  run(batch: InferenceBatch): Promise<BatchOutput>;
  /** Breaks the device on purpose. */
  injectFault(fault: DeviceFault): void;
  /**
   * Ends the device; batches still running reject.
   * @throws DeviceError `device_abandoned` where its thread can never be ended.
   */
  close(): Promise<void>;
}

/** The warmed batch sizes of a device that may run at most `batchMax` frames at once. */
export function bucketsUpTo(batchMax: number, all: readonly number[]): readonly number[] {
  return all.filter((b) => b <= batchMax);
}
