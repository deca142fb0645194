import { availableParallelism } from 'node:os';
import { BATCH_BUCKETS } from '../../config/limits.ts';
import { DeviceError } from '../../core/errors.ts';
import type { DeviceId } from '../../core/ids.ts';
import { crashProcess } from './crash-process.ts';
import { FaultScript } from './fault-script.ts';
import { giveBackMemory } from './give-back-memory.ts';
import { grownBytes, type MemoryReader } from './memory/memory-reader.ts';
import { OnnxThread } from './onnx-thread-handle.ts';
import type { ProviderEntry } from './onnx-thread-protocol.ts';
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

export interface OnnxDeviceOptions {
  readonly id: DeviceId;
  readonly kind: string;
  /** As ONNX Runtime takes them: the first that can run an operator runs it. */
  readonly executionProviders: readonly ProviderEntry[];
  /** Settings given to each provider but `cpu`, on top of its own. */
  readonly providerOptions?: Readonly<Record<string, unknown>>;
  readonly model: DeviceModel;
  /** Threads of one run; 0 takes all cores. */
  readonly threads: number;
  readonly batchMax: number;
  readonly memory: MemoryReader;
  /** Shared by the devices that follow one another at one index; a fresh one where none is given. */
  readonly script?: FaultScript;
}

/** How far warming came: `outOfMemoryAt` is the batch size that did not fit. */
interface Warmed {
  readonly runs: readonly WarmRun[];
  readonly outOfMemoryAt: number | undefined;
}

/** ONNX Runtime in a thread of its own. */
export class OnnxDevice implements Device {
  readonly id: DeviceId;
  readonly kind: string;
  readonly wantsPixels = true;
  readonly #options: OnnxDeviceOptions;
  readonly #script: FaultScript;
  /** Batches given while the sessions are made anew, in order. */
  readonly #waiting: (() => void)[] = [];
  #buckets: readonly number[];
  #thread: OnnxThread | undefined;
  #renewal: Promise<WarmUp> | undefined;
  /** Why the device is gone. */
  #failure: DeviceError | undefined;

  constructor(options: OnnxDeviceOptions) {
    this.id = options.id;
    this.kind = options.kind;
    this.#options = options;
    this.#script = options.script ?? new FaultScript();
    this.#buckets = bucketsUpTo(options.batchMax, BATCH_BUCKETS);
  }

  get buckets(): readonly number[] {
    return this.#buckets;
  }

  async start(): Promise<WarmUp> {
    if (this.#thread !== undefined || this.#failure !== undefined)
      throw new Error(`${this.id}: started or closed before`);
    try {
      this.#failIfScripted();
      this.#thread = new OnnxThread(this.id);
      return await this.#makeSessions(this.#thread);
    } catch (cause) {
      const failure = this.#startFailure(cause);
      await this.close().catch(() => {}); // why it failed is told below
      throw failure;
    }
  }

  run(batch: InferenceBatch): Promise<BatchOutput> {
    if (!this.#options.model.graphs.some((graph) => graph.inputSize === batch.inputSize)) {
      return Promise.reject(new Error(`${this.id}: the model has no input size ${batch.inputSize}`));
    }
    const givenAtMs = performance.timeOrigin + performance.now();
    if (this.#renewal === undefined) return this.#runNow(batch, givenAtMs);
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => this.#runNow(batch, givenAtMs).then(resolve, reject));
    });
  }

  /** One asked for while one is under way is that one. */
  renew(): Promise<WarmUp> {
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = undefined;
      for (const runNow of this.#waiting.splice(0)) runNow();
    });
    return this.#renewal;
  }

  readMemory(): Promise<MemoryReading | undefined> {
    return this.#options.memory.read();
  }

  injectFault(fault: DeviceFault): void {
    if (fault.kind === 'start_fails') this.#script.failStarts(fault.times);
    else if (fault.kind === 'crash') crashProcess();
    // The rejection is the point of it; the batches on the thread report what happened.
    else this.#thread?.ask({ kind: 'fault', fault }).catch(() => {});
  }

  async close(): Promise<void> {
    this.#failure ??= new DeviceError('device_failed', `${this.id}: closed`);
    if (this.#thread === undefined) return;
    await this.#thread.end();
    await giveBackMemory();
  }

  async #runNow(batch: InferenceBatch, givenAtMs: number): Promise<BatchOutput> {
    const thread = this.#thread;
    if (thread === undefined || this.#failure !== undefined) {
      throw new DeviceError('device_failed', `${this.id}: not running`, { cause: this.#failure });
    }
    const { inputSize, count } = batch;
    const { buffer, byteOffset, byteLength } = batch.pixels;
    try {
      const answer = await thread.ask({ kind: 'run', inputSize, count, pixels: buffer, byteOffset }, [buffer]);
      if (answer.kind !== 'ran' && answer.kind !== 'out_of_memory') throw new Error(`${answer.kind} answered to run`);
      const pixels = new Uint8Array(answer.pixels, byteOffset, byteLength);
      if (answer.kind === 'out_of_memory') {
        throw new DeviceOutOfMemory(this.id, { count, pixels }, { cause: new Error(answer.message) });
      }
      return {
        boxes: new Float32Array(answer.boxes),
        pixels,
        waitMs: Math.max(0, answer.startedAtMs - givenAtMs),
        computeMs: answer.computeMs,
      };
    } catch (error) {
      if (error instanceof DeviceOutOfMemory) throw error;
      throw this.#fail(new DeviceError('device_failed', `${this.id}: the batch's thread failed`, { cause: error }));
    }
  }

  async #renew(): Promise<WarmUp> {
    try {
      const thread = this.#thread;
      if (thread === undefined) throw new Error('not started');
      await thread.quiet();
      if (this.#failure !== undefined) throw this.#failure;
      this.#failIfScripted();
      await thread.ask({ kind: 'unload' });
      await giveBackMemory();
      return await this.#makeSessions(thread);
    } catch (cause) {
      const failure = this.#startFailure(cause);
      this.#fail(failure);
      throw failure;
    }
  }

  /**
   * Makes the sessions and warms them, with smaller and smaller batches until they fit. The memory before a renewal is
   * that after the sessions before it were ended: what CUDA holds for the process, whatever runs, counts as used.
   */
  async #makeSessions(thread: OnnxThread): Promise<WarmUp> {
    const memoryBefore = await this.readMemory();
    let buckets = bucketsUpTo(this.#options.batchMax, BATCH_BUCKETS);
    for (;;) {
      await this.#load(thread);
      const { runs, outOfMemoryAt } = await this.#warm(thread, buckets, memoryBefore);
      this.#buckets = buckets;
      if (outOfMemoryAt === undefined) return { runs, memoryBefore };
      buckets = buckets.filter((count) => count < outOfMemoryAt);
      if (buckets.length === 0) throw new Error(`out of memory at ${outOfMemoryAt} frames`);
      // What the runs up to the one that failed got hold of, the arenas keep: without it the card is full at rest.
      await thread.ask({ kind: 'unload' });
    }
  }

  /** One session after the other: CUDA does not bear several being made at once. */
  async #load(thread: OnnxThread): Promise<void> {
    const { model, threads, executionProviders, providerOptions } = this.#options;
    for (const { path, inputSize } of model.graphs) {
      await thread.ask({
        kind: 'load',
        path,
        inputName: model.inputName,
        outputName: model.outputName,
        inputSize,
        executionProviders: executionProviders.map((entry) => withOptions(entry, providerOptions)),
        threads: threads === 0 ? availableParallelism() : threads,
        spin: false,
      });
    }
  }

  /**
   * Ascending by batch size and at each by input size as the model lists them: so the growth up to one batch size is
   * what all input sizes together need for it, and the first that does not fit ends it for all of them.
   */
  async #warm(
    thread: OnnxThread,
    buckets: readonly number[],
    memoryBefore: MemoryReading | undefined,
  ): Promise<Warmed> {
    const runs: WarmRun[] = [];
    for (const count of buckets) {
      for (const { inputSize } of this.#options.model.graphs) {
        // A request for each, so that closing waits for one of them at most.
        const answer = await thread.ask({ kind: 'warm', inputSize, count });
        if (answer.kind === 'out_of_memory') return { runs, outOfMemoryAt: count };
        if (answer.kind !== 'warmed') throw new Error(`${answer.kind} answered to warm`);
        const bytes = grownBytes(memoryBefore, await this.readMemory());
        runs.push({ inputSize, count, computeMs: answer.computeMs, bytes });
      }
    }
    return { runs, outOfMemoryAt: undefined };
  }

  #failIfScripted(): void {
    if (this.#script.takeFailingStart()) throw new Error('fault injected');
  }

  #startFailure(cause: unknown): DeviceError {
    return new DeviceError('device_start_failed', `${this.id}: ${this.#options.model.key} could not be loaded`, {
      cause,
    });
  }

  /** The device is gone, and with it all that was given to it. */
  #fail(failure: DeviceError): DeviceError {
    this.#failure ??= failure;
    this.#thread?.rejectAsked(failure);
    return failure;
  }
}

function withOptions(entry: ProviderEntry, options: Readonly<Record<string, unknown>> | undefined): ProviderEntry {
  const name = typeof entry === 'string' ? entry : entry.name;
  if (options === undefined || name === 'cpu') return entry;
  return { ...options, ...(typeof entry === 'string' ? {} : entry), name };
}
