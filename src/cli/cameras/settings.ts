import type { Command } from 'commander';
import type { CamerasOptions } from '../cameras.ts';
import { JSON_HELP, wholeNumber } from '../options.ts';

export interface SetOptions extends CamerasOptions {
  readonly file: string;
  readonly dryRun?: boolean;
  readonly expect?: number;
  readonly who?: string;
}

export interface GetOptions extends CamerasOptions {
  readonly at?: number;
}

export interface UnsetOptions extends CamerasOptions {
  readonly expect?: number;
  readonly who?: string;
}

export interface AuditOptions extends CamerasOptions {
  readonly limit: number;
  readonly after?: number;
  readonly of?: string;
  readonly verify?: boolean;
}

const WHO_HELP = 'who the audit log names (default: user@host)';
const EXPECT_HELP = 'only where this is the version there is; 0 for none';
const whole = wholeNumber(0, Number.MAX_SAFE_INTEGER);

/** Adds `camshard cameras set | get | unset | validate | versions | audit`. */
export function registerSettings(cameras: Command, asking: (command: Command) => Command): void {
  asking(cameras.command('set').description('set what a camera is for, and show what changes').argument('<camera>'))
    .requiredOption('--file <file>', 'YAML or JSON; - reads standard input')
    .option('--dry-run', 'show what would change, and change nothing')
    .option('--expect <version>', EXPECT_HELP, whole)
    .option('--who <name>', WHO_HELP)
    .action(async (camera: string, options: SetOptions) => {
      const { setSettings } = await import('./set.ts');
      await setSettings(camera, options);
    });
  asking(cameras.command('get').description("print a camera's settings as YAML").argument('<camera>'))
    .option('--at <version>', 'a past version', whole)
    .action(async (camera: string, options: GetOptions) => {
      const { getSettings } = await import('./get.ts');
      await getSettings(camera, options);
    });
  asking(cameras.command('unset').description("take a camera's settings away").argument('<camera>'))
    .option('--expect <version>', EXPECT_HELP, whole)
    .option('--who <name>', WHO_HELP)
    .action(async (camera: string, options: UnsetOptions) => {
      const { unsetSettings } = await import('./unset.ts');
      await unsetSettings(camera, options);
    });
  cameras
    .command('validate')
    .description('check a file of settings, without a node; exit code 2 where something is wrong')
    .argument('<file>', 'YAML or JSON; - reads standard input')
    .option('--json', JSON_HELP)
    .action(async (file: string, options: { readonly json?: boolean }) => {
      const { validateSettings } = await import('./validate.ts');
      await validateSettings(file, options);
    });
  asking(
    cameras.command('versions').description("list past versions of a camera's settings").argument('<camera>'),
  ).action(async (camera: string, options: CamerasOptions) => {
    const { listVersions } = await import('./versions.ts');
    await listVersions(camera, options);
  });
  asking(cameras.command('audit').description('print who changed what').argument('[camera]', 'all where not given'))
    .option('--limit <n>', 'entries', wholeNumber(1, 1_000), 50)
    .option('--after <seq>', 'entries after this one, 0 for all; the newest where not given', whole)
    .option('--of <node>', 'in a cluster: the log of this node; the newest entries of all where not given')
    .option('--verify', 'check that the log is what was written instead; exit code 1 where it is not')
    .action(async (camera: string | undefined, options: AuditOptions) => {
      const { printAudit } = await import('./audit.ts');
      process.exitCode = await printAudit(camera, options);
    });
}
