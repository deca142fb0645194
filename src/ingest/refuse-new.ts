import type { CameraBook } from '../../actors/camera-book.ts';
import type { CameraId } from '../../core/ids.ts';
import { countReason, type IngestCounters } from './ingest-counters.ts';

export interface RefuseNewServices {
  readonly book: CameraBook;
  readonly counters: IngestCounters;
  /** Whether the node takes no new cameras now, being on the last rung of its ladder, and when to try again. */
  readonly refusesNew: () => { readonly retryAfterS: number } | undefined;
}

export interface OverloadRefusal {
  readonly code: 'overloaded';
  readonly message: string;
  readonly retryAfterS: number;
}

/**
 * Refuses a camera that the node does not know while it refuses new ones; counted here. A camera that lost its
 * connection is let in again while its record exists: turning it away would relieve nothing that was not granted before.
 */
export function refuseNew(services: RefuseNewServices, camera: CameraId): OverloadRefusal | undefined {
  const refusing = services.refusesNew();
  if (refusing === undefined || services.book.get(camera) !== undefined) return undefined;
  countReason(services.counters.connectionsRefused, 'overloaded');
  return {
    code: 'overloaded',
    message: 'the node is overloaded and takes no new cameras now',
    retryAfterS: refusing.retryAfterS,
  };
}
