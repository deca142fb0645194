import type { FrameOutcome } from '../core/outcome.ts';
import type { CameraBook } from './camera-book.ts';
import { NONE_ANSWERED } from './frame-source.ts';
import type { RoutedMessage } from './messages.ts';
import type { DropReason } from './runtime/types.ts';

const OUTCOME: Record<DropReason, FrameOutcome> = {
  full: { kind: 'shed', reason: 'mailbox_full' },
  stopped: { kind: 'shed', reason: 'draining' },
  failed: { kind: 'lost', reason: 'actor_failed' },
};

/** Accounts for a message an actor on the way to the camera never handled: a frame is settled and answered. */
export function dropRouted(book: CameraBook, message: RoutedMessage, reason: DropReason): void {
  if (message.kind === 'frame') {
    message.frame.trace?.mark('route');
    book.settle(message.record, OUTCOME[reason], undefined, message.source.relayed);
    message.source.settled(message.frame, OUTCOME[reason], 0, NONE_ANSWERED);
  } else if (message.kind === 'connect') {
    message.source.refused(reason === 'stopped' ? 'draining' : 'camera_limit');
  }
}
