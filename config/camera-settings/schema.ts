import { z } from 'zod';
import { int, key, num } from '../key.ts';
import { coordinates, ground, labels, line, name, zone } from './geometry.ts';
import { health } from './health.ts';
import { rule } from './rules.ts';
import { traffic } from './traffic.ts';
import { waste } from './waste.ts';

/**
 * What one camera is for: the document an operator writes. Relations between its parts and the geometry are checked by
 * parse-camera-settings.ts, which also turns pixels into shares.
 */
export const cameraSettingsSchema = z.strictObject({
  schemaVersion: key(z.literal(1).default(1), { reason: 'Of this document: later kinds will count up.' }),
  pipeline: key(z.enum(['traffic', 'waste', 'none']).default('traffic'), {
    reason: 'What detections mean here; none follows and measures nothing.',
  }),
  coordinates: key(coordinates.nullable().default(null), {
    unit: 'pixels',
    reason: 'Size of the picture points are read off; without it they are shares 0..1.',
  }),
  intervalS: key(z.union([z.literal(10), z.literal(30), z.literal(60), z.literal(300)]).default(60), {
    unit: 's',
    reason: 'Length of one row of measures; the history rolls them up to minutes, hours and days.',
  }),
  detector: z
    .strictObject({
      labels: key(labels.nullable().default(null), {
        reason:
          "Classes followed: vehicles and people for traffic, the taxonomy's for waste, where not set; ['*'] is all.",
      }),
      scoreMin: key(num(0, 1).default(0.1), {
        reason: 'Detections under this are not even used to hold a track; the model has its own threshold before.',
      }),
    })
    .prefault({}),
  tracker: z
    .strictObject({
      highScore: key(num(0, 1).default(0.3), {
        reason: 'Detections from this score on begin tracks; weaker ones only continue them (ByteTrack).',
      }),
      hitsMin: key(int(1, 30).default(2), { reason: 'Detections before a track counts as one.' }),
      lostS: key(num(0.1, 60).default(1.5), {
        unit: 's',
        reason: 'A track without detections is remembered this long.',
      }),
      mixLabels: key(z.enum(['groups', 'any', 'never']).default('groups'), {
        reason: 'Which classes may be one object: those easily confused (car, truck, bus), any, or only the very same.',
      }),
    })
    .prefault({}),
  coverage: z
    .strictObject({
      gapS: key(num(0.1, 60).default(1.5), {
        unit: 's',
        reason: 'Between two observed frames further apart than this, time counts as unseen.',
      }),
      shareMin: key(num(0, 1).default(0.9), { reason: 'An interval observed for less than this share is not valid.' }),
    })
    .prefault({}),
  lines: key(z.array(line).max(32).default([]), { reason: 'Counting lines.' }),
  zones: key(z.array(zone).max(32).default([]), { reason: 'Areas.' }),
  ground: key(ground.nullable().default(null), { reason: 'Ground plane; without it there are no speeds.' }),
  traffic: traffic.prefault({}),
  waste: waste.prefault({}),
  health: health.prefault({}),
  rules: key(z.array(rule).max(64).default([]), { reason: 'What raises alerts.' }),
  priority: key(z.enum(['critical', 'normal', 'low']).nullable().default(null), {
    reason: "Under overload; the node's flow.priorities where not set.",
  }),
  fps: key(
    z
      .strictObject({
        min: key(num(0.1, 120), { unit: 'frames/s', reason: 'Least asked of it.' }),
        max: key(num(0.1, 120), { unit: 'frames/s', reason: 'Most asked of it.' }),
      })
      .nullable()
      .default(null),
    {
      unit: 'frames/s',
      reason: "Range asked of it; the node's flow.fpsMin and fpsMax where not set.",
    },
  ),
  retention: z
    .strictObject({
      predictionsDays: key(int(1, 3_650).nullable().default(null), {
        unit: 'days',
        reason: "Shorter than the node's only: what its partitions hold is dropped with them.",
      }),
      eventsDays: key(int(1, 3_650).nullable().default(null), {
        unit: 'days',
        reason: "Shorter than the node's only.",
      }),
    })
    .prefault({}),
});

/** A whole document with every default; points are shares of the picture once parsed. */
export type CameraSettings = z.output<typeof cameraSettingsSchema>;
export type CameraSettingsInput = z.input<typeof cameraSettingsSchema>;
export type LineSettings = CameraSettings['lines'][number];
export type ZoneSettings = CameraSettings['zones'][number];
export type GroundSettings = NonNullable<CameraSettings['ground']>;
export type TrafficSettings = CameraSettings['traffic'];
export type WasteSettings = CameraSettings['waste'];
export type HealthSettings = CameraSettings['health'];
export type TrackerSettings = CameraSettings['tracker'];
export type RuleSettings = CameraSettings['rules'][number];
export type Point = readonly [x: number, y: number];
export { name as settingsName };
