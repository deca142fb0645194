import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Precision } from '../../../models/device/port.ts';
import type { ModelManifest } from '../../../models/manifest.ts';
import { ModelRegistry } from '../../../models/registry.ts';

let dir: string;
let registry: ModelRegistry;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-registry-'));
  registry = new ModelRegistry(dir);
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

function manifest(name: string, version: string, content: string, precision: Precision): ModelManifest {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {
    schemaVersion: 1,
    name,
    version,
    task: 'detect',
    labels: ['car', 'bus'],
    inputSizes: [320],
    files: [{ size: 320, precision, file: `${name}-320.onnx`, bytes: content.length, sha256 }],
    source: { package: 'somewhere', version: '1.0.0', files: [] },
    licence: 'MIT',
    preprocessing: { colorOrder: 'rgb', range: [0, 255], letterbox: 'centre', padValue: 0 },
    input: 'frames',
    output: 'boxes',
    detectionsMax: 100,
    opset: 18,
    scoreThreshold: 0.3,
    importerRevision: 1,
  };
}

async function put(name: string, version: string, precision: Precision = 'float32'): Promise<void> {
  const content = `${name} ${version} ${precision}`;
  const folder = join(dir, name, precision === 'float32' ? version : `${version}.${precision}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}-320.onnx`), content);
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest(name, version, content, precision)));
}

describe('the model registry', () => {
  it('lists models by name, newest version first, digits counting as numbers', async () => {
    for (const version of ['3.3.6-2', '3.3.6-10', '3.3.6-9']) await put('centernet', version);
    await put('belt', '1.0.0');
    const listed = (await registry.list()).map((each) => `${each.name}@${each.version}`);
    expect(listed).toEqual(['belt@1.0.0', 'centernet@3.3.6-10', 'centernet@3.3.6-9', 'centernet@3.3.6-2']);
  });

  it('finds the newest version, or the one asked for', async () => {
    await put('centernet', '3.3.6-1');
    await put('centernet', '3.3.6-2');
    expect((await registry.find('centernet', 320)).version).toBe('3.3.6-2');
    const file = await registry.find('centernet@3.3.6-1', 320);
    expect(file).toMatchObject({ name: 'centernet', version: '3.3.6-1', size: 320, labels: ['car', 'bus'] });
    expect(file.path).toBe(join(dir, 'centernet', '3.3.6-1', 'centernet-320.onnx'));
  });

  it('lists nothing where there is no directory, or only work in progress', async () => {
    expect(await new ModelRegistry(join(dir, 'absent')).list()).toEqual([]);
    await mkdir(join(dir, 'centernet', '.3.3.6-1.77.abcd'), { recursive: true });
    await mkdir(join(dir, 'centernet', '3.3.6-1'), { recursive: true });
    expect(await registry.list()).toEqual([]);
  });

  it.each(['yolo', 'centernet@9', '..', '../centernet', ''])('does not find the model %j', async (reference) => {
    await put('centernet', '3.3.6-1');
    await expect(registry.find(reference, 320)).rejects.toMatchObject({ code: 'model_not_found' });
  });

  it('names the sizes there are when another is asked for', async () => {
    await put('centernet', '3.3.6-1');
    await expect(registry.find('centernet', 640)).rejects.toThrow(/no input size 640 in float32, only 320/);
  });

  it('shows the precisions of a version as one model, and finds each', async () => {
    await put('centernet', '3.3.6-3');
    await put('centernet', '3.3.6-3', 'int8');
    await put('centernet', '3.3.6-2', 'float16');
    const listed = await registry.list();
    expect(listed.map((each) => [each.version, each.files.map((file) => file.precision)])).toEqual([
      ['3.3.6-3', ['float32', 'int8']],
      ['3.3.6-2', ['float16']],
    ]);
    expect((await registry.find('centernet', 320)).path).toBe(join(dir, 'centernet', '3.3.6-3', 'centernet-320.onnx'));
    const int8 = await registry.find('centernet', 320, 'int8');
    expect(int8).toMatchObject({ version: '3.3.6-3', precision: 'int8' });
    expect(int8.path).toBe(join(dir, 'centernet', '3.3.6-3.int8', 'centernet-320.onnx'));
    await expect(registry.find('centernet', 320, 'float16')).rejects.toThrow(/is not there in float16/);
  });

  it('takes a file of which the manifest says nothing else for float32', async () => {
    await put('centernet', '3.3.6-2');
    const path = join(dir, 'centernet', '3.3.6-2', 'manifest.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"precision":"float32",', ''));
    expect((await registry.find('centernet', 320)).precision).toBe('float32');
  });

  it('refuses a file that is not the one that was written', async () => {
    await put('centernet', '3.3.6-1');
    const path = join(dir, 'centernet', '3.3.6-1', 'centernet-320.onnx');
    await writeFile(path, 'another');
    await expect(registry.find('centernet', 320)).rejects.toMatchObject({ code: 'model_corrupt' });
    await rm(path);
    await expect(registry.find('centernet', 320)).rejects.toMatchObject({ code: 'model_corrupt' });
  });

  it.each([
    '{',
    '{}',
    JSON.stringify({ ...manifest('a', '1', 'x', 'float32'), files: [{ size: 1, file: '../../etc/passwd' }] }),
  ])('refuses the manifest %s', async (text) => {
    await put('centernet', '3.3.6-1');
    await writeFile(join(dir, 'centernet', '3.3.6-1', 'manifest.json'), text);
    await expect(registry.list()).rejects.toMatchObject({ code: 'model_corrupt' });
  });
});
