import { z } from 'zod';
import { SEVERITIES } from '../../../core/alert.ts';
import { ROWS_MAX } from '../../history/queries/query.ts';
import { LEVELS } from '../../history/queries/roll-up-plan.ts';
import type {
  AlertRow,
  CompositionRow,
  CountRow,
  EventRow,
  OccupancyRow,
  SpeedRow,
} from '../../history/queries/rows.ts';
import { cameraEvent } from './finding-schemas.ts';
import { cameraIdSchema, count, share, wallMs } from './scalars.ts';

/** What `/v1/history/...` answers, for {@link SCHEMAS}. */

const group = (description: string) => z.string().nullable().exactOptional().meta({ description });
const figure = (description: string) => z.number().nullable().meta({ description });
const shareOrNull = (description: string) => share().nullable().meta({ description });

const interval = {
  start: wallMs(),
  end: wallMs().meta({ description: 'Not within the interval any more.' }),
};
const camera = { camera: cameraIdSchema.exactOptional().meta({ description: 'Where rows are by camera.' }) };
const label = {
  label: group('Class of the objects, where rows are by label; null in a row that has nothing to tell.'),
};
const coverage = {
  observedShare: share().meta({
    description: 'Share of the interval that was observed, of all cameras that are in the row.',
  }),
  valid: z.boolean().meta({ description: 'Enough was observed by cameras fit to see: the figures can be relied on.' }),
  cameras: count().exactOptional().meta({ description: 'Cameras that observed any of it; not in rows by camera.' }),
};

const countRow = z.object({
  ...interval,
  ...camera,
  line: group('Where rows are by line.'),
  kind: group('Of incidents, where rows are by kind.'),
  route: group('`from>to`, where rows are by route.'),
  direction: group('What the settings call the direction, where rows are by direction.'),
  ...label,
  count: figure('0 where it was observed that nothing came; null where nobody looked.'),
  ...coverage,
}) satisfies z.ZodType<CountRow>;

const speedRow = z.object({
  ...interval,
  ...camera,
  place: group('Line or zone, where rows are by place.'),
  ...label,
  n: figure('Objects measured; null where nobody looked.'),
  mean: figure('km/h.'),
  p50: figure('km/h, from bins 5 km/h wide.'),
  v85: figure('km/h that 85 % do not exceed, from bins 5 km/h wide.'),
  min: figure('km/h.'),
  max: figure('km/h.'),
  ...coverage,
}) satisfies z.ZodType<SpeedRow>;

const occupancyRow = z.object({
  ...interval,
  ...camera,
  zone: group('Where rows are by zone.'),
  ...label,
  mean: figure('Over the time observed; of `dwell` over the objects, seconds.'),
  max: figure('Most at any time; of `dwell` the longest, seconds.'),
  n: figure('Seconds observed, of all zones in the row; of `dwell` objects. Null where nobody looked.'),
  ...coverage,
}) satisfies z.ZodType<OccupancyRow>;

const compositionRow = z.object({
  ...interval,
  ...camera,
  material: group('Where rows are by material.'),
  ...label,
  items: figure('Items; null where nobody looked.'),
  weight: figure('Their weight by the settings: number or area.'),
  share: shareOrNull('Of the weight of all materials of the interval (and camera); null where there were no items.'),
  shareLow: shareOrNull('Lower end of its 95 % Wilson interval.'),
  shareHigh: shareOrNull('Upper end.'),
  contaminants: figure('Items of this row that the stream does not allow.'),
  contaminationShare: shareOrNull('Their share of the weight of all materials.'),
  totalContaminationShare: shareOrNull(
    'Contamination of all materials together: the same in each row of the interval.',
  ),
  totalContaminationLow: shareOrNull('Lower end of its 95 % Wilson interval.'),
  totalContaminationHigh: shareOrNull('Upper end.'),
  review: figure('Items too uncertain to be taken on trust.'),
  ...coverage,
}) satisfies z.ZodType<CompositionRow>;

const eventRow = z.object({
  at: wallMs(),
  camera: cameraIdSchema,
  kind: z.string(),
  subject: z.string().meta({ description: 'Line, zone, `from>to`, incident, condition, light or material, by kind.' }),
  direction: z.string().nullable().meta({
    description:
      'Of crossings the direction’s name, of incidents and health opened or closed, of items whether allowed.',
  }),
  label: z.string().nullable(),
  track: z.number().nullable(),
  value: z.number().nullable().meta({ description: 'Speed km/h, dwell s, travel s, or score, by kind.' }),
  event: cameraEvent,
});
// The database gives back what analytics wrote, which TypeScript does not know.
eventRow satisfies z.ZodType<Omit<EventRow, 'event'>>;

const alertRow = z.object({
  id: z.string().meta({ description: '`<camera>:<rule>:<opening>`.' }),
  camera: cameraIdSchema,
  rule: z.string(),
  severity: z.enum(SEVERITIES),
  state: z.enum(['opened', 'closed']),
  openedAt: wallMs(),
  closedAt: wallMs().nullable(),
  title: z.string(),
  message: z.string(),
  value: z.number().nullable(),
  threshold: z.number().nullable(),
  data: z.record(z.string(), z.unknown()),
  snapshotPath: z.string().nullable().meta({ description: 'Of the annotated picture, relative to the node’s URL.' }),
  acknowledgedAt: wallMs().nullable(),
  acknowledgedBy: z.string().nullable(),
});
alertRow satisfies z.ZodType<Omit<AlertRow, 'severity'>>;

const next = z.string().nullable().meta({
  description: 'Cursor of the next page, to be given as `after` with all else unchanged; null at the last.',
});

const measures = <Row extends z.ZodType>(resource: string, row: Row, description: string) =>
  z
    .object({
      resource: z.literal(resource),
      metric: z.string(),
      from: wallMs().meta({ description: 'Start of the first interval: the range is widened to whole ones.' }),
      to: wallMs().meta({ description: 'End of the last.' }),
      interval: z.string(),
      timeZone: z.string(),
      by: z.array(z.string()),
      rollUps: z.array(z.enum(LEVELS)).meta({ description: 'Tables that the figures come from.' }),
      rows: z.array(row).max(ROWS_MAX),
      next,
    })
    .meta({ description });

const listing = <Row extends z.ZodType>(resource: string, row: Row, description: string) =>
  z
    .object({
      resource: z.literal(resource),
      from: wallMs().nullable(),
      to: wallMs().nullable(),
      rows: z.array(row).max(ROWS_MAX),
      next,
    })
    .meta({ description });

export const HISTORY_SCHEMAS = {
  HistoryCounts: measures('counts', countRow, 'Things counted, by interval.'),
  HistorySpeeds: measures('speeds', speedRow, 'Speeds, by interval.'),
  HistoryOccupancy: measures('occupancy', occupancyRow, 'Objects in zones over time, by interval.'),
  HistoryComposition: measures('composition', compositionRow, 'Waste by material, by interval.'),
  HistoryEvents: listing('events', eventRow, 'What happened in front of cameras.'),
  HistoryAlerts: listing('alerts', alertRow, 'Alerts, by when they were opened.'),
} as const;
