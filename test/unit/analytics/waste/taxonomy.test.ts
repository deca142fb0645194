import { describe, expect, it } from 'vitest';
import { taxonomyOf } from '../../../../analytics/waste/taxonomy.ts';
import { coco } from '../../../../config/taxonomies/coco.ts';
import { sorting } from '../../../../config/taxonomies/sorting.ts';
import { taxonomySchema } from '../../../../config/taxonomy.ts';
import { COCO_LABELS } from '../../../../models/import/coco-labels.ts';

describe('a taxonomy', () => {
  it('says the material of a class, however its words are joined', () => {
    const taxonomy = taxonomyOf('t', { 'clear plastic bottle': 'PET', can: 'aluminium' });
    expect(taxonomy.materialOf('Clear_Plastic-bottle')).toBe('PET');
    expect(taxonomy.materials).toEqual(['PET', 'aluminium']);
  });

  it('passes over classes it does not name', () => {
    expect(taxonomyOf('t', { can: 'metal' }).materialOf('person')).toBeUndefined();
  });

  it('has a material for every class where it has one for the rest', () => {
    expect(taxonomyOf('t', { can: 'metal', '*': 'unknown' }).materialOf('shoe')).toBe('unknown');
  });

  it('is not confused by classes called like what every object has', () => {
    const taxonomy = taxonomyOf('t', { can: 'metal' });
    expect(taxonomy.materialOf('constructor')).toBeUndefined();
    expect(taxonomy.materialOf('__proto__')).toBeUndefined();
  });

  it('comes built in with tables that are themselves valid', () => {
    expect(taxonomySchema.safeParse(coco).success).toBe(true);
    expect(taxonomySchema.safeParse(sorting).success).toBe(true);
  });

  it('built in for COCO names only classes that COCO has, and nobody as waste', () => {
    const known = new Set(COCO_LABELS);
    expect(Object.keys(coco).filter((label) => !known.has(label))).toEqual([]);
    expect(taxonomyOf('coco', coco).materialOf('person')).toBeUndefined();
  });
});
