import type { Detection } from './detection.ts';

/** Dropped for load. */
export const SHED_REASONS = [
  'superseded', // a newer frame of the same camera took its slot
  'out_of_order', // older than one already seen on this connection
  'expired', // could not finish within its deadline
  'mailbox_full', // an actor's bounded inbox had no room
  'low_priority', // the overload ladder stands on shed_low or above
  'over_credit', // its camera kept sending past its credit, and is being disconnected for it
  'camera_limit', // the node holds as many cameras as it may
  'draining', // the node is shutting down
  'moving', // its shard is on the way to another node, and what is held for it is full
  'unowned', // no node may serve its shard right now: its owner has lost its lease, or is dead
  'link_full', // as much is on its way to its owner as may
] as const;
export type ShedReason = (typeof SHED_REASONS)[number];

/** Refused because the frame itself is bad. */
export const REJECT_REASONS = [
  'empty_message', // a binary message of no bytes
  'frame_too_large', // more bytes than `ingest.frameBytesMax`
  'bad_envelope', // starts with CSF1 but the header is malformed
  'unsupported_schema_version', // an envelope of a version this node does not know
  'unsupported_flags', // an envelope flag this node does not know
  'not_an_image', // no known image magic
  'unsupported_image', // an image, but of a coding no decoder here takes
  'dimensions_too_small',
  'dimensions_too_large',
  'image_truncated', // ends before its picture does
  'image_corrupt', // the decoder refused it
  'quarantined', // it was in flight in two crashes of the node
] as const;
export type RejectReason = (typeof REJECT_REASONS)[number];

/** Accepted, and lost to a fault of ours. */
export const LOST_REASONS = [
  'device_failed', // the device ended or threw while the frame was on it
  'actor_failed', // the actor holding it failed
  'shutdown', // still in flight when the node had to stop
  'handoff', // still in flight when its shard had to be handed over
  'link', // relayed to its owner, and no answer came before the connection ended
  'node_death', // its node died before it could be answered
  'internal', // a bug on the way; logged with its stack
] as const;
export type LostReason = (typeof LOST_REASONS)[number];

/** How long the parts of a frame's way took, in ms. */
export interface FrameTiming {
  /** From reception to being picked for a batch. */
  readonly queueMs: number;
  readonly decodeMs: number;
  /** In the device thread: waiting for its turn, and the session's run. */
  readonly deviceWaitMs: number;
  readonly computeMs: number;
}

/** What became of one accepted frame. Every frame gets exactly one. */
export type FrameOutcome =
  | {
      readonly kind: 'inferred';
      /** `name@version` of the model that ran. */
      readonly model: string;
      readonly inputSize: number;
      readonly batchSize: number;
      readonly detections: readonly Detection[];
      /** Under the model's threshold: too uncertain to be reported, good enough to hold on to a track. */
      readonly weakDetections: readonly Detection[];
      readonly timing: FrameTiming;
    }
  | { readonly kind: 'gated' }
  | { readonly kind: 'shed'; readonly reason: ShedReason }
  | { readonly kind: 'rejected'; readonly reason: RejectReason; readonly message: string }
  | { readonly kind: 'lost'; readonly reason: LostReason };
