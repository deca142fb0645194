import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as OnnxProto from 'onnx-proto';
import * as ort from 'onnxruntime-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AddModelRequest, addModel } from '../../../../models/import/add-model.ts';
import { centernet } from '../../../../models/import/centernet.ts';
import { YOLO_LAYOUTS, type YoloLayout } from '../../../../models/import/graft-yolo.ts';
import { readModelSource } from '../../../../models/import/model-source.ts';
import { MODEL_FILE_BYTES_MAX } from '../../../../models/import/onnx-file.ts';
import { OnnxGraphBuilder } from '../../../../models/import/onnx-graph.ts';
import { float32, int64 } from '../../../../models/import/tensor.ts';
import { encodeOnnx } from '../../../../models/import/write-onnx.ts';
import { ModelRegistry } from '../../../../models/registry.ts';
import {
  colouredNoise,
  decodeRows,
  planesOf,
  type TinyDetector,
  tinyDetector,
} from '../../../support/tiny-detectors.ts';

const { onnx } = createRequire(import.meta.url)('onnx-proto') as typeof OnnxProto;
const LABELS = ['pallet', 'forklift', 'person'];
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-add-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function fileOf(bytes: Uint8Array, name = 'model.onnx'): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, bytes);
  return path;
}

const add = async (bytes: Uint8Array, over: Partial<AddModelRequest> = {}) =>
  addModel({
    dir: join(dir, 'models'),
    name: 'yard',
    version: '1',
    files: [await fileOf(bytes)],
    labels: LABELS,
    sizes: [],
    scoreThreshold: 0.25,
    licence: 'unknown',
    replace: false,
    ...over,
  });

const tiny = (layout: YoloLayout, over: Partial<TinyDetector> = {}) =>
  tinyDetector({ layout, classes: LABELS.length, size: 128, batch: 'open', ...over });

/** Rows with a score, as the registry's file finds them in each frame of one batch. */
async function detect(size: number, frames: readonly Uint8Array[]): Promise<readonly (readonly number[])[][]> {
  const { path, manifest } = await new ModelRegistry(join(dir, 'models')).find('yard', size);
  const session = await ort.InferenceSession.create(path, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const data = new Uint8Array(frames.length * size * size * 3);
  for (const [i, frame] of frames.entries()) data.set(frame, i * frame.length);
  const feeds = { [manifest.input]: new ort.Tensor('uint8', data, [frames.length, size, size, 3]) };
  const boxes = (await session.run(feeds))[manifest.output]?.data as Float32Array;
  await session.release();
  return frames.map((_, frame) =>
    Array.from({ length: 100 }, (_, row) => [
      ...boxes.subarray((frame * 100 + row) * 6, (frame * 100 + row + 1) * 6),
    ]).filter((row) => (row[4] ?? 0) > 0),
  );
}

/** The same by way of the file as it was exported and plain arithmetic before and behind it. */
async function expected(
  layout: YoloLayout,
  bytes: Uint8Array,
  size: number,
  pixels: Uint8Array,
  rule?: readonly [number, boolean],
) {
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const images = new ort.Tensor('float32', planesOf(layout, pixels, size), [1, 3, size, size]);
  const { output0 } = await session.run({ images });
  await session.release();
  const rules = { yolov8: [0.7, true], yolov5: [0.45, true], yolox: [0.45, false], end2end: [1, true] } as const;
  const [overlapMax, classWise] = rule ?? rules[layout];
  return decodeRows(layout, output0?.data as Float32Array, output0?.dims ?? [], size, { overlapMax, classWise });
}

function expectSame(actual: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): void {
  expect(actual.length).toBe(wanted.length);
  for (const [i, row] of wanted.entries()) {
    for (const [at, value] of row.entries()) expect(actual[i]?.[at], `row ${i}, number ${at}`).toBeCloseTo(value, 2);
  }
}

describe('a detector that somebody exported', () => {
  it.each([
    ...YOLO_LAYOUTS.flatMap((layout) => (['open', 1] as const).map((batch) => [layout, batch, 128] as const)),
    ['yolov8', 'open', 64] as const,
  ])('finds what plain arithmetic finds: %s, batch %s, %d pixels', async (layout, batch, size) => {
    const bytes = tiny(layout, { batch, size });
    const added = await add(bytes);
    expect(added).toMatchObject({ layout, oneByOne: batch === 1 });
    const frames = [colouredNoise(size, 1), colouredNoise(size, 2), colouredNoise(size, 3)];
    const found = await detect(size, frames);
    const wanted = await Promise.all(frames.map((pixels) => expected(layout, bytes, size, pixels)));
    expect(wanted.every((rows) => rows.length > 5)).toBe(true);
    // The best 300 cells of `end2end` are of one map, and of one class: not of the first, which is what 0 would be.
    const classes = new Set(wanted.flat().map((row) => row[5]));
    expect(layout === 'end2end' ? !classes.has(0) : classes.size > 1).toBe(true);
    for (const [i, rows] of wanted.entries()) expectSame(found[i] ?? [], rows);
  });

  it.each([11, 13, 17, 21])('finds the same in a file of opset %d', async (version) => {
    const bytes = changed(tiny('yolov8'), (model) => {
      model.opsetImport = [onnx.OperatorSetIdProto.create({ domain: '', version })];
    });
    const { manifest } = await add(bytes);
    expect(manifest.opset).toBe(version);
    const pixels = colouredNoise(128, 4);
    expectSame((await detect(128, [pixels]))[0] ?? [], await expected('yolov8', bytes, 128, pixels));
  });

  it('is built at each size asked for where its own is open, and at the sizes of several files', async () => {
    const open = tiny('yolov8', { size: undefined });
    const { manifest } = await add(open, { sizes: [128, 64, 96] });
    expect(manifest.inputSizes).toEqual([64, 96, 128]);
    for (const size of [96, 128]) {
      const pixels = colouredNoise(size, 5);
      expectSame((await detect(size, [pixels]))[0] ?? [], await expected('yolov8', open, size, pixels));
    }
    const files = [await fileOf(tiny('yolox'), 'a.onnx'), await fileOf(tiny('yolox', { size: 64 }), 'b.onnx')];
    const { manifest: both, layout } = await add(open, { files, version: '2' });
    expect(layout).toBe('yolox');
    expect(both.inputSizes).toEqual([64, 128]);
    expect(both.source.files.map(({ path }) => path)).toEqual(['a.onnx', 'b.onnx']);
  });

  it('may take and give float16', async () => {
    await add(tiny('yolov5', { half: true }));
    const pixels = colouredNoise(128, 6);
    const [found = []] = await detect(128, [pixels]);
    const wanted = await expected('yolov5', tiny('yolov5'), 128, pixels);
    expect(found[0]?.[5]).toBe(wanted[0]?.[5]);
    expect(found[0]?.[4]).toBeCloseTo(wanted[0]?.[4] ?? 0, 2);
  });

  it('suppresses as it is told to', async () => {
    const bytes = tiny('yolov8');
    await add(bytes, { overlapMax: 0.2, classWise: false });
    const pixels = colouredNoise(128, 7);
    const wanted = await expected('yolov8', bytes, 128, pixels, [0.2, false]);
    expect(wanted.length).toBeLessThan((await expected('yolov8', bytes, 128, pixels)).length);
    expectSame((await detect(128, [pixels]))[0] ?? [], wanted);
  });

  it('may be one whose graph keeps the contract already', async () => {
    const source = await readModelSource(centernet);
    const bytes = encodeOnnx(centernet.build(source, 224, 'float32'), 'centernet', { name: 'test', version: '0' });
    const { layout, manifest } = await add(bytes, { labels: centernet.labels, sizes: [] });
    expect(layout).toBe('boxes');
    expect(manifest).toMatchObject({ inputSizes: [224], input: 'frames', output: 'boxes' });
    const [file] = manifest.files;
    expect(file?.bytes).toBe(bytes.byteLength);
  });

  it('keeps what a manifest says of any model', async () => {
    const { manifest, folder } = await add(tiny('yolox'), { licence: 'Apache-2.0', name: 'yard', version: '2026-11' });
    expect(await new ModelRegistry(join(dir, 'models')).list()).toEqual([manifest]);
    expect(manifest).toMatchObject({
      name: 'yard',
      version: '2026-11',
      labels: LABELS,
      licence: 'Apache-2.0',
      layout: 'yolox',
      scoreThreshold: 0.25,
      preprocessing: { colorOrder: 'rgb', range: [0, 255], padValue: 114 },
      source: { package: 'model.onnx' },
    });
    expect((await readdir(folder)).sort()).toEqual(['manifest.json', 'yard-128.onnx']);
  });
});

describe('a file that cannot be served', () => {
  const refuses = async (
    code: string,
    bytes: Uint8Array,
    over: Partial<AddModelRequest> = {},
    message = /model.onnx: /,
  ) => {
    await expect(add(bytes, over)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await new ModelRegistry(join(dir, 'models')).list()).toEqual([]);
  };

  it('is no ONNX file, or cannot be read, or is too large', async () => {
    await refuses('model_file_invalid', new TextEncoder().encode('{"format": "graph-model"}'));
    await refuses('model_file_invalid', new Uint8Array(0));
    await refuses('model_file_invalid', tiny('yolov8').subarray(0, 1_000));
    await refuses('model_file_unreadable', tiny('yolov8'), { files: [join(dir, 'none.onnx')] }, /none.onnx/);
    const large = await fileOf(new Uint8Array(1), 'large.onnx');
    await truncate(large, MODEL_FILE_BYTES_MAX + 1);
    await refuses('model_file_too_large', tiny('yolov8'), { files: [large] }, /large.onnx/);
  });

  it('has an opset from before the operators that are grafted', async () => {
    const old = changed(tiny('yolov8'), (model) => {
      model.opsetImport = [onnx.OperatorSetIdProto.create({ domain: '', version: 10 })];
    });
    await refuses('model_opset_unsupported', old, {}, /opset 10: export it anew/);
  });

  it('has its weights elsewhere', async () => {
    const elsewhere = changed(tiny('yolov8'), (model) => {
      const [tensor] = model.graph?.initializer ?? [];
      if (tensor !== undefined) tensor.externalData = [{ key: 'location', value: '/etc/passwd' }];
    });
    await refuses('model_external_data', elsewhere);
  });

  it('has no size, another size than asked for, or one that cells do not fill', async () => {
    await refuses('model_size_unknown', tiny('yolov8', { size: undefined }), {}, /--size/);
    await refuses('model_size_unsupported', tiny('yolov8'), { sizes: [64] }, /fixed at 128/);
    await refuses('model_size_unsupported', tiny('yolov8', { size: undefined }), { sizes: [100] }, /multiple of 32/);
    const same = [await fileOf(tiny('yolov8'), 'a.onnx'), await fileOf(tiny('yolov8'), 'b.onnx')];
    await refuses('model_size_unsupported', tiny('yolov8'), { files: same }, /b.onnx: another file has 128/);
  });

  it('has another number of classes than labels, or no head that is known', async () => {
    await refuses('model_labels_mismatch', tiny('yolov8'), { labels: ['one'] }, /has 3 classes, but 1 labels/);
    await refuses('model_layout_unknown', tiny('yolov8'), { layout: 'yolox' }, /output0 \[1, 7, 336\]/);
  });

  it('takes something else than pictures, or a fixed batch', async () => {
    const dims = (change: (dim: OnnxProto.onnx.TensorShapeProto.IDimension[]) => void) =>
      changed(tiny('yolov8'), (model) => change(model.graph?.input?.[0]?.type?.tensorType?.shape?.dim ?? []));
    const four = dims((dim) => dim.splice(0, 1, { dimValue: 4 }));
    await refuses('model_input_unsupported', four, {}, /batch is fixed at 4/);
    const grey = dims((dim) => dim.splice(1, 1, { dimValue: 1 }));
    await refuses('model_input_unsupported', grey, {}, /\[\?, 1, 128, 128\]/);
    await refuses('model_input_unsupported', tiny('yolov8'), { layout: 'boxes' }, /uint8 \[batch, size, size, 3\]/);
  });

  it('answers otherwise than it should', async () => {
    await refuses('model_check_failed', answering([0, 0, 10, 10, 0.5, 3]), {}, /no label has its class/);
    await refuses('model_check_failed', answering([0, 0, 65, 10, 0.5, 0]), {}, /no box inside 64x64/);
    await refuses('model_check_failed', answering([0, 0, 10, 10, 1.5, 0]), {}, /not within 0 and 1/);
    await refuses('model_check_failed', answering([0, 0, Number.NaN, 10, 0.5, 0]), {}, /not finite/);
    await refuses(
      'model_check_failed',
      answering([0, 0, 10, 10, 0.5, 0], 99),
      {},
      /\[1,99,6\], not float32 \[1,100,6\]/,
    );
    await add(answering([0, 0, 10, 10, 0.5, 2]));
  });

  it('has a name that is taken', async () => {
    await refuses('model_name_reserved', tiny('yolov8'), { name: 'centernet' }, /centernet/);
    const { manifest } = await add(tiny('yolov8'));
    await expect(add(tiny('yolox'))).rejects.toMatchObject({ code: 'model_exists' });
    const registry = new ModelRegistry(join(dir, 'models'));
    expect(await registry.list()).toEqual([manifest]);
    const { manifest: newer } = await add(tiny('yolox'), { replace: true });
    expect(await registry.list()).toEqual([newer]);
    expect(await readdir(join(dir, 'models/yard'))).toEqual(['1']);
  });
});

function changed(bytes: Uint8Array, change: (model: OnnxProto.onnx.ModelProto) => void): Uint8Array {
  const model = onnx.ModelProto.decode(bytes);
  change(model);
  return onnx.ModelProto.encode(model).finish();
}

/** A graph that keeps the contract in all but what it answers: the same row for every frame. */
function answering(row: readonly number[], rows = 100): Uint8Array {
  const builder = new OnnxGraphBuilder();
  const frames = builder.input({ name: 'in', elementType: 'uint8', dims: ['n', 64, 64, 3] });
  const first = builder.add('first', 'Slice', [
    builder.add('shape', 'Shape', [frames]),
    builder.constant('from', int64([0])),
    builder.constant('to', int64([1])),
  ]);
  const dims = builder.add('dims', 'Concat', [first, builder.constant('rest', int64([rows, 6]))], { axis: { int: 0 } });
  const data = Float32Array.from({ length: rows * 6 }, (_, i) => (i < 6 ? (row[i] ?? 0) : 0));
  builder.add('out', 'Expand', [builder.constant('rows', float32([1, rows, 6], data)), dims]);
  builder.output({ name: 'out', elementType: 'float32', dims: ['n', rows, 6] });
  return encodeOnnx(builder.build(), 'constant', { name: 'test', version: '0' });
}
