import type { Command } from 'commander';
import { registerSettings } from './cameras/settings.ts';
import { formerly, JSON_HELP, type NodeOptions, reaching, wholeNumber } from './options.ts';

export interface CamerasOptions extends NodeOptions {
  readonly json?: boolean;
}

export interface WatchOptions extends CamerasOptions {
  readonly limit?: number;
  /** What `limit` was called. */
  readonly count?: number;
}

const MANY = wholeNumber(1, Number.MAX_SAFE_INTEGER);

/** Adds `camshard cameras ls | watch` and what deals with their settings. */
export function registerCameras(program: Command): void {
  const cameras = program
    .command('cameras')
    .description('list the cameras of a node, watch what one of them detects, or set what it is for');
  const asking = (command: Command) => reaching(command).option('--json', JSON_HELP);

  asking(cameras.command('ls').description('list the cameras of a node')).action(async (options: CamerasOptions) => {
    const { listCamerasCommand } = await import('./cameras/ls.ts');
    await listCamerasCommand(options);
  });
  asking(cameras.command('watch').description('print what a camera detects, frame by frame').argument('<camera>'))
    .option('--limit <n>', 'end after this many frames', MANY)
    .addOption(formerly('--count <n>', MANY))
    .action(async (camera: string, options: WatchOptions) => {
      const { watchCamera } = await import('./cameras/watch.ts');
      process.exitCode = await watchCamera(camera, options);
    });
  registerSettings(cameras, asking);
}
