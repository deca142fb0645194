import { z } from 'zod';
import { PAGE_ROWS_MAX } from '../../../config/limits.ts';
import { SEVERITIES } from '../../../core/alert.ts';
import { cameraIdSchema, count, wallMs } from './scalars.ts';

/** What the API says of alerts. */

const alert = z
  .object({
    id: z.string().meta({ description: '`<camera>:<rule>:<opening>`.', examples: ['north-gate:queue:3'] }),
    cluster: z.string(),
    node: z.string(),
    camera: cameraIdSchema,
    shard: count(),
    epoch: count().meta({ description: 'Of the shard when it was raised: an older owner’s is refused by Redis.' }),
    rule: z.string(),
    opening: z.int().min(1).meta({ description: 'Counts up per camera and rule, and never again the same.' }),
    state: z.enum(['opened', 'closed']),
    severity: z.enum(SEVERITIES),
    atMs: wallMs().meta({ description: 'When it took this state.' }),
    openedAtMs: wallMs(),
    dedupeKey: z.string(),
    title: z.string(),
    message: z.string().meta({ description: 'One sentence with the figures.' }),
    value: z.number().nullable().meta({ description: 'The figure that passed the threshold.' }),
    threshold: z.number().nullable(),
    data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    snapshot: z.boolean().meta({ description: 'Whether a picture is kept with it.' }),
    snapshotPath: z.string().nullable().meta({ description: 'Where the picture is, at any node.' }),
    keeper: z.string().meta({ description: 'The node that keeps it: the owner of its camera.' }),
    position: z
      .int()
      .min(1)
      .meta({ description: 'Place of its last change at that node; grows with each change of any alert there.' }),
    acknowledged: z.object({ who: z.string(), atMs: wallMs() }).nullable(),
  })
  .meta({ description: 'An alert as of its last change.' });

export const unanswered = z
  .array(z.object({ node: z.string(), code: z.string() }))
  .optional()
  .meta({ description: 'Nodes that did not answer, whose part is missing; absent where all did.' });

/** Of one node a position, of all nodes of a cluster a word. */
const place = z.union([count(), z.string()]);

const sink = z.object({
  sink: z.string().meta({ examples: ['redis', 'webhook:ops'] }),
  breaker: z.enum(['closed', 'open', 'half_open']),
  behind: count().meta({ description: 'Records of the outbox it has not had yet.' }),
  next: count().meta({
    description: 'Position of the first of them: with alerts before it this sink is done, or will never get them.',
  }),
  lost: count().meta({ description: 'Records it never got: given up because the outbox was full, or damaged.' }),
  delivered: count(),
  failures: count(),
  refused: z.object({ fenced: count(), rejected: count() }).meta({ description: 'Refused for good, by reason.' }),
  fenced: count().meta({
    description: 'Not given to it here: another node owns their cameras, and they are left to it.',
  }),
  moved: count().meta({ description: 'Not given to it here: they went to another node with their cameras.' }),
});

/** By the name each has under `#/components/schemas/`. */
export const ALERT_SCHEMAS = {
  Alert: alert,
  AlertPage: z.object({
    alerts: z.array(alert).max(PAGE_ROWS_MAX),
    next: place
      .nullable()
      .meta({ description: 'Give it as `before` (or `after`, where that was given) for the next page.' }),
    last: place.meta({ description: 'Give it as `after` for what changes from now on.' }),
    open: z
      .object({
        bySeverity: z.object({ info: count(), warning: count(), critical: count() }),
        unseen: count().meta({ description: 'Of them, those nobody has acknowledged.' }),
      })
      .meta({ description: 'How many alerts are open, whatever was asked for.' }),
    away: unanswered,
  }),
  AlertDelivery: z.object({
    outbox: z.object({
      bytes: count(),
      segments: count(),
      appended: count(),
      refused: count(),
      faults: count(),
      tornBytes: count(),
    }),
    desk: z.object({ raised: count(), lost: count() }),
    waiting: count().meta({ description: 'Alerts that wait in memory because the disk takes none.' }),
    open: count(),
    sinks: z.array(sink),
    handOver: z
      .object({
        adopted: count().meta({ description: "Other owners' records, taken over to be delivered here." }),
        known: count().meta({ description: "Other owners' records that this node had already." }),
        undelivered: count().meta({ description: 'Records some sink has not had yet, at hand for a hand-over.' }),
        oldestAtMs: wallMs()
          .optional()
          .meta({ description: 'When the oldest of them took its state; absent where there is none.' }),
        givenUp: count().meta({ description: 'Records that are not at hand: there were too many.' }),
        leftBehind: count().meta({ description: 'Records that wait for the owner of their cameras.' }),
        handed: count().meta({ description: 'Records the owner of their cameras has taken.' }),
        leftBehindLost: count().meta({ description: 'Records left behind that no owner will get.' }),
      })
      .meta({ description: 'Alerts that move with their cameras. Counts since the node started.' }),
  }),
} as const;
