import type { Command } from 'commander';
import { JSON_HELP, type KeyValue, keyValue } from './options.ts';

export interface DoctorOptions {
  readonly config?: string;
  readonly port?: string;
  readonly data?: string;
  readonly set?: readonly KeyValue[];
  readonly json?: boolean;
}

/** Adds `camshard doctor`. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check this machine: what works, what does not, and how to get the rest')
    .option('--config <file>', 'YAML or JSON file (default: $CAMSHARD_CONFIG)')
    .option('--port <n>', 'TCP port to check (key server.port)')
    .option('--data <dir>', 'data folder to check (key node.dataDir)')
    .option('--set <key=value>', 'set any key; may be repeated', keyValue)
    .option('--json', JSON_HELP)
    .action(async (options: DoctorOptions) => {
      const { runDoctor } = await import('./doctor/run-doctor.ts');
      process.exitCode = await runDoctor(options);
    });
}
