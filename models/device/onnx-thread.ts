/**
 * The device thread: one ONNX Runtime session, one batch after the other. `session.run` blocks this thread for as long
 * as it computes (measured: no event-loop turn during a run), which is why nothing else lives here.
 */
import * as ort from 'onnxruntime-node';
import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './onnx-thread-protocol.ts';

/** 1 while native code runs, during which this thread must not be terminated. */
const inNative = new Int32Array((workerData as ThreadData).inNative);

let session: ort.InferenceSession | undefined;
let inputName = '';
let outputName = '';
let inputSize = 0;
let throwNext = false;

export default async function handle(request: ThreadRequest): Promise<ThreadAnswer> {
  switch (request.kind) {
    case 'load': {
      session = await native(() =>
        ort.InferenceSession.create(request.path, {
          executionProviders: [...request.executionProviders],
          intraOpNumThreads: request.threads,
          interOpNumThreads: 1,
          executionMode: 'sequential',
          graphOptimizationLevel: 'all',
          enableMemPattern: true,
          extra: { session: { intra_op: { allow_spinning: request.spin ? '1' : '0' } } },
        }),
      );
      inputName = request.inputName;
      outputName = request.outputName;
      inputSize = request.inputSize;
      return { kind: 'loaded' };
    }
    case 'warm': {
      const pixels = new Uint8Array(request.count * inputSize * inputSize * 3);
      await infer(pixels, request.count);
      const startMs = performance.now();
      await infer(pixels, request.count);
      return { kind: 'warmed', computeMs: performance.now() - startMs };
    }
    case 'run': {
      if (throwNext) {
        throwNext = false;
        throw new Error('fault injected');
      }
      const startMs = performance.now();
      const boxes = await infer(
        new Uint8Array(request.pixels, 0, request.count * inputSize * inputSize * 3),
        request.count,
      );
      return movable({
        kind: 'ran',
        boxes: boxes.buffer,
        pixels: request.pixels,
        computeMs: performance.now() - startMs,
        startedAtMs: performance.timeOrigin + startMs,
      });
    }
    case 'fault':
      return fault(request.fault);
  }
}

async function infer(pixels: Uint8Array, count: number): Promise<Float32Array<ArrayBuffer>> {
  const loaded = session;
  if (loaded === undefined) throw new Error('no session is loaded');
  const input = new ort.Tensor('uint8', pixels, [count, inputSize, inputSize, 3]);
  const outputs = await native(() => loaded.run({ [inputName]: input }));
  const boxes = outputs[outputName];
  if (boxes === undefined || !(boxes.data instanceof Float32Array)) throw new Error(`no float32 output ${outputName}`);
  // The runtime's own memory cannot be transferred; 2.4 KB a frame can be copied.
  return new Float32Array(boxes.data);
}

async function native<T>(run: () => Promise<T>): Promise<T> {
  Atomics.store(inNative, 0, 1);
  try {
    return await run();
  } finally {
    Atomics.store(inNative, 0, 0);
  }
}

/** Piscina transfers what these symbols name: both buffers go back without a copy. */
function movable(answer: ThreadAnswer & { kind: 'ran' }): ThreadAnswer {
  const transferable = { [transferableSymbol]: [answer.boxes, answer.pixels], [valueSymbol]: answer };
  return move(transferable as unknown as ArrayBuffer) as unknown as ThreadAnswer;
}

function fault(kind: 'exit' | 'throw' | 'hang'): ThreadAnswer {
  if (kind === 'exit') process.exit(1); // in a worker this ends the thread, not the process
  if (kind === 'hang') {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // blocks the thread for good, as a stuck kernel would
  }
  throwNext = true;
  return { kind: 'armed' };
}
