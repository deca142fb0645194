import { BATCH_BUCKETS, BOXES_PER_FRAME } from '../../config/limits.ts';
import type { SimulatedDeviceConfig } from '../../config/schema.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { DeviceError } from '../../core/errors.ts';
import type { DeviceId } from '../../core/ids.ts';
import { createRandom, gaussian, type Random } from '../../core/random.ts';
import {
  type BatchOutput,
  bucketsUpTo,
  type Device,
  type DeviceFault,
  type InferenceBatch,
  type WarmUp,
} from './port.ts';

interface Job {
  readonly batch: InferenceBatch;
  readonly givenAtMs: number;
  readonly resolve: (output: BatchOutput) => void;
  readonly reject: (error: DeviceError) => void;
}

/**
 * A device that takes the time a real one would, `a + k*b` with noise, and invents boxes: for tests, simulation and
 * load runs of ten thousand streams. It lives on the main thread under the given clock, so a simulated run is exact.
 */
export class SimulatedDevice implements Device {
  readonly id: DeviceId;
  readonly kind = 'simulated';
  readonly wantsPixels: boolean;
  readonly buckets: readonly number[];
  readonly #config: SimulatedDeviceConfig;
  readonly #inputSize: number;
  readonly #classes: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #queue: Job[] = [];
  #running: { readonly job: Job; readonly timer: Timer } | undefined;
  #fault: DeviceFault | undefined;
  #state: 'new' | 'ready' | 'failed' | 'closed' = 'new';

  constructor(options: {
    readonly id: DeviceId;
    readonly config: SimulatedDeviceConfig;
    readonly inputSize: number;
    readonly classes: number;
    readonly clock: Clock;
  }) {
    this.id = options.id;
    this.#config = options.config;
    this.#inputSize = options.inputSize;
    this.#classes = options.classes;
    this.#clock = options.clock;
    this.#random = createRandom(options.config.seed);
    this.wantsPixels = options.config.decode;
    this.buckets = bucketsUpTo(options.config.batchMax, BATCH_BUCKETS);
  }

  start(): Promise<WarmUp> {
    this.#state = 'ready';
    return Promise.resolve(new Map(this.buckets.map((b) => [b, this.#meanMs(b)])));
  }

  run(batch: InferenceBatch): Promise<BatchOutput> {
    if (this.#state !== 'ready') return Promise.reject(this.#failure(`device is ${this.#state}`));
    return new Promise((resolve, reject) => {
      this.#queue.push({ batch, givenAtMs: this.#clock.nowMs(), resolve, reject });
      this.#next();
    });
  }

  injectFault(fault: DeviceFault): void {
    this.#fault = fault;
    if (fault === 'exit') this.#fail('simulated device ended');
  }

  close(): Promise<void> {
    this.#fail('simulated device closed');
    this.#state = 'closed';
    return Promise.resolve();
  }

  #next(): void {
    if (this.#running !== undefined || this.#state !== 'ready') return;
    const job = this.#queue.shift();
    if (job === undefined) return;
    if (this.#fault === 'throw') {
      this.#fault = undefined;
      job.reject(this.#failure('simulated exception'));
      this.#fail('simulated exception');
      return;
    }
    const startMs = this.#clock.nowMs();
    const meanMs = this.#meanMs(job.batch.count);
    const runMs = Math.max(0, meanMs * (1 + this.#config.noise * gaussian(this.#random)));
    // A hang never ends by itself: whoever waits has to give up on the device.
    const timer = this.#clock.after(this.#fault === 'hang' ? 2 ** 31 - 1 : runMs, () => this.#finish(job, startMs));
    this.#running = { job, timer };
  }

  #finish(job: Job, startMs: number): void {
    this.#running = undefined;
    job.resolve({
      boxes: this.#boxes(job.batch.count),
      pixels: job.batch.pixels,
      waitMs: startMs - job.givenAtMs,
      computeMs: this.#clock.nowMs() - startMs,
    });
    this.#next();
  }

  #fail(message: string): void {
    if (this.#state === 'ready') this.#state = 'failed';
    this.#running?.timer.cancel();
    const jobs = this.#running === undefined ? this.#queue.splice(0) : [this.#running.job, ...this.#queue.splice(0)];
    this.#running = undefined;
    for (const job of jobs) job.reject(this.#failure(message));
  }

  #failure(message: string): DeviceError {
    return new DeviceError('device_failed', `${this.id}: ${message}`);
  }

  #meanMs(batchSize: number): number {
    return this.#config.baseMs + this.#config.perFrameMs * batchSize;
  }

  #boxes(frames: number): Float32Array {
    const boxes = new Float32Array(frames * BOXES_PER_FRAME * 6);
    for (let f = 0; f < frames; f++) {
      for (let i = 0; i < this.#config.detections; i++) {
        const at = (f * BOXES_PER_FRAME + i) * 6;
        const x = this.#random() * 0.8 * this.#inputSize;
        const y = (0.25 + this.#random() * 0.4) * this.#inputSize;
        boxes.set([x, y, x + 0.15 * this.#inputSize, y + 0.1 * this.#inputSize, 0.9 - 0.001 * i, this.#classId()], at);
      }
    }
    return boxes;
  }

  #classId(): number {
    return Math.floor(this.#random() * this.#classes);
  }
}
