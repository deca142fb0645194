import { z } from 'zod';
import { SEVERITIES } from '../../core/alert.ts';
import { HEALTH_CONDITIONS, INCIDENT_KINDS } from '../../core/camera-event.ts';
import { METRICS } from '../../core/measure.ts';
import { key, num } from '../key.ts';
import { name } from './geometry.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

const schedule = z.strictObject({
  days: key(
    z
      .array(z.enum(DAYS))
      .min(1)
      .max(7)
      .prefault([...DAYS]),
    { reason: 'Days on which it begins.' },
  ),
  from: key(clockTime.default('00:00'), { reason: 'Inclusive.' }),
  to: key(clockTime.default('00:00'), { reason: 'Exclusive; at or before `from` it is on the next day.' }),
  timeZone: key(z.string().min(1).max(64).default('UTC'), { reason: 'IANA name, e.g. Europe/Berlin.' }),
});

const common = {
  id: key(name, { reason: 'What its alerts are called.' }),
  enabled: key(z.boolean().default(true), { reason: 'Whether it is watched for.' }),
  severity: key(z.enum(SEVERITIES).default('warning'), { reason: 'Of its alerts.' }),
  title: key(z.string().min(1).max(200).nullable().default(null), { reason: 'Made from the rule where not set.' }),
  cooldownS: key(num(0, 86_400).default(60), {
    unit: 's',
    reason: 'After it closes, the same is not raised again this long.',
  }),
  holdS: key(num(0, 86_400).default(0), {
    unit: 's',
    reason: 'The condition must hold this long before it is raised.',
  }),
  clearAfterS: key(num(0, 86_400).default(5), {
    unit: 's',
    reason: 'The condition must be gone this long before it closes.',
  }),
  dedupeKey: key(z.string().min(1).max(200).nullable().default(null), {
    reason:
      'Alerts of one camera with the same key are one; {rule}, {zone}, {line}, {track}, {label}, {material}, {incident} and {condition} are filled in.',
  }),
  schedule: key(z.array(schedule).min(1).max(32).nullable().default(null), {
    reason: 'When it is watched for; always where not set.',
  }),
  coverageMin: key(num(0, 1).nullable().default(0.5), {
    reason:
      'Share of the window that must have been observed; what was not seen raises nothing, and closes nothing. Null to ignore.',
  }),
  snapshot: key(z.boolean().default(true), { reason: 'Keep an annotated picture with it.' }),
};

const windowS = key(num(1, 86_400).default(60), { unit: 's', reason: 'Sliding window looked at.' });

/** A name, or two for the way from one line to another. */
const subject = z.string().regex(/^[A-Za-z0-9._-]{1,64}(>[A-Za-z0-9._-]{1,64})?$/);

/** A figure beyond a threshold. */
const threshold = z.strictObject({
  kind: z.literal('threshold'),
  ...common,
  metric: key(z.enum(METRICS), { reason: 'What is looked at.' }),
  subject: key(subject.nullable().default(null), {
    reason: 'Line, zone, material, or `from>to` of routes; all of them together where not set.',
  }),
  direction: key(name.nullable().default(null), { reason: 'Name of a direction, for crossings; both where not set.' }),
  label: key(z.string().min(1).max(64).nullable().default(null), { reason: 'One class; all together where not set.' }),
  aggregate: key(z.enum(['sum', 'mean', 'max', 'p85', 'per_hour']).nullable().default(null), {
    reason: 'Of the samples in the window; sum for what is counted and mean for the rest, where not set.',
  }),
  windowS,
  above: key(z.number().nullable().default(null), { reason: 'Raised above this; one of above and below.' }),
  below: key(z.number().nullable().default(null), { reason: 'Raised below this.' }),
  clearAt: key(z.number().nullable().default(null), {
    reason: 'Closes at this: hysteresis. 10 % inside the threshold where not set.',
  }),
});

/** Something that should happen does not. */
const absence = z.strictObject({
  kind: z.literal('absence'),
  ...common,
  metric: key(z.enum(['crossings', 'objects', 'composition', 'occupancy']).default('crossings'), {
    reason: 'What is missed.',
  }),
  subject: key(name.nullable().default(null), { reason: 'Line, zone, material; any of them where not set.' }),
  label: key(z.string().min(1).max(64).nullable().default(null), { reason: 'One class; all together where not set.' }),
  afterS: key(num(1, 604_800).default(300), { unit: 's', reason: 'Nothing for this long.' }),
});

const incident = z.strictObject({
  kind: z.literal('incident'),
  ...common,
  incidents: key(
    z
      .array(z.enum(INCIDENT_KINDS))
      .min(1)
      .prefault([...INCIDENT_KINDS]),
    { reason: 'Which of them.' },
  ),
  zones: key(z.array(name).min(1).max(64).nullable().default(null), { reason: 'All zones where not set.' }),
});

const health = z.strictObject({
  kind: z.literal('health'),
  ...common,
  conditions: key(
    z
      .array(z.enum(HEALTH_CONDITIONS))
      .min(1)
      .prefault([...HEALTH_CONDITIONS]),
    { reason: 'Which of them.' },
  ),
});

/** A share of what is on the belt. */
const composition = z.strictObject({
  kind: z.literal('composition'),
  ...common,
  material: key(name.nullable().default(null), { reason: 'All that is not allowed (contamination) where not set.' }),
  above: key(num(0, 1).nullable().default(null), { reason: 'Raised above this share; one of above and below.' }),
  below: key(num(0, 1).nullable().default(null), { reason: 'Raised below this share.' }),
  windowS: key(num(1, 86_400).default(300), { unit: 's', reason: 'Sliding window looked at.' }),
  itemsMin: key(z.int().min(1).max(100_000).default(20), { reason: 'Fewer items say nothing.' }),
});

export const rule = z.discriminatedUnion('kind', [threshold, absence, incident, health, composition]);
