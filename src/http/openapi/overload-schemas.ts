import { z } from 'zod';
import { NODE_EVENT_KINDS, type NodeEvent } from '../../../core/node-event.ts';
import { type OverloadStatus, RUNG_KINDS } from '../../../core/overload.ts';
import type { QuarantineReport } from '../../crash/quarantine.ts';
import { EVENTS_KEPT, type EventPage } from '../../telemetry/event-log.ts';
import { cameraIdSchema, count, share, wallMs } from './scalars.ts';

/** What the API says of overload, of events and of pictures under suspicion. */

const fps = (description: string) => z.number().min(0).meta({ description });

export const overload = z
  .object({
    node: z.string(),
    rung: count().meta({ description: 'Where the node stands: an index into `rungs`; 0 is without any limitation.' }),
    rungs: z
      .array(
        z.object({
          kind: z.enum(RUNG_KINDS),
          inputSize: count().meta({ description: 'Side of the model’s input on this rung, pixels.' }),
        }),
      )
      .min(1)
      .meta({ description: 'Each keeps what those before it do.' }),
    sinceAt: wallMs().meta({ description: 'When this rung was taken.' }),
    why: z.string().meta({ description: 'Why it stands there and what it would take to leave; for people.' }),
    load: z.object({
      receivedFps: fps('What cameras send.'),
      wantedFps: fps('What they would be asked for were there capacity without end.'),
      grantedFps: fps('The sum of the rates handed out with the credits.'),
      capacityFps: fps('What the ready devices sustain at the input size of this rung, as measured.'),
      satisfaction: share().meta({
        description:
          'Of the frames that cameras may expect to have analysed, the share that is: what the ladder goes by.',
      }),
      lateShare: share().meta({ description: 'Share of frames that left the queue later than `queueDelayMsMax`.' }),
      queueDelayMsMax: z.number().min(0),
    }),
  })
  .meta({ description: 'How far the node has stepped down its ladder, and why.' }) satisfies z.ZodType<OverloadStatus>;

const nodeEvent = z
  .object({
    id: z.int().min(1).meta({ description: 'Counts up from 1 over the life of the process.' }),
    at: wallMs(),
    severity: z.enum(['info', 'warning', 'critical']),
    kind: z.enum(NODE_EVENT_KINDS),
    message: z.string().meta({ description: 'One sentence, for people.' }),
    data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  })
  .meta({ description: 'Something an operator may want to know.' }) satisfies z.ZodType<NodeEvent>;

export const events = z.object({
  since: wallMs().meta({ description: 'When the process began to count: ids begin again where it has changed.' }),
  events: z.array(nodeEvent).max(EVENTS_KEPT).meta({ description: 'Oldest first.' }),
  lastId: count().meta({ description: 'Id of the newest event there is; 0 where none has happened.' }),
}) satisfies z.ZodType<EventPage>;

export const frameHash = () => z.string().regex(/^[0-9a-f]{40}$/);
const crashes = () => count().meta({ description: 'Crashes of the node it was in flight in.' });

export const quarantine = z
  .object({
    frames: z.array(
      z.object({
        hash: frameHash().meta({ description: 'Of its bytes.' }),
        state: z.enum(['suspect', 'quarantined']).meta({ description: 'Quarantined: not taken again.' }),
        crashes: crashes(),
        camera: cameraIdSchema,
        bytes: count(),
        lastAt: wallMs(),
        picture: z.string().nullable().meta({ description: 'File in `DATA/quarantine`; null where it was not kept.' }),
      }),
    ),
    cameras: z.array(z.object({ camera: cameraIdSchema, crashes: crashes(), lastAt: wallMs() })),
    rejected: count().meta({ description: 'Frames refused as `quarantined` since the process began.' }),
  })
  .meta({ description: 'Pictures under suspicion.' }) satisfies z.ZodType<QuarantineReport>;
