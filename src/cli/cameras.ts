import type { Command } from 'commander';
import { registerSettings } from './cameras/settings.ts';
import { type NodeOptions, TOKEN_HELP, URL_HELP, wholeNumber } from './options.ts';

export interface CamerasOptions extends NodeOptions {
  readonly json?: boolean;
}

export interface WatchOptions extends CamerasOptions {
  readonly count?: number;
}

/** Adds `camshard cameras ls | watch` and what deals with their settings. */
export function registerCameras(program: Command): void {
  const cameras = program
    .command('cameras')
    .description('list the cameras of a node, watch what one of them detects, or set what it is for');
  const reaching = (command: Command) =>
    command
      .option('--url <url>', URL_HELP)
      .option('--token <token>', TOKEN_HELP)
      .option('--insecure', 'take any TLS certificate')
      .option('--json', 'print JSON');

  reaching(cameras.command('ls').description('list the cameras of a node')).action(async (options: CamerasOptions) => {
    const { listCamerasCommand } = await import('./cameras/ls.ts');
    await listCamerasCommand(options);
  });
  reaching(cameras.command('watch').description('print what a camera detects, frame by frame').argument('<camera>'))
    .option('--count <n>', 'end after this many frames', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .action(async (camera: string, options: WatchOptions) => {
      const { watchCamera } = await import('./cameras/watch.ts');
      process.exitCode = await watchCamera(camera, options);
    });
  registerSettings(cameras, reaching);
}
