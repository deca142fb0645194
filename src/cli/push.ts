import type { Command } from 'commander';
import { numberWithin, reaching, wholeNumber } from './options.ts';

export interface PushCommandOptions {
  readonly source: string;
  readonly fps?: number;
  readonly url?: string;
  readonly token?: string;
  readonly insecure?: boolean;
  readonly loop?: boolean;
  readonly width?: number;
  /** False with `--no-realtime`. */
  readonly realtime: boolean;
  readonly json?: boolean;
}

/** Adds `camshard push CAMERA --source PATH|URL`. */
export function registerPush(program: Command): void {
  reaching(
    program.command('push').description('be a camera: push a video, an RTSP stream or a folder of pictures to a node'),
  )
    .argument('<camera>', 'id of the camera: letters, digits, dot, dash, underscore; at most 64')
    .requiredOption('--source <path|url>', 'video file, rtsp:// or http:// URL, picture, or folder of pictures')
    .option(
      '--fps <n>',
      'pictures per second of the source, at most (default: its own; 10 for pictures)',
      numberWithin(0.01, 240),
    )
    .option(
      '--width <pixels>',
      "largest width sent; 0 is the source's own (default: what the node asks for)",
      wholeNumber(0, 8192),
    )
    .option('--loop', 'begin again when the source ends')
    .option(
      '--no-realtime',
      'every frame, each as soon as the one before is answered, not at the speed of the recording',
    )
    .option('--json', 'print the summary as JSON')
    .action(async (camera: string, options: PushCommandOptions) => {
      const { runPush } = await import('./push/run-push.ts');
      process.exitCode = await runPush(camera, options);
    });
}
