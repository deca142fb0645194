/**
 * The device thread: ONNX Runtime sessions, one for each input size, one batch after the other. `session.run` blocks
 * this thread for as long as it computes (measured: no event-loop turn during a run), which is why nothing else lives
 * here.
 */
import * as ort from 'onnxruntime-node';
import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import { errorMessage } from '../../core/errors.ts';
import { BatchFaults } from './batch-faults.ts';
import type { ThreadAnswer, ThreadData, ThreadFault, ThreadRequest } from './onnx-thread-protocol.ts';
import { isOutOfMemory } from './out-of-memory.ts';

interface Loaded {
  readonly session: ort.InferenceSession;
  readonly inputName: string;
  readonly outputName: string;
}

/** 1 while native code runs, during which this thread must not be terminated. */
const inNative = new Int32Array((workerData as ThreadData).inNative);
const loadedBySize = new Map<number, Loaded>();
const faults = new BatchFaults();
/** Ends when the request before has been handled: the next batch lies in this thread's inbox while one runs. */
let before: Promise<unknown> = Promise.resolve();

export default function handleInTurn(request: ThreadRequest): Promise<ThreadAnswer> {
  const answer = before.then(() => handle(request));
  before = answer.catch(() => {}); // the asker hears of it
  return answer;
}

async function handle(request: ThreadRequest): Promise<ThreadAnswer> {
  switch (request.kind) {
    case 'load':
      return load(request);
    case 'unload':
      return unload();
    case 'warm':
      return unlessOutOfMemory(new ArrayBuffer(0), async () => {
        const { inputSize, count } = request;
        const pixels = new Uint8Array(count * frameBytes(inputSize));
        await infer(inputSize, count, pixels);
        const startMs = performance.now();
        await infer(inputSize, count, pixels);
        return { kind: 'warmed', computeMs: performance.now() - startMs };
      });
    case 'run':
      return unlessOutOfMemory(request.pixels, () => run(request));
    case 'fault':
      return fault(request.fault);
  }
}

async function load(request: ThreadRequest & { kind: 'load' }): Promise<ThreadAnswer> {
  const session = await native(() =>
    ort.InferenceSession.create(request.path, {
      executionProviders: request.executionProviders as readonly ort.InferenceSession.ExecutionProviderConfig[],
      intraOpNumThreads: request.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      enableMemPattern: true,
      extra: { session: { intra_op: { allow_spinning: request.spin ? '1' : '0' } } },
    }),
  );
  loadedBySize.set(request.inputSize, { session, inputName: request.inputName, outputName: request.outputName });
  return { kind: 'done' };
}

async function unload(): Promise<ThreadAnswer> {
  for (const [size, { session }] of loadedBySize) {
    loadedBySize.delete(size);
    await native(() => session.release());
  }
  return { kind: 'done' };
}

async function run(request: ThreadRequest & { kind: 'run' }): Promise<ThreadAnswer> {
  const { inputSize, count } = request;
  const startMs = performance.now();
  const armed = faults.take(count);
  if (armed === 'throw') throw new Error('fault injected');
  // Worded as the arena words it, so that it takes the way a real one takes.
  if (armed === 'out_of_memory') throw new Error('Failed to allocate memory for requested buffer: fault injected');
  const pixels = new Uint8Array(request.pixels, request.byteOffset, count * frameBytes(inputSize));
  const boxes = await infer(inputSize, count, pixels);
  const computeMs = performance.now() - startMs;
  const startedAtMs = performance.timeOrigin + startMs;
  const answer = { kind: 'ran', boxes: boxes.buffer, pixels: request.pixels, computeMs, startedAtMs } as const;
  return movable(answer, [answer.boxes, answer.pixels]);
}

async function unlessOutOfMemory(pixels: ArrayBuffer, work: () => Promise<ThreadAnswer>): Promise<ThreadAnswer> {
  try {
    return await work();
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    return movable({ kind: 'out_of_memory', pixels, message: errorMessage(error).trim() }, [pixels]);
  }
}

async function infer(inputSize: number, count: number, pixels: Uint8Array): Promise<Float32Array<ArrayBuffer>> {
  const loaded = loadedBySize.get(inputSize);
  if (loaded === undefined) throw new Error(`no session of input size ${inputSize} is loaded`);
  const { session, inputName, outputName } = loaded;
  const input = new ort.Tensor('uint8', pixels, [count, inputSize, inputSize, 3]);
  const outputs = await native(() => session.run({ [inputName]: input }));
  const boxes = outputs[outputName];
  if (boxes === undefined || !(boxes.data instanceof Float32Array)) throw new Error(`no float32 output ${outputName}`);
  // The runtime's own memory cannot be transferred; 2.4 KB a frame can be copied.
  return new Float32Array(boxes.data);
}

async function native<T>(call: () => Promise<T>): Promise<T> {
  Atomics.store(inNative, 0, 1);
  try {
    return await call();
  } finally {
    Atomics.store(inNative, 0, 0);
  }
}

/** Piscina transfers what these symbols name: the buffers go back without a copy. */
function movable(answer: ThreadAnswer, buffers: readonly ArrayBuffer[]): ThreadAnswer {
  const transferable = { [transferableSymbol]: buffers, [valueSymbol]: answer };
  return move(transferable as unknown as ArrayBuffer) as unknown as ThreadAnswer;
}

/** RGB, a byte a channel. */
const frameBytes = (inputSize: number): number => inputSize * inputSize * 3;

async function fault(injected: ThreadFault): Promise<ThreadAnswer> {
  switch (injected.kind) {
    case 'exit':
      return process.exit(1); // in a worker this ends the thread, not the process
    case 'hang':
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // for good, as a loop that never ends
      break;
    case 'hang_native':
      await hangInNative();
      break;
    default:
      faults.arm(injected);
  }
  return { kind: 'done' };
}

/** Blocks in the C library, where nothing in the process can reach this thread, as a stuck driver call would. */
async function hangInNative(): Promise<void> {
  const { default: koffi } = await import('koffi');
  const sleep = koffi.load('libc.so.6').func('unsigned int sleep(unsigned int seconds)');
  await native(() => {
    for (;;) sleep(0x7fff_ffff); // it returns early where a signal comes
  });
}
