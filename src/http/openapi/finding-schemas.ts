import { z } from 'zod';
import { type CameraEvent, HEALTH_CONDITIONS, INCIDENT_KINDS } from '../../../core/camera-event.ts';
import { count, share, wallMs } from './scalars.ts';

/** What analytics says happened in front of a camera, as results, live frames and the history carry it. */

const name = (description: string) => z.string().meta({ description });
const track = () => count().meta({ description: 'Number of the object it is about, as detections carry it.' });
const label = () => name('Class of the object.');
const at = { atMs: wallMs().meta({ description: 'Event time, ms since the Unix epoch.' }) };
const state = () => z.enum(['opened', 'closed']);
const detail = () => name('One sentence with the figures.');

export const cameraEvent = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('line_crossed'),
      ...at,
      line: name('Line of the camera’s settings.'),
      direction: z.enum(['forward', 'backward']).meta({
        description: 'Forward is from the left to the right hand of the way from the line’s first point to its second.',
      }),
      name: name('What the settings call that direction.'),
      track: track(),
      label: label(),
      speedKmh: z
        .number()
        .nullable()
        .meta({ description: 'Null without a ground plane, or where it could not be told.' }),
    }),
    z.object({
      kind: z.literal('zone_entered'),
      ...at,
      zone: name('Zone of the settings.'),
      track: track(),
      label: label(),
    }),
    z.object({
      kind: z.literal('zone_left'),
      ...at,
      zone: name('Zone of the settings.'),
      track: track(),
      label: label(),
      dwellS: z.number().min(0).meta({ description: 'How long it was inside, s.' }),
    }),
    z.object({
      kind: z.literal('route_taken'),
      ...at,
      from: name('The line it crossed first.'),
      to: name('The line it crossed then.'),
      track: track(),
      label: label(),
      travelS: z.number().min(0).meta({ description: 'From one to the other, s.' }),
    }),
    z.object({
      kind: z.literal('incident'),
      ...at,
      incident: z.enum(INCIDENT_KINDS),
      state: state(),
      number: count().meta({ description: 'The same at its beginning and its end.' }),
      zone: z.string().nullable(),
      track: count().nullable(),
      label: z.string().nullable(),
      detail: detail(),
    }),
    z.object({
      kind: z.literal('health'),
      ...at,
      condition: z.enum(HEALTH_CONDITIONS),
      state: state(),
      detail: detail(),
    }),
    z.object({ kind: z.literal('daylight'), ...at, light: z.enum(['day', 'night']) }),
    z.object({
      kind: z.literal('item'),
      ...at,
      track: track(),
      label: label(),
      material: name('By the taxonomy.'),
      score: share().meta({ description: 'Mean over its frames.' }),
      allowed: z.boolean().meta({ description: 'Whether its material belongs into the stream.' }),
      review: z.boolean().meta({ description: 'Too uncertain to be taken on trust.' }),
    }),
  ])
  .meta({ description: 'Something that happened in front of a camera.' }) satisfies z.ZodType<CameraEvent>;
