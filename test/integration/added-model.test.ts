import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Detection } from '../../core/detection.ts';
import { startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { colouredNoise, decodeRows, planesOf, type Row, tinyDetector } from '../support/tiny-detectors.ts';
import { camshard } from './fixtures/processes.ts';

const SIZE = 96;
const LABELS = ['pallet', 'forklift', 'person'];
const dir = mkdtempSync(join(tmpdir(), 'camshard-added-'));
const models = join(dir, 'models');
const exported = tinyDetector({ layout: 'yolov8', classes: LABELS.length, size: SIZE, batch: 'open' });

beforeAll(() => {
  writeFileSync(join(dir, 'best.onnx'), exported);
  writeFileSync(join(dir, 'names.txt'), `${LABELS.join('\n')}\n`);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const add = (...args: readonly string[]) =>
  camshard(['models', 'add', join(dir, 'best.onnx'), '--dir', models, '--labels', join(dir, 'names.txt'), ...args]);

describe('camshard models add', () => {
  it('says what it took the file for, and how to serve it', async () => {
    const { code, stdout, stderr } = await add('--name', 'yard', '--licence', 'MIT');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`yard@1: yolov8, as its shape says, 3 classes, ${SIZE} px`);
    expect(stdout).toContain(`camshard up --set models.name=yard --set models.inputSize=${SIZE}`);
    const ls = await camshard(['models', 'ls', '--dir', models]);
    expect(ls.stdout).toMatch(/yard +1 .*best\.onnx@[0-9a-f]{12}/);
  });

  it('says what is wrong, in JSON where asked, and leaves what is there as it is', async () => {
    const taken = await add('--name', 'yard', '--json');
    expect(taken.code).toBe(1);
    expect(JSON.parse(taken.stderr)).toMatchObject({ error: { code: 'model_exists' } });
    const labels = await add('--name', 'yard@2', '--labels', 'one,two');
    expect(labels.code).toBe(1);
    expect(labels.stderr).toContain('best.onnx: output output0 read as yolov8 has 3 classes, but 2 labels are given');
    for (const wrong of [
      ['--name', '../yard'],
      ['--name', 'yard@2', '--labels', 'none.txt'],
      ['--name', 'yard@2', '--size', '50'],
    ]) {
      expect((await add(...wrong)).code, wrong.join(' ')).toBe(2);
    }
  });
});

describe('a node with a model somebody added', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startTestNode({
      devices: [{ kind: 'cpu', threads: 1, batchMax: 2 }],
      models: { dir: models, name: 'yard', inputSize: SIZE },
    });
  });
  afterAll(stopTestNodes);

  it('answers a frame with its labels, its boxes and its version', async () => {
    const pixels = colouredNoise(SIZE, 11);
    const raw = { width: SIZE, height: SIZE, channels: 3 as const };
    const body = await sharp(pixels, { raw }).png().toBuffer();
    const answer = await node.get('/v1/cameras/yard-1/frames', {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: new Uint8Array(body),
    });
    const { model, detections } = (await answer.json()) as { model: string; detections: Detection[] };
    expect(model).toBe('yard@1');
    const wanted = (await decoded(pixels)).filter((row) => row[4] >= 0.25);
    expect(wanted.length).toBeGreaterThan(0);
    expect(detections.map(({ label }) => label)).toEqual(wanted.map((row) => LABELS[row[5]]));
    for (const [i, row] of wanted.entries()) {
      expect(detections[i]?.score).toBeCloseTo(row[4], 2);
      for (const side of [0, 1, 2, 3] as const) expect(detections[i]?.box[side]).toBeCloseTo(row[side] / SIZE, 2);
    }
  });
});

/** What the exported file finds, by plain arithmetic before and behind it. */
async function decoded(pixels: Uint8Array): Promise<readonly Row[]> {
  const session = await ort.InferenceSession.create(exported, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const images = new ort.Tensor('float32', planesOf('yolov8', pixels, SIZE), [1, 3, SIZE, SIZE]);
  const { output0 } = await session.run({ images });
  await session.release();
  const rules = { overlapMax: 0.7, classWise: true };
  return decodeRows('yolov8', output0?.data as Float32Array, output0?.dims ?? [], SIZE, rules);
}
