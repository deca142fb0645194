/**
 * Every maximum of the process in one place, with the relations between them asserted below: nothing in Camshard
 * grows without one of these stopping it.
 */

/** Cameras one node holds actors for. */
export const CAMERAS_MAX = 12_000;
/** Sockets one node accepts; more than cameras, since watchers and reconnecting cameras overlap. */
export const CONNECTIONS_MAX = 16_000;
/** Watchers on `/v1/live`. */
export const WATCHERS_MAX = 128;
/** Topics one watcher follows. */
export const WATCHER_TOPICS_MAX = 256;

/** Shards per cluster. */
export const SHARDS_MAX = 4_096;
/** Devices per node. */
export const DEVICES_MAX = 16;

/** Frames in one batch. */
export const BATCH_MAX = 32;
/** Batch sizes a session is warmed for and the cost model knows: ONNX Runtime plans memory per shape. */
export const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32] as const;
/** One batch running on a device and one prepared: a third would only age. */
export const BATCHES_IN_FLIGHT_MAX = 2;
/** Boxes a graph gives per frame (top-k of its head). */
export const BOXES_PER_FRAME = 100;
/** Sides of the square a model may see, pixels. Maps of 32 pixels a cell are the coarsest detectors have. */
export const INPUT_SIDE_MIN = 64;
export const INPUT_SIDE_MAX = 1_280;
export const INPUT_SIDE_STEP = 32;

/** Credit window: unanswered frames one camera may have. */
export const CREDIT_MAX = 16;
/** Frames of one camera waiting for an answer, whether it obeys its credit or not. */
export const UNANSWERED_MAX = 64;

export const CAMERA_MAILBOX_MAX = 64;
export const SHARD_MAILBOX_MAX = 4_096;
export const REGION_MAILBOX_MAX = 16_384;
export const DEVICE_MAILBOX_MAX = 16_384;
/** Control messages (connect, stop, watch) wait in a lane of their own. */
export const CONTROL_MAILBOX_MAX = 32_768;

/** Bytes of one encoded picture. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;
/** Pixels of a side and of a whole picture: what a decoder may be asked to allocate. */
export const SIDE_PIXELS_MAX = 8_192;
export const PICTURE_PIXELS_MAX = 33_554_432;
export const SIDE_PIXELS_MIN = 16;
/** Bytes of a text message from a camera. */
export const TEXT_BYTES_MAX = 4_096;

/** Request bodies being received at once; at 4 MiB each this bounds what uploads can hold. */
export const BODIES_MAX = 64;

/** Points per shard on the ring. */
export const VIRTUAL_NODES_MAX = 1_024;

/** From the end of `shutdown.graceMs`: threads may take this long to end ... */
export const CLOSE_MS_MAX = 1_000;
/** ... then cameras get this long to hear goodbye, while alerts and history are brought to disk ... */
export const GOODBYE_MS = 400;
export const KEEP_MS_MAX = 1_000;
/** ... and this long after the grace the parent kills the node. */
export const KILL_AFTER_GRACE_MS = 2_400;
/** A stop is over in this time with the default grace. */
export const STOP_MS_MAX = 5_000;
/** Default of `shutdown.graceMs`. */
export const GRACE_MS_DEFAULT = 2_500;

/** Nodes of one cluster: each is linked to each other. */
export const NODES_MAX = 64;
/** Questions to one peer without an answer yet. */
export const LINK_ASKS_MAX = 256;
/** Bytes of one message on a node link; larger ones are cut into pieces. */
export const LINK_MESSAGE_BYTES_MAX = 1024 * 1024;
/** Bytes of a shard's snapshot: past it a hand-off goes without trackers, and says so. */
export const SNAPSHOT_BYTES_MAX = 64 * 1024 * 1024;

/** Rows one page of a list answer carries. */
export const PAGE_ROWS_MAX = 1_000;

/** A relation between two limits, checked when the process starts and in a test. */
export interface LimitRelation {
  readonly holds: boolean;
  readonly relation: string;
  readonly reason: string;
}

export const LIMIT_RELATIONS: readonly LimitRelation[] = [
  {
    holds: BATCH_BUCKETS.at(-1) === BATCH_MAX,
    relation: 'BATCH_BUCKETS ends at BATCH_MAX',
    reason: 'a batch of a size no bucket covers was never warmed',
  },
  {
    holds: CONNECTIONS_MAX >= CAMERAS_MAX + WATCHERS_MAX,
    relation: 'CONNECTIONS_MAX >= CAMERAS_MAX + WATCHERS_MAX',
    reason: 'cameras at their maximum must not lock out the operator who comes to look',
  },
  {
    holds: UNANSWERED_MAX >= 2 * CREDIT_MAX,
    relation: 'UNANSWERED_MAX >= 2 * CREDIT_MAX',
    reason: 'a camera whose window was just narrowed may still have the old one in flight',
  },
  {
    holds: CAMERA_MAILBOX_MAX >= UNANSWERED_MAX,
    relation: 'CAMERA_MAILBOX_MAX >= UNANSWERED_MAX',
    reason: 'a camera within its unanswered frames must never lose one to its own mailbox',
  },
  {
    holds: DEVICE_MAILBOX_MAX >= CAMERAS_MAX && REGION_MAILBOX_MAX >= CAMERAS_MAX,
    relation: 'DEVICE_MAILBOX_MAX, REGION_MAILBOX_MAX >= CAMERAS_MAX',
    reason: 'one frame of every camera at the same instant must fit',
  },
  {
    holds: CONTROL_MAILBOX_MAX >= 2 * CAMERAS_MAX,
    relation: 'CONTROL_MAILBOX_MAX >= 2 * CAMERAS_MAX',
    reason: 'every camera may disconnect and come back in one storm',
  },
  {
    holds: CLOSE_MS_MAX + Math.max(GOODBYE_MS, KEEP_MS_MAX) < KILL_AFTER_GRACE_MS,
    relation: 'CLOSE_MS_MAX + max(GOODBYE_MS, KEEP_MS_MAX) < KILL_AFTER_GRACE_MS',
    reason: 'a node that stops in good order must not be killed on its last step',
  },
  {
    holds: GRACE_MS_DEFAULT + KILL_AFTER_GRACE_MS < STOP_MS_MAX,
    relation: 'GRACE_MS_DEFAULT + KILL_AFTER_GRACE_MS < STOP_MS_MAX',
    reason: 'whatever hangs, SIGTERM ends in the time promised',
  },
  {
    holds: PICTURE_PIXELS_MAX <= SIDE_PIXELS_MAX * SIDE_PIXELS_MAX,
    relation: 'PICTURE_PIXELS_MAX <= SIDE_PIXELS_MAX^2',
    reason: 'a picture limit the side limit already implies would never act',
  },
];

/** @throws Error naming the first relation that does not hold. */
export function assertLimits(relations: readonly LimitRelation[] = LIMIT_RELATIONS): void {
  for (const r of relations) {
    if (!r.holds) throw new Error(`limits: ${r.relation} does not hold: ${r.reason}`);
  }
}
