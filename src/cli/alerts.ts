import { type Command, Option } from 'commander';
import { SEVERITIES } from '../../core/alert.ts';
import { formerly, JSON_HELP, type NodeOptions, reaching, wholeNumber } from './options.ts';

export interface AlertsOptions extends NodeOptions {
  readonly json?: boolean;
}

export interface AlertFilterOptions extends AlertsOptions {
  readonly severity?: string;
  readonly camera?: string;
}

export interface AlertsLsOptions extends AlertFilterOptions {
  readonly state?: string;
  readonly limit?: number;
}

export interface AlertsTailOptions extends AlertFilterOptions {
  readonly limit?: number;
  /** What `limit` was called. */
  readonly count?: number;
}

export interface AlertsAckOptions extends AlertsOptions {
  readonly who?: string;
}

const MANY = wholeNumber(1, Number.MAX_SAFE_INTEGER);

/** Adds `camshard alerts ls | tail | ack`. */
export function registerAlerts(program: Command): void {
  const alerts = program.command('alerts').description('list alerts, follow them as they come, or acknowledge one');
  const filtered = (command: Command) =>
    reaching(command)
      .addOption(new Option('--severity <severity>', 'only such ones').choices(SEVERITIES))
      .option('--camera <id>', 'only those of one camera');

  filtered(alerts.command('ls').description('list alerts, those that changed last first'))
    .addOption(new Option('--state <state>', 'only such ones').choices(['opened', 'closed']))
    .option('--limit <n>', 'this many (default: 100)', wholeNumber(1, 1_000))
    .option('--json', JSON_HELP)
    .action(async (options: AlertsLsOptions) => {
      const { listAlertsCommand } = await import('./alerts/ls.ts');
      await listAlertsCommand(options);
    });
  filtered(alerts.command('tail').description('print alerts as they open and close, until Ctrl-C'))
    .option('--limit <n>', 'end after this many', MANY)
    .addOption(formerly('--count <n>', MANY))
    .option('--json', 'print an alert a line, as JSON')
    .action(async (options: AlertsTailOptions) => {
      const { tailAlerts } = await import('./alerts/tail.ts');
      process.exitCode = await tailAlerts(options);
    });
  reaching(alerts.command('ack').description('say that somebody has seen an alert').argument('<alert>'))
    .option('--who <name>', 'who has seen it, for the audit log (default: you)')
    .option('--json', JSON_HELP)
    .action(async (id: string, options: AlertsAckOptions) => {
      const { acknowledgeAlert } = await import('./alerts/ack.ts');
      await acknowledgeAlert(id, options);
    });
}
