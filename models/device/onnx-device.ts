import { availableParallelism } from 'node:os';
import { Piscina } from 'piscina';
import { BATCH_BUCKETS, BATCHES_IN_FLIGHT_MAX } from '../../config/limits.ts';
import { DeviceError } from '../../core/errors.ts';
import type { DeviceId } from '../../core/ids.ts';
import { compiledUrl } from './compiled-url.ts';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './onnx-thread-protocol.ts';
import {
  type BatchOutput,
  bucketsUpTo,
  type Device,
  type DeviceFault,
  type DeviceModel,
  type InferenceBatch,
  type WarmUp,
} from './port.ts';

export interface OnnxDeviceOptions {
  readonly id: DeviceId;
  readonly kind: string;
  readonly executionProviders: readonly string[];
  readonly model: DeviceModel;
  /** Threads of one run; 0 takes all cores. */
  readonly threads: number;
  readonly batchMax: number;
}

/** A batch takes tens of milliseconds; one that is not back after this long never will be. */
const CLOSE_MS_MAX = 3_000;

/** ONNX Runtime in a thread of its own, under Piscina. */
export class OnnxDevice implements Device {
  readonly id: DeviceId;
  readonly kind: string;
  readonly wantsPixels = true;
  readonly buckets: readonly number[];
  readonly #options: OnnxDeviceOptions;
  readonly #running = new Set<Promise<ThreadAnswer>>();
  readonly #inNative = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  #pool: Piscina | undefined;

  constructor(options: OnnxDeviceOptions) {
    this.id = options.id;
    this.kind = options.kind;
    this.buckets = bucketsUpTo(options.batchMax, BATCH_BUCKETS);
    this.#options = options;
  }

  async start(): Promise<WarmUp> {
    // One thread, since one GPU runs one session; two tasks, so that the next batch lies in the thread's inbox when
    // the running one ends. `atomics` off: a thread blocked on shared memory between tasks hears no messages.
    const pool = new Piscina({
      filename: compiledUrl(import.meta.url, 'onnx-thread.js'),
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: BATCHES_IN_FLIGHT_MAX,
      maxQueue: BATCHES_IN_FLIGHT_MAX,
      atomics: 'disabled',
      idleTimeout: Number.POSITIVE_INFINITY,
      workerData: { inNative: this.#inNative } satisfies ThreadData,
    });
    this.#pool = pool;
    // A thread's end reaches us as the rejection of its tasks; the pool's own event would end the process unheard.
    pool.on('error', () => {});
    const { model, threads } = this.#options;
    try {
      await this.#ask(pool, {
        kind: 'load',
        path: model.path,
        inputName: model.inputName,
        outputName: model.outputName,
        inputSize: model.inputSize,
        executionProviders: this.#options.executionProviders,
        threads: threads === 0 ? availableParallelism() : threads,
        spin: false,
      });
      const warmMs = new Map<number, number>();
      // One task a bucket, so that closing waits for one run at most.
      for (const count of this.buckets) {
        const answer = await this.#ask(pool, { kind: 'warm', count });
        if (answer.kind === 'warmed') warmMs.set(count, answer.computeMs);
      }
      return warmMs;
    } catch (cause) {
      await this.close().catch(() => {}); // why it failed is told below
      throw new DeviceError('device_start_failed', `${this.id}: ${model.path} could not be loaded`, { cause });
    }
  }

  async run(batch: InferenceBatch): Promise<BatchOutput> {
    const pool = this.#pool;
    if (pool === undefined) throw new DeviceError('device_failed', `${this.id}: not started`);
    const givenAtMs = performance.timeOrigin + performance.now();
    try {
      const pixels = batch.pixels.buffer;
      const answer = await this.#ask(pool, { kind: 'run', count: batch.count, pixels }, [pixels]);
      if (answer.kind !== 'ran') throw new Error(`thread answered ${answer.kind} to run`);
      return {
        boxes: new Float32Array(answer.boxes),
        pixels: new Uint8Array(answer.pixels),
        waitMs: Math.max(0, answer.startedAtMs - givenAtMs),
        computeMs: answer.computeMs,
      };
    } catch (cause) {
      throw new DeviceError('device_failed', `${this.id}: the batch's thread failed`, { cause });
    }
  }

  injectFault(fault: DeviceFault): void {
    const pool = this.#pool;
    if (pool === undefined) return;
    // The rejection is the point of it; the batches on the thread report what happened.
    this.#ask(pool, { kind: 'fault', fault }).catch(() => {});
  }

  /**
   * Ends the thread once what runs on it has ended. One that hangs is terminated where it hangs in JavaScript; inside
   * native code it is left alone for good, since terminating it there takes the process with it (measured:
   * `Napi::Error`, abort). Its memory is gone until the process ends.
   */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    if (pool === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS_MAX);
      timer.unref();
    });
    await Promise.race([Promise.allSettled(this.#running), timeout]);
    clearTimeout(timer);
    if (Atomics.load(new Int32Array(this.#inNative), 0) === 1) {
      throw new DeviceError('device_abandoned', `${this.id}: its thread hangs in native code`);
    }
    await pool.destroy();
  }

  async #ask(pool: Piscina, request: ThreadRequest, transferList: ArrayBuffer[] = []): Promise<ThreadAnswer> {
    if (this.#pool !== pool) throw new DeviceError('device_closed', `${this.id}: closed`);
    const running = pool.run(request, { transferList }) as Promise<ThreadAnswer>;
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}
