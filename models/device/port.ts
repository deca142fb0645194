import { DeviceError } from '../../core/errors.ts';
import type { DeviceId } from '../../core/ids.ts';

/** What numbers a graph computes with. */
export type Precision = 'float32' | 'float16' | 'int8';

/** One ONNX file: a model at one input size. */
export interface ModelGraph {
  readonly path: string;
  /** Side of the square input, pixels. */
  readonly inputSize: number;
  readonly precision: Precision;
}

/** What a device must run: one model, at each input size the node may fall back to. */
export interface DeviceModel {
  /** `name@version`. */
  readonly key: string;
  /** Largest input first: the one that serves without overload. At least one. */
  readonly graphs: readonly ModelGraph[];
  readonly inputName: string;
  readonly outputName: string;
  /** Class names by class id. */
  readonly labels: readonly string[];
  /** Value of the pixels around a picture that does not fill the square, 0..255. */
  readonly padValue: number;
}

/** Pixels of `count` frames, RGB, `[count, inputSize, inputSize, 3]`. Whoever holds the object owns the buffer. */
export interface InferenceBatch {
  /** One of the model's input sizes. */
  readonly inputSize: number;
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

/** One batch size at one input size, run while warming. */
export interface WarmRun {
  readonly inputSize: number;
  readonly count: number;
  readonly computeMs: number;
  /**
   * What the device's memory had grown by when this had run, counted from before its sessions were made, bytes. Arenas
   * never shrink, so this is what runs up to this one need together. 0 where memory cannot be read.
   */
  readonly bytes: number;
}

/** What warming measured. Batch sizes for which memory ran out are missing; the smallest never is. */
export interface WarmUp {
  readonly runs: readonly WarmRun[];
  /** Memory before any session of ours; undefined where it cannot be read. */
  readonly memoryBefore: MemoryReading | undefined;
}

/** A card's memory, or what plays it: the cgroup of a CPU node. Bytes. */
export interface MemoryReading {
  readonly totalBytes: number;
  /** By everybody. */
  readonly usedBytes: number;
  /** By this process; undefined where it cannot be told apart. */
  readonly ownBytes: number | undefined;
}

/** Faults a test may cause; see `debug.faultHooks`. */
export type DeviceFault =
  /** The thread ends. */
  | { readonly kind: 'exit' }
  /** The next batch throws. */
  | { readonly kind: 'throw' }
  /** The thread blocks in JavaScript for good; it can be terminated. */
  | { readonly kind: 'hang' }
  /** The thread blocks in native code for good; nothing can end it but the end of the process. */
  | { readonly kind: 'hang_native' }
  /** The process ends by SIGSEGV, as a fault in native code would end it. */
  | { readonly kind: 'crash' }
  /** The next `times` batches of more than `framesAbove` frames run out of memory; 0 is every batch. */
  | { readonly kind: 'out_of_memory'; readonly framesAbove: number; readonly times: number }
  /** The next `times` starts and renewals of a session fail, also on the devices made after this one. */
  | { readonly kind: 'start_fails'; readonly times: number };

/**
 * A batch did not fit into the device's memory. The device goes on; the batch's pixels come back with the error, so
 * that the same frames can run in smaller batches.
 */
export class DeviceOutOfMemory extends DeviceError {
  readonly pixels: Uint8Array<ArrayBuffer>;

  constructor(
    device: DeviceId,
    batch: Pick<InferenceBatch, 'count' | 'pixels'>,
    options?: { readonly cause?: unknown },
  ) {
    super('device_out_of_memory', `${device}: out of memory at ${batch.count} frames`, options);
    this.pixels = batch.pixels;
  }
}

/**
 * One GPU, the CPU, or a simulated GPU. Batches run one after the other in the order given. Apart from
 * {@link DeviceOutOfMemory}, a failed `run` (DeviceError) means the device is gone: every batch given to it rejects, and
 * `close` is all that may be called.
 */
export interface Device {
  readonly id: DeviceId;
  /** What it runs on in the end: `cuda`, `webgpu`, `cpu`, `simulated`. */
  readonly kind: string;
  /** False for a device that does not look at pixels: nothing needs decoding. */
  readonly wantsPixels: boolean;
  /** Batch sizes it may be asked to run, ascending. */
  readonly buckets: readonly number[];
  /**
   * Creates a session for each input size and runs each bucket once for warmth and once for the clock.
   * @throws DeviceError `device_start_failed`
   */
  start(): Promise<WarmUp>;
  /**
   * Runs one batch; the buffer belongs to the device until the promise settles.
   * @throws DeviceOutOfMemory with the buffer; the device goes on
   * @throws DeviceError `device_failed`
   */
  run(batch: InferenceBatch): Promise<BatchOutput>;
  /**
   * Makes the sessions anew, in the same thread, once the batches given before have run: gives back what the arenas
   * hold beyond need. Batches given meanwhile wait.
   * @throws DeviceError `device_start_failed`: the device is gone
   */
  renew(): Promise<WarmUp>;
  /** What its memory holds now; undefined where that cannot be read. */
  readMemory(): Promise<MemoryReading | undefined>;
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
