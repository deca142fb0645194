import type { Clock } from '../../core/clock.ts';
import { errorCode, errorMessage } from '../../core/errors.ts';
import type { EmitEvent } from '../../core/node-event.ts';
import type { Logger } from '../telemetry/log.ts';
import type { DeliveryChange } from './delivery.ts';

/** A sink that stays away is mentioned this often. */
const REMIND_MS = 60_000;

/** Tells operators what became of a sink: at once when that changes, and seldom while it does not. */
export function reportDelivery(
  sink: string,
  { clock, log, emit }: { readonly clock: Clock; readonly log: Logger; readonly emit: EmitEvent },
): (change: DeliveryChange) => void {
  let mentionedAtMs = Number.NEGATIVE_INFINITY;
  let refusedAtMs = Number.NEGATIVE_INFINITY;
  let refusedUnmentioned = 0;
  let breakerOpen = false;
  const seldom = (say: () => void): void => {
    if (clock.nowMs() - mentionedAtMs < REMIND_MS) return;
    mentionedAtMs = clock.nowMs();
    say();
  };
  return (change) => {
    switch (change.kind) {
      case 'failing':
        return seldom(() => log.warn({ err: change.error, sink }, 'alerts are not taken; trying again'));
      case 'breaker_opened': {
        const { error, retryMs } = change;
        seldom(() => log.warn({ err: error, sink, retryMs }, 'alerts are still not taken; they wait in the outbox'));
        if (breakerOpen) return;
        breakerOpen = true;
        return emit({
          severity: 'warning',
          kind: 'breaker_opened',
          message: `${sink} takes no alerts: ${errorMessage(error)}; they wait, and it is tried again in ${retryMs} ms`,
          data: { sink, code: errorCode(error), retryMs },
        });
      }
      case 'recovered':
        mentionedAtMs = Number.NEGATIVE_INFINITY;
        log.info({ sink, failures: change.failures }, 'alerts are taken again');
        if (!breakerOpen) return;
        breakerOpen = false;
        return emit({
          severity: 'info',
          kind: 'breaker_closed',
          message: `${sink} takes alerts again`,
          data: { sink, failures: change.failures },
        });
      case 'refused': {
        // A past owner's alerts are refused all at once: one line says how many.
        refusedUnmentioned++;
        if (clock.nowMs() - refusedAtMs < REMIND_MS) return;
        refusedAtMs = clock.nowMs();
        const { id, reason, detail } = change;
        log.warn({ sink, alert: id, reason, detail, alerts: refusedUnmentioned }, 'alerts were refused for good');
        refusedUnmentioned = 0;
      }
    }
  };
}
