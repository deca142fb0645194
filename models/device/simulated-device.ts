import { BATCH_BUCKETS, BOXES_PER_FRAME } from '../../config/limits.ts';
import type { SimulatedDeviceConfig } from '../../config/schema.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { DeviceError } from '../../core/errors.ts';
import type { DeviceId } from '../../core/ids.ts';
import { createRandom, gaussian, type Random } from '../../core/random.ts';
import { BatchFaults } from './batch-faults.ts';
import { crashProcess } from './crash-process.ts';
import type { FaultScript } from './fault-script.ts';
import {
  type BatchOutput,
  bucketsUpTo,
  type Device,
  type DeviceFault,
  type DeviceModel,
  DeviceOutOfMemory,
  type InferenceBatch,
  type MemoryReading,
  type WarmRun,
  type WarmUp,
} from './port.ts';
import type { SimulatedCard } from './simulated-card.ts';

/** Sides in pixels at which the configured times and bytes hold; others go by area. */
const REFERENCE_SIZE = 320;

interface Run {
  readonly kind: 'run';
  readonly batch: InferenceBatch;
  readonly givenAtMs: number;
  readonly resolve: (output: BatchOutput) => void;
  readonly reject: (error: DeviceError) => void;
}

interface Renewal {
  readonly kind: 'renewal';
  readonly resolve: (warmUp: WarmUp) => void;
  readonly reject: (error: DeviceError) => void;
}

/** What the device does one after the other. */
type Job = Run | Renewal;

export interface SimulatedDeviceOptions {
  readonly id: DeviceId;
  readonly config: SimulatedDeviceConfig;
  readonly model: Pick<DeviceModel, 'graphs' | 'labels'>;
  readonly clock: Clock;
  /** Shared by the devices that follow one another at one index. */
  readonly card: SimulatedCard;
  /** As for a real device; the card's where none is given. */
  readonly script?: FaultScript;
}

/**
 * A device that takes the time and the memory a real one would, and invents boxes: for tests, simulation and load runs
 * of ten thousand streams. It lives on the main thread under the given clock, so a simulated run is exact.
 *
 * A batch of `b` frames takes `(baseMs + perFrameMs * b) * (size / 320)^2` with noise. It holds `sessionBytes` for each
 * input size and an arena of `frameBytes * b * (size / 320)^2` for the largest batch since the sessions were made.
 * Starting takes no time; renewing takes as long as each batch size takes once at each input size.
 */
export class SimulatedDevice implements Device {
  readonly id: DeviceId;
  readonly kind = 'simulated';
  readonly wantsPixels: boolean;
  readonly #options: SimulatedDeviceOptions;
  readonly #script: FaultScript;
  readonly #random: Random;
  readonly #faults = new BatchFaults();
  readonly #queue: Job[] = [];
  #buckets: readonly number[];
  #arenaBytes = 0;
  #running: { readonly job: Job; readonly timer: Timer } | undefined;
  /** Nothing that begins after a hang ever ends: whoever waits has to give up on the device. */
  #hang: 'none' | 'hang' | 'hang_native' = 'none';
  #state: 'new' | 'ready' | 'failed' | 'closed' = 'new';

  constructor(options: SimulatedDeviceOptions) {
    this.id = options.id;
    this.#options = options;
    this.#script = options.script ?? options.card.script;
    this.#random = createRandom(options.config.seed);
    this.wantsPixels = options.config.decode;
    this.#buckets = bucketsUpTo(options.config.batchMax, BATCH_BUCKETS);
  }

  get buckets(): readonly number[] {
    return this.#buckets;
  }

  async start(): Promise<WarmUp> {
    if (this.#state !== 'new') throw new Error(`${this.id}: started or closed before`);
    try {
      const warmUp = this.#makeSessions();
      this.#state = 'ready';
      return warmUp;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  run(batch: InferenceBatch): Promise<BatchOutput> {
    if (!this.#options.model.graphs.some((graph) => graph.inputSize === batch.inputSize)) {
      return Promise.reject(new Error(`${this.id}: the model has no input size ${batch.inputSize}`));
    }
    if (this.#state !== 'ready') return Promise.reject(this.#failure(`device is ${this.#state}`));
    return new Promise((resolve, reject) => {
      this.#queue.push({ kind: 'run', batch, givenAtMs: this.#options.clock.nowMs(), resolve, reject });
      this.#next();
    });
  }

  renew(): Promise<WarmUp> {
    if (this.#state !== 'ready') return Promise.reject(this.#startFailure(`device is ${this.#state}`));
    return new Promise((resolve, reject) => {
      this.#queue.push({ kind: 'renewal', resolve, reject });
      this.#next();
    });
  }

  readMemory(): Promise<MemoryReading | undefined> {
    return Promise.resolve(this.#options.card.read());
  }

  injectFault(fault: DeviceFault): void {
    if (fault.kind === 'start_fails') this.#script.failStarts(fault.times);
    else if (fault.kind === 'crash') crashProcess();
    else if (this.#state !== 'ready') return;
    else if (fault.kind === 'exit') this.#fail('simulated end');
    else if (fault.kind === 'hang' || fault.kind === 'hang_native') this.#hang = fault.kind;
    else this.#faults.arm(fault);
  }

  async close(): Promise<void> {
    this.#fail('closed');
    this.#state = 'closed';
    if (this.#hang === 'hang_native') {
      throw new DeviceError('device_abandoned', `${this.id}: simulated hang in native code`);
    }
    this.#options.card.release(this);
  }

  #next(): void {
    while (this.#running === undefined && this.#state === 'ready') {
      const job = this.#queue.shift();
      if (job === undefined) return;
      if (job.kind === 'run') this.#beginRun(job);
      else this.#beginRenewal(job);
    }
  }

  #beginRun(job: Run): void {
    const { inputSize, count } = job.batch;
    const armed = this.#hang === 'none' ? this.#faults.take(count) : undefined;
    if (armed === 'throw') {
      job.reject(this.#failure('simulated exception'));
      this.#fail('simulated exception');
    } else if (armed === 'out_of_memory' || !this.#holdFor(inputSize, count)) {
      job.reject(new DeviceOutOfMemory(this.id, job.batch));
    } else {
      const startMs = this.#options.clock.nowMs();
      const noise = 1 + this.#options.config.noise * gaussian(this.#random);
      this.#occupy(job, Math.max(0, this.#meanMs(inputSize, count) * noise), () => {
        job.resolve({
          boxes: this.#boxes(inputSize, count),
          pixels: job.batch.pixels,
          waitMs: startMs - job.givenAtMs,
          computeMs: this.#options.clock.nowMs() - startMs,
        });
      });
    }
  }

  #beginRenewal(job: Renewal): void {
    const all = bucketsUpTo(this.#options.config.batchMax, BATCH_BUCKETS);
    const sizes = this.#options.model.graphs.map((graph) => graph.inputSize);
    const durationMs = sizes
      .flatMap((size) => all.map((count) => this.#meanMs(size, count)))
      .reduce((a, b) => a + b, 0);
    this.#occupy(job, durationMs, () => {
      try {
        this.#options.card.release(this);
        job.resolve(this.#makeSessions());
      } catch (error) {
        job.reject(this.#startFailure('sessions could not be made anew', error));
        this.#fail('sessions could not be made anew');
      }
    });
  }

  #occupy(job: Job, durationMs: number, finish: () => void): void {
    const timer = this.#options.clock.after(this.#hang === 'none' ? durationMs : 2 ** 31 - 1, () => {
      this.#running = undefined;
      finish();
      this.#next();
    });
    this.#running = { job, timer };
  }

  /** @throws DeviceError `device_start_failed` */
  #makeSessions(): WarmUp {
    const { card, config, model } = this.#options;
    if (this.#script.takeFailingStart()) throw this.#startFailure('fault injected');
    const memoryBefore = card.read();
    this.#arenaBytes = 0;
    if (!card.hold(this, this.#heldBytes())) throw this.#startFailure('no memory for the sessions');
    const runs: WarmRun[] = [];
    const fitting: number[] = [];
    for (const count of bucketsUpTo(config.batchMax, BATCH_BUCKETS)) {
      // The largest input comes first, so a batch size that does not fit has taken nothing.
      if (!model.graphs.every((graph) => this.#holdFor(graph.inputSize, count))) break;
      fitting.push(count);
      const bytes = this.#heldBytes();
      for (const { inputSize } of model.graphs) {
        runs.push({ inputSize, count, computeMs: this.#meanMs(inputSize, count), bytes });
      }
    }
    if (fitting.length === 0) throw this.#startFailure('no memory for one frame');
    this.#buckets = fitting;
    return { runs, memoryBefore };
  }

  /** False where the card has not got the memory for such a batch. */
  #holdFor(inputSize: number, count: number): boolean {
    const arenaBytes = Math.max(this.#arenaBytes, this.#options.config.frameBytes * count * area(inputSize));
    if (!this.#options.card.hold(this, this.#sessionsBytes() + arenaBytes)) return false;
    this.#arenaBytes = arenaBytes;
    return true;
  }

  #heldBytes(): number {
    return this.#sessionsBytes() + this.#arenaBytes;
  }

  #sessionsBytes(): number {
    return this.#options.config.sessionBytes * this.#options.model.graphs.length;
  }

  #fail(message: string): void {
    if (this.#state === 'ready') this.#state = 'failed';
    this.#running?.timer.cancel();
    const jobs = this.#running === undefined ? this.#queue.splice(0) : [this.#running.job, ...this.#queue.splice(0)];
    this.#running = undefined;
    for (const job of jobs) job.reject(job.kind === 'run' ? this.#failure(message) : this.#startFailure(message));
  }

  #failure(message: string): DeviceError {
    return new DeviceError('device_failed', `${this.id}: ${message}`);
  }

  #startFailure(message: string, cause?: unknown): DeviceError {
    return new DeviceError('device_start_failed', `${this.id}: ${message}`, { cause });
  }

  #meanMs(inputSize: number, count: number): number {
    return (this.#options.config.baseMs + this.#options.config.perFrameMs * count) * area(inputSize);
  }

  #boxes(inputSize: number, frames: number): Float32Array {
    const boxes = new Float32Array(frames * BOXES_PER_FRAME * 6);
    for (let f = 0; f < frames; f++) {
      for (let i = 0; i < this.#options.config.detections; i++) {
        const at = (f * BOXES_PER_FRAME + i) * 6;
        const x = this.#random() * 0.8 * inputSize;
        const y = (0.25 + this.#random() * 0.4) * inputSize;
        boxes.set([x, y, x + 0.15 * inputSize, y + 0.1 * inputSize, 0.9 - 0.001 * i, this.#classId()], at);
      }
    }
    return boxes;
  }

  #classId(): number {
    return Math.floor(this.#random() * this.#options.model.labels.length);
  }
}

/** Of a square of this side, against the one the configured figures hold for. */
const area = (inputSize: number): number => (inputSize / REFERENCE_SIZE) ** 2;
