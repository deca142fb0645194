import { z } from 'zod';
import { settingsName } from './camera-settings/schema.ts';

/** Bytes of a taxonomy file: 2,000 classes are about 80 KB. */
export const TAXONOMY_BYTES_MAX = 256 * 1024;
/** Classes of one taxonomy; LVIS, the largest common set, has 1,203. */
export const TAXONOMY_CLASSES_MAX = 2_000;

/**
 * A taxonomy file: materials by the model's classes, `*` for every class it does not name.
 *
 *     clear plastic bottle: PET
 *     drink can: aluminium
 *     '*': unknown
 */
export const taxonomySchema = z
  .record(z.string().min(1).max(64), settingsName)
  .refine((table) => Object.keys(table).length > 0, 'names no class')
  .refine(
    (table) => Object.keys(table).length <= TAXONOMY_CLASSES_MAX,
    `names more than ${TAXONOMY_CLASSES_MAX} classes`,
  );

export type TaxonomyTable = z.output<typeof taxonomySchema>;
