import type { AlertsLsOptions } from '../alerts.ts';
import { UsageError } from '../exit.ts';
import { nodeAddress } from '../options.ts';
import { stdoutTable } from '../text/stdout-table.ts';
import { moment } from '../text/units.ts';
import { type AlertRow, askAlerts, filterQuery } from './alert-rows.ts';

/** Runs `camshard alerts ls`. */
export async function listAlertsCommand(options: AlertsLsOptions): Promise<void> {
  const { state, limit = 100, json } = options;
  if (state !== undefined && state !== 'opened' && state !== 'closed') {
    throw new UsageError(`--state ${state}; allowed: opened, closed`);
  }
  const query = { ...filterQuery(options), ...(state === undefined ? {} : { state }), limit: String(limit) };
  const page = await askAlerts(nodeAddress(options, process.env), query);
  if (json === true) console.log(JSON.stringify(page, null, 2));
  else console.log(page.alerts.length === 0 ? 'no alerts' : alertTable(page.alerts));
}

/** Alerts as a table. */
export function alertTable(alerts: readonly AlertRow[]): string {
  const rows = alerts.map(({ id, severity, state, openedAtMs, atMs, title, acknowledged }) => [
    id,
    severity,
    state,
    moment(openedAtMs),
    state === 'closed' ? moment(atMs) : '-',
    title,
    acknowledged?.who ?? '-',
  ]);
  const head = ['ALERT', 'SEVERITY', 'STATE', 'OPENED', 'CLOSED', 'TITLE', 'ACKNOWLEDGED'];
  return stdoutTable(head, rows, { states: [1, 2], optional: [4, 6] });
}
