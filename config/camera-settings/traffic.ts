import { z } from 'zod';
import { int, key, num } from '../key.ts';

const stoppedVehicle = z.strictObject({
  afterS: key(num(1, 3_600).default(10), { unit: 's', reason: 'Standing this long where one drives is an incident.' }),
});
const wrongWay = z.strictObject({
  afterS: key(num(0.2, 60).default(1), { unit: 's', reason: 'Against the heading this long, and not by jitter.' }),
});
const pedestrianOnRoad = z.strictObject({
  afterS: key(num(0, 60).default(1), { unit: 's', reason: 'A person in a zone of kind road or lane this long.' }),
});
const suddenSlowdown = z.strictObject({
  dropShare: key(num(0.1, 1).default(0.5), { reason: 'The mean speed in a zone falls by this share ...' }),
  withinS: key(num(1, 600).default(10), { unit: 's', reason: '... within this time.' }),
});
const congestion = z.strictObject({
  level: key(int(1, 3).default(2), { reason: 'From this level on: 1 dense, 2 slow, 3 standing.' }),
  afterS: key(num(1, 3_600).default(30), { unit: 's', reason: 'Lasting this long.' }),
});

const on = <T extends z.ZodType>(schema: T, reason: string) => key(schema.nullable().prefault({} as never), { reason });

/** What is measured on roads besides lines and zones; null switches an incident off. */
export const traffic = z.strictObject({
  standingKmh: key(num(0, 50).default(3), {
    unit: 'km/h',
    reason: 'Slower is standing, where the ground plane is known.',
  }),
  standingShare: key(num(0, 0.2).default(0.02), {
    unit: 'of the height per s',
    reason: 'Slower is standing, where it is not known.',
  }),
  incidents: z
    .strictObject({
      stoppedVehicle: on(stoppedVehicle, 'A vehicle that stands in a zone of kind road or lane.'),
      wrongWay: on(wrongWay, "A vehicle that drives against its zone's heading."),
      pedestrianOnRoad: on(pedestrianOnRoad, 'A person in a zone of kind road or lane.'),
      suddenSlowdown: on(suddenSlowdown, 'Traffic in a zone of kind road or lane that slows down at once.'),
      congestion: on(congestion, 'Dense, slow or standing traffic in a zone of kind road or lane.'),
    })
    .prefault({}),
});
