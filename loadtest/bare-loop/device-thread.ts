/**
 * The thread of the bare loop: a session with the settings of the product's device thread (models/device), and nothing
 * else. Buffers come, are run and go back.
 */
import { parentPort, workerData } from 'node:worker_threads';
import * as ort from 'onnxruntime-node';

export interface BareThreadData {
  readonly modelPath: string;
  readonly inputName: string;
  readonly outputName: string;
  readonly inputSize: number;
  readonly threads: number;
  readonly batch: number;
}

const port = parentPort;
if (port === null) throw new Error('a thread, not a program');
const data = workerData as BareThreadData;

const session = await ort.InferenceSession.create(data.modelPath, {
  executionProviders: ['cpu'],
  intraOpNumThreads: data.threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  enableMemPattern: true,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
});

async function infer(pixels: Uint8Array): Promise<Float32Array<ArrayBuffer>> {
  const tensor = new ort.Tensor('uint8', pixels, [data.batch, data.inputSize, data.inputSize, 3]);
  const output = (await session.run({ [data.inputName]: tensor }))[data.outputName];
  if (output === undefined) throw new Error(`the model has no output ${data.outputName}`);
  return new Float32Array(output.data as Float32Array);
}

for (let i = 0; i < 3; i++) await infer(new Uint8Array(data.batch * data.inputSize ** 2 * 3));

port.on('message', async (pixels: ArrayBuffer | 'close') => {
  if (pixels === 'close') {
    port.close();
    return;
  }
  const boxes = await infer(new Uint8Array(pixels));
  port.postMessage({ pixels, boxes: boxes.buffer }, [pixels, boxes.buffer]);
});
port.postMessage('ready');
