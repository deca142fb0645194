import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CameraSettings, cameraSettingsSchema } from '../../../config/camera-settings/schema.ts';
import { nodeConfigSchema } from '../../../config/schema.ts';
import { Taxonomies, taxonomyFor } from '../../../src/taxonomies.ts';

const settings = (waste: object, pipeline = 'waste'): CameraSettings => cameraSettingsSchema.parse({ pipeline, waste });

describe('taxonomies', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'taxonomies-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('are the built-in ones where there is no folder', async () => {
    const taxonomies = await Taxonomies.open(join(dir, 'none'));
    expect(taxonomies.names).toEqual(['coco', 'sorting']);
    expect(taxonomies.faults).toEqual([]);
    expect(taxonomies.of(settings({}))?.materialOf('bottle')).toBe('plastic');
    expect(taxonomies.of(settings({ taxonomy: 'sorting' }))?.materialOf('Drink can')).toBe('aluminium');
  });

  it('are read from YAML and JSON, and may stand for a built-in one', async () => {
    await writeFile(join(dir, 'plant.yaml'), "shoe: textile\n'*': unknown\n");
    await writeFile(join(dir, 'coco.json'), '{"bottle":"PET"}');
    await writeFile(join(dir, 'notes.txt'), 'no taxonomy');
    const taxonomies = await Taxonomies.open(dir);
    expect(taxonomies.faults).toEqual([]);
    expect(taxonomies.of(settings({ taxonomy: 'plant' }))?.materials).toEqual(['textile', 'unknown']);
    expect(taxonomies.of(settings({}))?.materialOf('bottle')).toBe('PET');
  });

  it('pass over faulty files and tell of them', async () => {
    await writeFile(join(dir, 'a.yaml'), 'bottle: [plastic]');
    await writeFile(join(dir, 'b.yaml'), '{{{');
    await writeFile(join(dir, 'c d.yaml'), 'bottle: plastic');
    await writeFile(join(dir, 'e.yaml'), '');
    await writeFile(join(dir, 'f.json'), `{"bottle":"${'x'.repeat(300_000)}"}`);
    await writeFile(join(dir, 'g.json'), '{"a":"one"}');
    await writeFile(join(dir, 'g.yaml'), 'a: two');
    await mkdir(join(dir, 'h.yaml'));
    const taxonomies = await Taxonomies.open(dir);
    expect(taxonomies.names).toEqual(['coco', 'g', 'sorting']);
    expect(taxonomies.faults.map(({ file }) => file.slice(dir.length + 1))).toEqual([
      'a.yaml',
      'b.yaml',
      'c d.yaml',
      'e.yaml',
      'f.json',
      'g.yaml',
      'h.yaml',
    ]);
    expect(taxonomies.faults[0]?.message).toMatch(/^bottle: /);
  });

  it('are none for a camera that measures no waste', async () => {
    const taxonomies = await Taxonomies.open(dir);
    expect(taxonomies.of(settings({ taxonomy: 'nowhere' }, 'traffic'))).toBeUndefined();
    expect(taxonomies.check(settings({ taxonomy: 'nowhere' }, 'traffic'))).toEqual([]);
  });

  it('are made once of a table in the settings', async () => {
    const taxonomies = await Taxonomies.open(dir);
    const own = settings({ taxonomy: { can: 'metal' } });
    expect(taxonomies.of(own)?.materialOf('can')).toBe('metal');
    expect(taxonomies.of(own)).toBe(taxonomies.of(own));
  });

  it('find a name there is not and materials it does not have', async () => {
    const taxonomies = await Taxonomies.open(dir);
    expect(taxonomies.check(settings({ taxonomy: 'cocoa' }))).toEqual([
      { at: ['waste', 'taxonomy'], message: 'there is no taxonomy "cocoa"; did you mean "coco"?' },
    ]);
    expect(taxonomies.check(settings({ allowed: ['paper', 'plastik'] }))).toEqual([
      { at: ['waste', 'allowed', 1], message: 'there is no material "plastik"; did you mean "plastic"?' },
    ]);
  });

  it('are looked up for a replay beside the node’s data', async () => {
    await mkdir(join(dir, 'taxonomies'));
    await writeFile(join(dir, 'taxonomies', 'plant.yaml'), 'shoe: textile');
    const config = nodeConfigSchema.parse({ node: { dataDir: dir } });
    expect((await taxonomyFor(settings({ taxonomy: 'plant' }), config))?.materials).toEqual(['textile']);
    await expect(taxonomyFor(settings({ taxonomy: 'plants' }), config)).rejects.toThrow('did you mean "plant"');
    expect(await taxonomyFor(settings({}, 'none'), config)).toBeUndefined();
  });
});
