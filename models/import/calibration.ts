import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ModelError } from '../../core/errors.ts';
import type { Calibration } from './quantise-recipe.ts';

const calibrationSchema = z.object({
  made: z.string(),
  float: z.array(z.string()),
  quarterOctaves: z.record(z.string(), z.array(z.int())),
  ranges: z.record(z.string(), z.tuple([z.number(), z.number()])),
});

/**
 * The figures that come with the importer; `loadtest/calibrate` makes them. They are part of what a version is, so a
 * change of them is a new importer revision.
 *
 * @throws ModelError `model_source_missing`
 */
export function readCalibration(model: string): Calibration {
  const path = new URL(`./calibration/${model}.json`, import.meta.url);
  try {
    return calibrationSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new ModelError('model_source_missing', `no calibration of ${model}`, { cause });
  }
}
