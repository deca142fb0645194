import { z } from 'zod';
import { int, key, num } from '../key.ts';

/** A name within one document: lines, zones and rules are called by it in measures, events and alerts. */
export const name = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/);
/** Names of a model's classes, e.g. `car`; `*` is any class. */
export const labels = z.array(z.string().min(1).max(64)).min(1).max(200);
/** `[x, y]`: pixels of `coordinates` where the document has it, else shares 0..1 of the picture. */
export const point = z.tuple([num(-16_384, 16_384), num(-16_384, 16_384)]);

export const line = z.strictObject({
  id: key(name, { reason: 'What measures, events and rules call it; not the name of a zone too.' }),
  from: key(point, { reason: 'First point.' }),
  to: key(point, { reason: 'Second point; forward is from the left hand to the right hand of the way there.' }),
  names: z
    .strictObject({
      forward: key(name.default('forward'), { reason: 'What crossings from left to right hand are called.' }),
      backward: key(name.default('backward'), { reason: 'What the others are called.' }),
    })
    .prefault({}),
  labels: key(labels.nullable().default(null), { reason: 'Classes counted; all that are followed where not set.' }),
  hysteresis: key(num(0, 0.2).default(0.008), {
    unit: 'of the height',
    reason: 'An object has crossed once it is this far beyond: jitter on the line does not count.',
  }),
});

export const zone = z.strictObject({
  id: key(name, { reason: 'What measures, events and rules call it; not the name of a line too.' }),
  polygon: key(z.array(point).min(3).max(64), { reason: 'Corners in order; it may not cross itself.' }),
  kind: key(z.enum(['road', 'lane', 'pavement', 'crossing', 'parking', 'belt', 'table', 'other']).default('other'), {
    reason: 'What lies there: incidents look on road and lane, waste on belt and table.',
  }),
  labels: key(labels.nullable().default(null), { reason: 'Classes looked at; all that are followed where not set.' }),
  heading: key(
    z
      .strictObject({
        from: key(point, { reason: 'Anywhere in the picture ...' }),
        to: key(point, { reason: '... and farther along the way.' }),
      })
      .nullable()
      .default(null),
    {
      reason: 'Where traffic goes in it: the other way is wrong way.',
    },
  ),
  lengthM: key(num(1, 10_000).nullable().default(null), {
    unit: 'm',
    reason: 'Length along the road; from the ground plane where not set. Density needs one of them.',
  }),
  freeSpeedKmh: key(num(1, 300).default(50), {
    unit: 'km/h',
    reason: 'Speed of free flow here: congestion is measured against it.',
  }),
});

/** A flat ground measured in at least four places: what speeds are computed from. */
export const ground = z.strictObject({
  image: key(z.array(point).min(4).max(32), { reason: 'Points of the picture ...' }),
  metres: key(
    z
      .array(z.tuple([num(-10_000, 10_000), num(-10_000, 10_000)]))
      .min(4)
      .max(32),
    {
      unit: 'm',
      reason: '... and where they lie on the ground, in the same order.',
    },
  ),
});

/** The picture that points are read off. */
export const coordinates = z.strictObject({
  width: key(int(16, 8_192), { unit: 'pixels', reason: 'Its width.' }),
  height: key(int(16, 8_192), { unit: 'pixels', reason: 'Its height.' }),
});
