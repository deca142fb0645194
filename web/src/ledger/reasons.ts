/** What the ledger's reasons mean, for people who never read core/outcome.ts. */
const MEANINGS: Readonly<Record<string, string>> = {
  superseded: 'a newer frame of this camera took its place',
  out_of_order: 'older than a frame already seen',
  expired: 'could not finish within its deadline',
  mailbox_full: 'the inbox on its way was full',
  low_priority: 'the node is overloaded and sheds cameras of low priority',
  camera_limit: 'the node has as many cameras as it may',
  draining: 'the node was shutting down',
  empty_message: 'the message had no bytes',
  frame_too_large: 'more bytes than allowed',
  bad_envelope: 'malformed CSF1 header',
  unsupported_schema_version: 'an envelope version the node does not know',
  unsupported_flags: 'an envelope flag the node does not know',
  not_an_image: 'not an image',
  unsupported_image: 'an image coding the node does not take',
  dimensions_too_small: 'too few pixels',
  dimensions_too_large: 'too many pixels',
  image_truncated: 'the picture ends too early',
  image_corrupt: 'the decoder refused it',
  quarantined: 'it was in flight in two crashes of the node',
  device_failed: 'the device ended while the frame was on it',
  actor_failed: 'the actor holding it failed',
  shutdown: 'in flight when the node had to stop',
  internal: 'a fault of the node; see its log',
};

/** `superseded` as a sentence; a reason this page does not know stays as it is. */
export const reasonMeaning = (reason: string): string => MEANINGS[reason] ?? reason.replaceAll('_', ' ');

/** `mailbox_full` → `mailbox full`. */
export const reasonName = (reason: string): string => reason.replaceAll('_', ' ');
