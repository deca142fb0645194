import * as ort from 'onnxruntime-node';
import { BOXES_PER_FRAME } from '../../config/limits.ts';
import { errorMessage, ModelError } from '../../core/errors.ts';
import { createRandom } from '../../core/random.ts';
import type { SeenOutput } from './detector-layout.ts';
import type { OnnxFilePort } from './onnx-file.ts';

/** Rows of a frame alone and of the same frame in a batch may differ by this: sums are added up in another order. */
const SCORE_ERROR_MAX = 1e-3;
const NUMBERS = 6;

/**
 * Runs a graph as it was given, with one black frame, and tells what its outputs are.
 *
 * @throws ModelError `model_unsupported` where ONNX Runtime cannot load or run it
 */
export async function outputsSeen(
  bytes: Uint8Array,
  input: OnnxFilePort,
  size: number,
): Promise<readonly SeenOutput[]> {
  const session = await sessionOf(bytes);
  try {
    const dims = [1, 3, size, size];
    const count = 3 * size * size;
    const frame =
      input.elementType === 'float16'
        ? new ort.Tensor('float16', new Uint16Array(count), dims)
        : new ort.Tensor('float32', new Float32Array(count), dims);
    const outputs = await supported(`does not run at ${size} pixels`, () => session.run({ [input.name]: frame }));
    return Object.entries(outputs).map(([name, tensor]) => ({ name, dims: tensor.dims }));
  } finally {
    await session.release();
  }
}

export interface ContractCheck {
  readonly inputName: string;
  readonly outputName: string;
  /** Side of the input square in pixels. */
  readonly size: number;
  readonly labels: number;
}

/**
 * Runs a graph as a device would, with a black frame and one of noise, alone and together, and checks that it keeps the
 * contract: shapes, finite numbers, falling scores from 0 to 1, boxes inside the square, class numbers that have labels,
 * and the same answer to a frame whatever is beside it.
 *
 * @throws ModelError `model_unsupported` where it cannot be run; `model_check_failed` where its answer is wrong
 */
export async function checkContract(bytes: Uint8Array, check: ContractCheck): Promise<void> {
  const { inputName, outputName, size } = check;
  const session = await sessionOf(bytes);
  try {
    const black = new Uint8Array(size * size * 3);
    const random = createRandom(1);
    const noise = black.map(() => Math.floor(random() * 256));
    const run = async (frames: readonly Uint8Array[]): Promise<Float32Array> => {
      const data = new Uint8Array(frames.length * black.length);
      for (const [i, frame] of frames.entries()) data.set(frame, i * black.length);
      const feeds = { [inputName]: new ort.Tensor('uint8', data, [frames.length, size, size, 3]) };
      const what = `does not run with a batch of ${frames.length} at ${size} pixels`;
      const output = (await supported(what, () => session.run(feeds)))[outputName];
      const dims = [frames.length, BOXES_PER_FRAME, NUMBERS];
      if (!(output?.data instanceof Float32Array) || output.dims.join() !== dims.join()) {
        throw failed(`a batch of ${frames.length} gives ${output?.type} [${output?.dims}], not float32 [${dims}]`);
      }
      checkRows(output.data, check);
      return output.data;
    };
    const alone = [await run([noise]), await run([black])];
    const together = await run([noise, black]);
    for (const [i, expected] of alone.entries()) {
      const actual = together.subarray(i * expected.length, (i + 1) * expected.length);
      for (let at = 4; at < expected.length; at += NUMBERS) {
        if (Math.abs((expected[at] ?? 0) - (actual[at] ?? 0)) > SCORE_ERROR_MAX) {
          throw failed('a frame is answered otherwise in a batch than alone: export it with the batch open');
        }
      }
    }
  } finally {
    await session.release();
  }
}

function checkRows(boxes: Float32Array, { size, labels }: ContractCheck): void {
  let before = 1;
  for (let at = 0; at < boxes.length; at += NUMBERS) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, score = 0, classOf = 0] = boxes.subarray(at, at + NUMBERS);
    const row = `row ${(at / NUMBERS) % BOXES_PER_FRAME} [${boxes.subarray(at, at + NUMBERS).join(', ')}]`;
    if (![x1, y1, x2, y2, score, classOf].every(Number.isFinite)) throw failed(`${row} is not finite`);
    if (score < 0 || score > 1) throw failed(`${row}: its score is not within 0 and 1`);
    if (at % (BOXES_PER_FRAME * NUMBERS) !== 0 && score > before)
      throw failed(`${row} scores more than the row before`);
    before = score;
    if (score === 0) continue;
    const inside = [x1, y1, x2, y2].every((edge) => edge >= 0 && edge <= size);
    if (!inside || x1 > x2 || y1 > y2) throw failed(`${row} is no box inside ${size}x${size}`);
    if (!Number.isInteger(classOf) || classOf < 0 || classOf >= labels) throw failed(`${row}: no label has its class`);
  }
}

function sessionOf(bytes: Uint8Array): Promise<ort.InferenceSession> {
  return supported('cannot be loaded', () =>
    ort.InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    }),
  );
}

async function supported<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw new ModelError('model_unsupported', `it ${what}: ${errorMessage(cause).trim()}`, { cause });
  }
}

const failed = (what: string): ModelError => new ModelError('model_check_failed', what);
