import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type NodeConfigInput, nodeConfigSchema } from '../../../config/schema.ts';
import { AUTO_PRECISION, precisionOf, prepareModel } from '../../../src/served-model.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-served-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const prepared = ({ models, ...rest }: NodeConfigInput) =>
  prepareModel(nodeConfigSchema.parse({ ...rest, models: { dir, ...models } }));

describe('the model a node serves', () => {
  it('comes in the configured size and every smaller one, largest first, each in a file of its own', async () => {
    const served = await prepared({ models: { inputSize: 416 } });
    expect(served.inputSizes).toEqual([416, 320, 224]);
    const { graphs, key } = served.modelFor('cpu');
    expect(key).toBe(served.key);
    expect(graphs.map((graph) => graph.inputSize)).toEqual([416, 320, 224]);
    expect(new Set(graphs.map((graph) => graph.path)).size).toBe(3);
    expect(graphs.map((graph) => graph.precision)).toEqual(graphs.map(() => AUTO_PRECISION.cpu));
    expect(served.scoreThreshold).toBe(0.3);
  });

  it('falls back only to the sizes the configuration names, however they are ordered', async () => {
    const served = await prepared({ models: { inputSize: 512 }, overload: { inputSizes: [224, 512, 320, 224] } });
    expect(served.inputSizes).toEqual([512, 320, 224]);
    expect((await prepared({ overload: { inputSizes: [] } })).inputSizes).toEqual([320]);
  });

  it('is built in no precision that no device needs', async () => {
    await prepared({});
    expect(await readdir(join(dir, 'centernet'))).toHaveLength(1);
    const served = await prepared({ models: { precision: 'float16' } });
    expect(served.modelFor('cpu').graphs[0]?.precision).toBe('float16');
    expect((await readdir(join(dir, 'centernet'))).sort()[1]).toMatch(/\.float16$/);
  });

  it('is there for what a device may fall back to as well', async () => {
    const served = await prepared({ devices: [{ kind: 'cuda', fallback: ['cpu'] }, { kind: 'simulated' }] });
    expect(served.modelFor('cuda').graphs).toHaveLength(served.inputSizes.length);
    expect(served.modelFor('cpu').graphs).toHaveLength(served.inputSizes.length);
    expect(served.modelFor('simulated').graphs.map((graph) => graph.path)).toEqual(['', '']);
    expect(() => served.modelFor('webgpu')).toThrow(/no model was prepared for webgpu/);
  });

  it('needs no files where all devices are simulated', async () => {
    const served = await prepared({ devices: [{ kind: 'simulated' }] });
    expect(await readdir(dir)).toEqual([]);
    expect(served.inputSizes).toEqual([320, 224]);
    expect(served.modelFor('simulated').graphs.map((graph) => [graph.path, graph.inputSize])).toEqual([
      ['', 320],
      ['', 224],
    ]);
    expect(() => served.modelFor('cpu')).toThrow(/no model was prepared for cpu/);
  });

  it('runs in the precision asked for; unasked in the usual one, or in the one it has', () => {
    expect(precisionOf('int8', 'cpu', ['float32'])).toBe('int8');
    expect(precisionOf('auto', 'cpu', ['float16', 'float32'])).toBe(AUTO_PRECISION.cpu);
    expect(precisionOf('auto', 'cuda', ['float16'])).toBe('float16');
    expect(precisionOf('auto', 'cuda', [])).toBe(AUTO_PRECISION.cuda);
  });

  it('cannot be had in a size or precision nobody can build', async () => {
    const inSize = prepared({ overload: { inputSizes: [300] } });
    await expect(inSize).rejects.toMatchObject({ code: 'model_not_found' });
    const ownSize = prepared({ models: { inputSize: 640 } });
    await expect(ownSize).rejects.toThrow(
      'centernet has no input size 640, only 224, 320, 416, 512: set models.inputSize',
    );
    const absent = prepared({ models: { name: 'belt' } });
    await expect(absent).rejects.toMatchObject({ code: 'model_not_found' });
  });
});
