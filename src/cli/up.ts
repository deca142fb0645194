import type { Command } from 'commander';
import { type KeyValue, keyValue, wholeNumber } from './options.ts';

export interface UpOptions {
  readonly config?: string;
  readonly port?: string;
  readonly host?: string;
  readonly data?: string;
  readonly token?: string;
  readonly set?: readonly KeyValue[];
  /** A number with `--demo N`, false with `--no-demo`, undefined where neither was given. */
  readonly demo?: number | false;
  readonly json?: boolean;
}

/** Demo cameras one node is given at most: they share its processor. */
const DEMO_CAMERAS_MAX = 64;

/** Adds `camshard up`. */
export function registerUp(program: Command): void {
  program
    .command('up')
    .description('run a node and keep it running; prints one line with its URL when it is ready')
    .option('--config <file>', 'YAML or JSON file (default: $CAMSHARD_CONFIG)')
    .option('--port <n>', 'TCP port; 0 takes any free one (key server.port)')
    .option('--host <address>', 'address to bind (key server.host)')
    .option('--data <dir>', 'folder for models, settings and history (key node.dataDir)')
    .option('--token <token>', 'token asked of everybody (key auth.token; better: $CAMSHARD_AUTH__TOKEN)')
    .option('--set <key=value>', 'set any key; may be repeated', keyValue)
    .option('--demo <n>', 'push N demo cameras (default: 4 on a plain node)', wholeNumber(0, DEMO_CAMERAS_MAX))
    .option('--no-demo', 'push no demo cameras')
    .option('--json', 'print the line as JSON')
    .action(async (options: UpOptions) => {
      const { runUp } = await import('./run-up.ts');
      process.exitCode = await runUp(options);
    });
}
