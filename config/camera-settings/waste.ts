import { z } from 'zod';
import { key, num } from '../key.ts';
import { name } from './geometry.ts';

/** What is measured on a belt or table. */
export const waste = z.strictObject({
  taxonomy: key(z.union([name, z.record(z.string().min(1).max(64), name)]).default('coco'), {
    reason:
      'Which material a class is: a file of that name in <node.dataDir>/taxonomies or a built-in one, or the table itself.',
  }),
  stream: key(name.default('mixed'), { reason: 'What is sorted here, e.g. paper; it names the composition.' }),
  allowed: key(z.array(name).max(100).nullable().default(null), {
    reason: 'Materials that belong into the stream; all where not set. Everything else is contamination.',
  }),
  count: key(z.enum(['passing', 'present']).default('passing'), {
    reason: 'On a belt each item counts once as it passes; on a table what lies there counts, averaged over time.',
  }),
  weight: key(z.enum(['count', 'area']).default('count'), {
    reason: 'Whether composition is by items or by the area they cover.',
  }),
  reviewBelow: key(num(0, 1).default(0.35), {
    reason: 'Items whose mean score is under this are flagged for a person to look at.',
  }),
  hitsMin: key(z.int().min(1).max(100).default(3), { reason: 'Frames an item must be seen in before it counts.' }),
});
