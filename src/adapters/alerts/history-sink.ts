import { CamshardError } from '../../../core/errors.ts';
import type { HistoryWriter } from '../../../core/history-record.ts';
import type { AlertSink } from '../../alerts/sink.ts';

/** The history takes no more for now. */
export class HistoryBusyError extends CamshardError {}

const BATCH_MAX = 256;

/** The history, which spools to disk by itself: an alert is done with once the spool has it. */
export function historySink(history: HistoryWriter): AlertSink {
  return {
    name: 'history',
    batchMax: BATCH_MAX,
    takesAcknowledgements: true,
    async deliver(alerts) {
      for (const [done, { alert, acknowledged }] of alerts.entries()) {
        const { id, camera, openedAtMs } = alert;
        const written = history.write(
          acknowledged === undefined
            ? { kind: 'alert', alert }
            : { kind: 'acknowledged', alert: { id, camera, openedAtMs }, ...acknowledged },
        );
        if (written === 'accepted') continue;
        const why = written === 'full' ? 'its spool is full' : 'it is closed';
        return {
          done,
          fault: { error: new HistoryBusyError(`history_${written}`, `the history takes nothing: ${why}`) },
        };
      }
      return { done: alerts.length };
    },
    async close() {},
  };
}
