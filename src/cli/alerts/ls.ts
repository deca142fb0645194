import Table from 'cli-table3';
import type { AlertsLsOptions } from '../alerts.ts';
import { UsageError } from '../exit.ts';
import { nodeAddress } from '../options.ts';
import { type AlertRow, askAlerts, filterQuery } from './alert-rows.ts';

/** Runs `camshard alerts ls`. */
export async function listAlertsCommand(options: AlertsLsOptions): Promise<void> {
  const { state, limit = 100, json } = options;
  if (state !== undefined && state !== 'opened' && state !== 'closed') {
    throw new UsageError(`--state ${state}; allowed: opened, closed`);
  }
  const query = { ...filterQuery(options), ...(state === undefined ? {} : { state }), limit: String(limit) };
  const { alerts } = await askAlerts(nodeAddress(options, process.env), query);
  if (json === true) console.log(JSON.stringify({ alerts }, null, 2));
  else console.log(alerts.length === 0 ? 'no alerts' : alertTable(alerts));
}

/** Alerts as a table. */
export function alertTable(alerts: readonly AlertRow[]): string {
  const table = new Table({
    head: ['ALERT', 'SEVERITY', 'STATE', 'OPENED', 'CLOSED', 'TITLE', 'ACKNOWLEDGED'],
    style: { head: [], border: [] },
  });
  const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  for (const { id, severity, state, openedAtMs, atMs, title, acknowledged } of alerts) {
    const closed = state === 'closed' ? time(atMs) : '-';
    table.push([id, severity, state, time(openedAtMs), closed, title, acknowledged?.who ?? '-']);
  }
  return table.toString();
}
