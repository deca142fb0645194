import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../core/clock.ts';
import type { ImageHeader } from '../../core/frame.ts';
import { parseJpegHeader } from '../../core/image-header.ts';
import { createDecoder } from '../../models/decode/decoder.ts';
import type { ModelFile } from '../../models/registry.ts';
import { round } from '../lib/statistics.ts';
import type { BareThreadData } from './device-thread.ts';

export interface BareLoopOptions {
  readonly model: ModelFile;
  readonly pictures: readonly Buffer[];
  /** Frames per run; the product's batcher picks 1 on a CPU. */
  readonly batch: number;
  /** Threads of a run; 0 takes all cores, as the product's default. */
  readonly threads: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

export interface BareLoopSummary {
  readonly framesPerS: number;
  readonly frames: number;
  readonly seconds: number;
  /** Of the whole process, in cores. */
  readonly cpuCores: number;
}

/** One running, one waiting in the thread's inbox, one under decode: as the product keeps them. */
const BUFFERS = 3;

/**
 * The most frames/s these cores give for decoding and inference alone: the product's decoder, and a session with the
 * product's settings in a thread, the next batch decoded while one runs. No sockets, actors, ledger, tracking, JSON:
 * what the product reaches is stated as a share of this.
 */
export async function runBareLoop(options: BareLoopOptions): Promise<BareLoopSummary> {
  const { model, batch } = options;
  const size = model.size;
  const frameBytes = size * size * 3;
  const frames = options.pictures.map((bytes) => ({ bytes, header: headerOf(bytes) }));
  const decoder = createDecoder({
    padValue: model.manifest.preprocessing.padValue,
    concurrencyMax: 4,
    scratchBytesMax: 64 * 1024 * 1024,
  });
  const data: BareThreadData = {
    modelPath: model.path,
    inputName: model.manifest.input,
    outputName: model.manifest.output,
    inputSize: size,
    threads: options.threads === 0 ? availableParallelism() : options.threads,
    batch,
  };
  const worker = new Worker(new URL('./device-thread.js', import.meta.url), { workerData: data });
  const failure = once(worker, 'error').then(([error]) => Promise.reject(error));
  await Promise.race([once(worker, 'message'), failure]);

  let next = 0;
  let done = 0;
  let stopping = false;
  const feed = async (buffer: ArrayBuffer): Promise<void> => {
    if (stopping) return;
    const pixels = new Uint8Array(buffer);
    const jobs: Promise<unknown>[] = [];
    for (let i = 0; i < batch; i++) {
      const frame = frames[next++ % frames.length];
      if (frame === undefined) throw new Error('no pictures');
      jobs.push(decoder.decodeInto(frame, pixels.subarray(i * frameBytes, (i + 1) * frameBytes), size));
    }
    await Promise.all(jobs);
    if (stopping) return;
    worker.postMessage(buffer, [buffer]);
  };
  const feedFailed = new Promise<never>((_, reject) => {
    worker.on('message', (message: { pixels: ArrayBuffer }) => {
      done += batch;
      feed(message.pixels).catch(reject);
    });
    for (let i = 0; i < BUFFERS; i++) feed(new ArrayBuffer(batch * frameBytes)).catch(reject);
  });
  const measured = (async (): Promise<BareLoopSummary> => {
    await sleep(options.warmupSeconds * 1000);
    const doneBefore = done;
    const startMs = systemClock.nowMs();
    const cpuBefore = process.cpuUsage();
    await sleep(options.seconds * 1000);
    const seconds = (systemClock.nowMs() - startMs) / 1000;
    const cpu = process.cpuUsage(cpuBefore);
    return {
      framesPerS: round((done - doneBefore) / seconds, 2),
      frames: done - doneBefore,
      seconds: round(seconds, 3),
      cpuCores: round((cpu.user + cpu.system) / 1e6 / seconds, 3),
    };
  })();
  try {
    return await Promise.race([measured, failure, feedFailed]);
  } finally {
    stopping = true;
    await decoder.close();
    // Ended between runs, by itself: `terminate` during a run aborts the whole process (measured).
    worker.postMessage('close');
    await once(worker, 'exit');
  }
}

function headerOf(bytes: Buffer): ImageHeader {
  const parsed = parseJpegHeader(bytes);
  if (parsed.kind === 'bad') throw new Error(`a frame of the set is no JPEG: ${parsed.message}`);
  return parsed.header;
}
