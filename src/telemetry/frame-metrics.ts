import { Counter, Gauge, type Registry } from 'prom-client';
import type { CameraBook } from '../../actors/camera-book.ts';
import { LOST_REASONS, REJECT_REASONS, SHED_REASONS } from '../../core/outcome.ts';
import { pulled, single } from './pulled-metric.ts';

const REASONS = { shed: SHED_REASONS, rejected: REJECT_REASONS, lost: LOST_REASONS } as const;

/**
 * The account of frames. What was taken over of dead nodes is left out: it would show as a burst of frames, and their own
 * metrics had it. `/v1/ledger` has it all.
 */
export function registerFrames(registry: Registry, book: CameraBook): void {
  pulled(
    registry,
    Counter,
    'camshard_frames_received_total',
    'Frames received.',
    [],
    single(() => book.own().received),
  );
  pulled(
    registry,
    Counter,
    'camshard_frames_settled_total',
    'Frames by what became of them: inferred, gated (nothing moves), shed (for load), rejected (bad), lost (a fault).',
    ['outcome', 'reason'],
    function* () {
      const own = book.own();
      yield [{ outcome: 'inferred', reason: '' }, own.inferred] as const;
      yield [{ outcome: 'gated', reason: '' }, own.gated] as const;
      for (const outcome of ['shed', 'rejected', 'lost'] as const) {
        const counts: Readonly<Record<string, number>> = own[outcome];
        // Those that never happened too: the first one would not be seen to be an increase otherwise.
        for (const reason of REASONS[outcome]) yield [{ outcome, reason }, counts[reason] ?? 0] as const;
      }
    },
  );
  pulled(
    registry,
    Gauge,
    'camshard_frames_in_flight',
    'Frames on their way, those relayed by other nodes included.',
    [],
    single(() => book.inFlight),
  );
  pulled(
    registry,
    Gauge,
    'camshard_cameras',
    'Cameras with an actor or a connection.',
    [],
    single(() => book.size),
  );
}
