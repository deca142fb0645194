import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { tensor } from '@tensorflow/tfjs-core';
import { BOXES_PER_FRAME } from '../../config/limits.ts';
import '@tensorflow/tfjs-backend-cpu';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildCenternet, CENTERNET_DISTANCES, CENTERNET_LOGITS, centernet } from '../../models/import/centernet.ts';
import { packageFolder, readModelSource } from '../../models/import/model-source.ts';
import type { TfGraph } from '../../models/import/tfjs-graph.ts';
import { encodeOnnx } from '../../models/import/write-onnx.ts';

const SCORES = 'tower_0/keypoints';

/** Values through the depth of the network, from the first convolution to both heads. */
const CUTS = [
  'tower_0/MobilenetV3/Conv/BatchNorm/FusedBatchNorm',
  'tower_0/MobilenetV3/Conv/hard_swish/mul_1',
  'tower_0/MobilenetV3/expanded_conv_1/depthwise/depthwise',
  'tower_0/MobilenetV3/expanded_conv_3/expand/Relu',
  'tower_0/MobilenetV3/expanded_conv_3/squeeze_excite/Conv_1/mul',
  'tower_0/MobilenetV3/expanded_conv_5/add',
  'tower_0/MobilenetV3/expanded_conv_9/depthwise/hard_swish/mul_1',
  'tower_0/MobilenetV3/expanded_conv_11/add',
  'tower_0/MobilenetV3/expanded_conv_14/add',
  'tower_0/extern1/hard_swish/mul_1',
  'tower_0/CenternetHead/c5_upsample/up_sampling2d/ResizeBilinear',
  'tower_0/CenternetHead/Relu',
  'tower_0/CenternetHead/Relu_2',
  'tower_0/CenternetHead/mul',
  CENTERNET_LOGITS,
  SCORES,
  CENTERNET_DISTANCES,
];

/**
 * Largest absolute difference allowed, on every value of every cut. Measured: at most 6e-5, on feature maps whose values
 * reach 77, where one unit in the last place of float32 is 8e-6.
 */
const TOLERANCE = 1e-3;
/**
 * Distances are what the last convolution gives, times 16: so is their error. Measured: 8e-4 pixels of 155. Boxes are
 * made of them.
 */
const DISTANCE_TOLERANCE_PIXELS = 16 * TOLERANCE;

let graph: TfGraph;

beforeAll(async () => {
  graph = await readModelSource(centernet);
});

describe('the imported CenterNet', () => {
  it('computes at 224 what TensorFlow.js computes, at every cut through its depth', async () => {
    const pixels = await samplePixels(224);
    await compare(224, pixels, CUTS);
  });

  it('computes at 320 what TensorFlow.js computes, at both heads', async () => {
    const pixels = await samplePixels(320);
    await compare(320, pixels, [SCORES, CENTERNET_DISTANCES]);
  });

  it.each([224, 320, 416, 512])('reads boxes off its maps at %i as the plain reading does', async (size) => {
    const frames = [await samplePixels(size), noisePixels(size)];
    const outputs = await runOnnx(size, frames, [CENTERNET_LOGITS, CENTERNET_DISTANCES]);
    const logits = map(outputs, CENTERNET_LOGITS);
    const distances = map(outputs, CENTERNET_DISTANCES);
    const boxes = outputs.boxes?.data as Float32Array;
    expect(outputs.boxes?.dims).toEqual([2, BOXES_PER_FRAME, 6]);
    for (let frame = 0; frame < 2; frame++) {
      const expected = readBoxes(logits, distances, frame, size);
      expect(expected.length).toBeGreaterThan(0);
      for (const [i, row] of expected.entries()) {
        const actual = boxes.subarray((frame * BOXES_PER_FRAME + i) * 6, (frame * BOXES_PER_FRAME + i + 1) * 6);
        for (let k = 0; k < 6; k++) expect(actual[k]).toBeCloseTo(row[k] ?? NaN, 3);
      }
    }
  });

  it('gives the same boxes without extra outputs, whatever the optimiser then does differently', async () => {
    const frame = await samplePixels(320);
    const bare = (await runOnnx(320, [frame], [])).boxes?.data as Float32Array;
    const cut = (await runOnnx(320, [frame], CUTS)).boxes?.data as Float32Array;
    expect(bare[4]).toBeGreaterThan(0.5);
    for (let i = 0; i < bare.length && (bare[i - (i % 6) + 4] ?? 0) > 0.1; i++) {
      const allowed = i % 6 < 4 ? DISTANCE_TOLERANCE_PIXELS : TOLERANCE;
      expect(Math.abs((bare[i] ?? 0) - (cut[i] ?? 0))).toBeLessThan(allowed);
    }
  });

  it('finds the man and his cup in a real photograph, best first', async () => {
    const boxes = (await runOnnx(320, [await samplePixels(320)], [])).boxes?.data as Float32Array;
    const scores = Array.from({ length: BOXES_PER_FRAME }, (_, i) => boxes[i * 6 + 4] ?? 0);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const sure = scores.filter((score) => score > 0.5).length;
    const labels = Array.from({ length: sure }, (_, i) => centernet.labels[boxes[i * 6 + 5] ?? -1]);
    expect(labels).toEqual(['person', 'cup']);
  });

  it('answers each frame of a batch as if it were alone', async () => {
    const frames = [await samplePixels(224), noisePixels(224), new Uint8Array(224 * 224 * 3)];
    const together = (await runOnnx(224, frames, [])).boxes?.data as Float32Array;
    for (const [i, frame] of frames.entries()) {
      const alone = (await runOnnx(224, [frame], [])).boxes?.data as Float32Array;
      expect(together.subarray(i * 600, (i + 1) * 600)).toEqual(alone);
    }
  });
});

async function compare(size: number, pixels: Uint8Array, names: readonly string[]): Promise<void> {
  const [reference, outputs] = [await runTfjs(size, pixels, names), await runOnnx(size, [pixels], names)];
  for (const [i, name] of names.entries()) {
    const expected = reference[i];
    const actual = map(outputs, name);
    expect(expected?.dims).toEqual([1, actual.height, actual.width, actual.channels]);
    let largest = 1;
    let difference = 0;
    for (let y = 0, at = 0; y < actual.height; y++) {
      for (let x = 0; x < actual.width; x++) {
        for (let c = 0; c < actual.channels; c++, at++) {
          const value = expected?.data[at] ?? NaN;
          largest = Math.max(largest, Math.abs(value));
          difference = Math.max(difference, Math.abs(value - actual.at(0, c, y, x)));
        }
      }
    }
    if (process.env.CAMSHARD_TEST_VERBOSE) console.log(`${size} ${name}: ${difference} of ${largest}`);
    const allowed = name === CENTERNET_DISTANCES ? DISTANCE_TOLERANCE_PIXELS : TOLERANCE;
    expect(difference, `${name} at ${size}, values up to ${largest}`).toBeLessThan(allowed);
  }
}

/** Independent evaluation: the package's own files in TensorFlow.js, plain JavaScript backend. NHWC. */
async function runTfjs(size: number, pixels: Uint8Array, names: readonly string[]) {
  const folder = packageFolder(centernet.source.package);
  const json = JSON.parse(await readFile(join(folder, centernet.source.graph.path), 'utf8'));
  const weights = new Uint8Array(await readFile(join(folder, centernet.source.weights.path)));
  // The file is made for 512: the placeholder says so, and so do the sizes its three upsamplings grow to.
  const node = json.modelTopology.node.find((n: { name: string }) => n.name === 'tower_0/images');
  node.attr.shape.shape.dim[1].size = String(size);
  node.attr.shape.shape.dim[2].size = String(size);
  const manifest = json.weightsManifest.flatMap((group: { weights: unknown[] }) => group.weights);
  let offset = 0;
  for (const { name, shape, quantization } of manifest) {
    const count = shape.reduce((product: number, dim: number) => product * dim, 1);
    if (/up_sampling2d\w*\/mul$/.test(name)) {
      const view = new DataView(weights.buffer, offset, 8);
      for (const at of [0, 4]) view.setInt32(at, (view.getInt32(at, true) * size) / 512, true);
    }
    offset += count * (quantization === undefined ? 4 : 2);
  }
  const model = await loadGraphModel({
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: manifest,
      weightData: weights.buffer,
      format: json.format,
      signature: json.signature,
    }),
  });
  const input = tensor(Float32Array.from(pixels), [1, size, size, 3]);
  const outputs = model.execute({ 'tower_0/images': input }, [...names]);
  const list = Array.isArray(outputs) ? outputs : [outputs];
  const read = await Promise.all(list.map(async (t) => ({ dims: t.shape, data: (await t.data()) as Float32Array })));
  for (const t of [...list, input]) t.dispose();
  model.dispose();
  return read;
}

async function runOnnx(size: number, frames: readonly Uint8Array[], cuts: readonly string[]) {
  const model = encodeOnnx(buildCenternet(graph, size, cuts), 'test', { name: 'test', version: '0' });
  const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const data = new Uint8Array(frames.length * size * size * 3);
  for (const [i, frame] of frames.entries()) data.set(frame, i * frame.length);
  const outputs = await session.run({ frames: new ort.Tensor('uint8', data, [frames.length, size, size, 3]) });
  await session.release();
  return outputs;
}

interface FeatureMap {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  at(frame: number, channel: number, y: number, x: number): number;
}

function map(outputs: ort.InferenceSession.OnnxValueMapType, name: string): FeatureMap {
  const value = outputs[name] as ort.Tensor;
  const [, channels = 1, height = 1, width = 1] = value.dims;
  const data = value.data as Float32Array;
  const at = (frame: number, c: number, y: number, x: number) =>
    data[((frame * channels + c) * height + y) * width + x] ?? NaN;
  return { channels, height, width, at };
}

/** Section 4 of "Objects as Points", spelled out: cells whose best class is largest in their 3x3 neighbourhood. */
function readBoxes(logits: FeatureMap, distances: FeatureMap, frame: number, size: number): number[][] {
  const best = (y: number, x: number) => {
    let [score, label] = [-Infinity, 0];
    for (let c = 0; c < logits.channels; c++) {
      const value = logits.at(frame, c, y, x);
      if (value > score) [score, label] = [value, c];
    }
    return { score, label };
  };
  const grid = Array.from({ length: logits.height }, (_, y) =>
    Array.from({ length: logits.width }, (_, x) => best(y, x)),
  );
  const found: number[][] = [];
  for (const [y, line] of grid.entries()) {
    for (const [x, cell] of line.entries()) {
      const around = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => grid[y + dy]?.[x + dx]?.score ?? -Infinity));
      if (cell.score < Math.max(...around)) continue;
      const clip = (v: number) => Math.min(Math.max(v, 0), size);
      const [left, top, right, bottom] = [0, 1, 2, 3].map((k) => distances.at(frame, k, y, x)) as [
        number,
        number,
        number,
        number,
      ];
      const score = 1 / (1 + Math.exp(-cell.score));
      found.push([clip(4 * x - left), clip(4 * y - top), clip(4 * x + right), clip(4 * y + bottom), score, cell.label]);
    }
  }
  return found.sort((a, b) => (b[4] ?? 0) - (a[4] ?? 0)).slice(0, BOXES_PER_FRAME);
}

/** A photograph that comes with the model's package, letterboxed: a man at a table. */
async function samplePixels(size: number): Promise<Uint8Array> {
  const path = join(packageFolder(centernet.source.package), 'assets/samples.jpg');
  const photograph = sharp(path).extract({ left: 325, top: 0, width: 215, height: 160 });
  const square = photograph.resize(size, size, { fit: 'contain', background: { r: 0, g: 0, b: 0 } });
  return new Uint8Array(await square.removeAlpha().raw().toBuffer());
}

/** Seeded noise (xorshift32), a frame unlike any the network saw. */
function noisePixels(size: number): Uint8Array {
  let state = 0x9e3779b9;
  return Uint8Array.from({ length: size * size * 3 }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}
