import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Precision } from '../../models/device/port.ts';
import { centernet } from '../../models/import/centernet.ts';
import { packageFolder, readModelSource } from '../../models/import/model-source.ts';
import type { TfGraph } from '../../models/import/tfjs-graph.ts';
import { encodeOnnx } from '../../models/import/write-onnx.ts';

let source: TfGraph;

beforeAll(async () => {
  source = await readModelSource(centernet);
});

describe('the imported CenterNet in fewer bits', () => {
  it.each([
    ['float16', 0.01, 1],
    ['int8', 0.05, 6],
  ] as const)('finds in %s the man and his cup where float32 finds them', async (precision, scoreError, pixelError) => {
    const photograph = await samplePixels(320);
    const [exact, rounded] = [await detect('float32', 320, [photograph]), await detect(precision, 320, [photograph])];
    for (const row of [0, 1]) {
      const [expected, actual] = [exact, rounded].map((boxes) => boxes.subarray(row * 6, row * 6 + 6));
      expect(actual?.[5]).toBe(expected?.[5]);
      expect(Math.abs((actual?.[4] ?? NaN) - (expected?.[4] ?? NaN))).toBeLessThan(scoreError);
      for (const corner of [0, 1, 2, 3]) {
        expect(Math.abs((actual?.[corner] ?? NaN) - (expected?.[corner] ?? NaN))).toBeLessThan(pixelError);
      }
    }
    const sure = Array.from({ length: 100 }, (_, i) => rounded[i * 6 + 4] ?? 0).filter((score) => score > 0.5);
    expect(sure).toHaveLength(2);
  });

  it.each(['float16', 'int8'] as const)(
    'answers in %s each frame of a batch as if it were alone',
    async (precision) => {
      const frames = [await samplePixels(224), new Uint8Array(224 * 224 * 3)];
      const together = await detect(precision, 224, frames);
      for (const [i, frame] of frames.entries()) {
        const alone = await detect(precision, 224, [frame]);
        for (const [at, value] of alone.entries()) expect(together[i * 600 + at]).toBeCloseTo(value, 3);
      }
    },
  );

  it.each([
    ['float16', 4.2e6],
    ['int8', 5.8e6],
  ] as const)('is in %s at most %d bytes', (precision, bytes) => {
    expect(encode(precision, 320).byteLength).toBeLessThan(bytes);
  });

  it('leaves ONNX Runtime no float convolution but the first blocks, the last ones and those of single numbers', () => {
    const { nodes } = centernet.build(source, 320, 'int8');
    const writer = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node.opType] as const)));
    const plain = nodes.filter(
      (node) => node.opType === 'Conv' && writer.get(node.inputs[1] ?? '') !== 'DequantizeLinear',
    );
    const outputs = plain.map((node) => node.outputs[0] ?? '');
    for (const output of outputs)
      expect(output).toMatch(/MobilenetV3\/(Conv|expanded_conv(_[12])?)\/|_output\/BiasAdd|squeeze_excite|conv1x1_se/);
    expect(nodes.filter((node) => node.opType === 'QuantizeLinear').length).toBeGreaterThan(120);
  });
});

function encode(precision: Precision, size: number): Uint8Array {
  return encodeOnnx(centernet.build(source, size, precision), 'test', { name: 'test', version: '0' });
}

async function detect(precision: Precision, size: number, frames: readonly Uint8Array[]): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(encode(precision, size), {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const data = new Uint8Array(frames.length * size * size * 3);
  for (const [i, frame] of frames.entries()) data.set(frame, i * frame.length);
  const { boxes } = await session.run({ frames: new ort.Tensor('uint8', data, [frames.length, size, size, 3]) });
  await session.release();
  return Float32Array.from((boxes?.data ?? []) as Float32Array);
}

/** A photograph that comes with the model's package, letterboxed: a man at a table. */
async function samplePixels(size: number): Promise<Uint8Array> {
  const path = join(packageFolder(centernet.source.package), 'assets/samples.jpg');
  const photograph = sharp(path).extract({ left: 325, top: 0, width: 215, height: 160 });
  const square = photograph.resize(size, size, { fit: 'contain', background: { r: 0, g: 0, b: 0 } });
  return new Uint8Array(await square.removeAlpha().raw().toBuffer());
}
