import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { centernet } from '../../../../models/import/centernet.ts';
import { ensureModel } from '../../../../models/import/ensure-model.ts';
import { versionOf } from '../../../../models/import/importable-model.ts';
import { packageFolder, readModelSource } from '../../../../models/import/model-source.ts';

const NAME = 'centernet';
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-models-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('ensureModel', () => {
  it('builds all sizes once, however many ask at the same time, and leaves nothing half-done behind', async () => {
    const sizes = [320, 320, 224, 512];
    const files = await Promise.all(sizes.map((size) => ensureModel({ dir, name: NAME, size })));
    expect(files.map((file) => file.size)).toEqual(sizes);
    expect(await readdir(join(dir, NAME))).toEqual([versionOf(centernet)]);
    const present = await readdir(join(dir, NAME, versionOf(centernet)));
    expect(present.sort()).toEqual([...centernet.inputSizes.map((s) => `centernet-${s}.onnx`), 'manifest.json'].sort());
  });

  it('gives the file that is there without building it again', async () => {
    const first = await ensureModel({ dir, name: NAME, size: 320 });
    const manifestPath = join(dir, NAME, first.version, 'manifest.json');
    // A manifest of the same meaning but other bytes would not survive a second build.
    await writeFile(manifestPath, JSON.stringify(JSON.parse(await readFile(manifestPath, 'utf8'))));
    const second = await ensureModel({ dir, name: NAME, size: 320 });
    expect(second).toEqual(first);
    expect(await readFile(manifestPath, 'utf8')).not.toContain('\n');
  });

  it('builds a damaged file anew, to the same bytes', async () => {
    const first = await ensureModel({ dir, name: NAME, size: 224 });
    await writeFile(first.path, 'damaged');
    const again = await Promise.all([
      ensureModel({ dir, name: NAME, size: 224 }),
      ensureModel({ dir, name: NAME, size: 224 }),
    ]);
    for (const file of again) expect(file.sha256).toBe(first.sha256);
    expect((await readFile(first.path)).byteLength).toBe(first.manifest.files.find((file) => file.size === 224)?.bytes);
    expect(await readdir(join(dir, NAME))).toEqual([first.version]);
  });

  it('builds another precision only when it is asked for, beside the first, and the same bytes each time', async () => {
    const plain = await ensureModel({ dir, name: NAME, size: 320 });
    expect(await readdir(join(dir, NAME))).toEqual([versionOf(centernet)]);
    const precisions = ['float16', 'int8'] as const;
    const files = await Promise.all(
      precisions.map((precision) => ensureModel({ dir, name: NAME, size: 224, precision })),
    );
    expect((await readdir(join(dir, NAME))).sort()).toEqual([
      versionOf(centernet),
      `${versionOf(centernet)}.float16`,
      `${versionOf(centernet)}.int8`,
    ]);
    for (const [i, precision] of precisions.entries()) {
      expect(files[i]).toMatchObject({ version: plain.version, precision });
      const other = await mkdtemp(join(tmpdir(), 'camshard-models-'));
      const again = await ensureModel({ dir: other, name: NAME, size: 224, precision });
      await rm(other, { recursive: true, force: true });
      expect(again.sha256).toBe(files[i]?.sha256);
    }
    expect((await ensureModel({ dir, name: NAME, size: 320 })).path).toBe(plain.path);
  });

  it.each([
    [{ name: 'yolo', size: 320 }, /no importable model yolo, only centernet/],
    [{ name: NAME, size: 300 }, /no input size 300, only 224, 320, 416, 512/],
  ])('says what there is instead of %j', async (request, message) => {
    await expect(ensureModel({ dir, ...request })).rejects.toMatchObject({ code: 'model_not_found' });
    await expect(ensureModel({ dir, ...request })).rejects.toThrow(message);
  });
});

describe('the source of a model', () => {
  it('is refused when it is not the file the importer was written for', async () => {
    const from = packageFolder(centernet.source.package);
    await mkdir(join(dir, 'models'));
    for (const file of ['models/centernet.json', 'models/centernet.bin']) await cp(join(from, file), join(dir, file));
    await expect(readModelSource(centernet, dir)).resolves.toBeDefined();
    await writeFile(join(dir, 'models/centernet.bin'), 'other');
    await expect(readModelSource(centernet, dir)).rejects.toMatchObject({ code: 'model_source_changed' });
    await rm(join(dir, 'models/centernet.bin'));
    await expect(readModelSource(centernet, dir)).rejects.toMatchObject({ code: 'model_source_missing' });
  });

  it('is missing when its package is not installed', () => {
    expect(() => packageFolder('@camshard/no-such-package')).toThrow(/not installed/);
  });
});
