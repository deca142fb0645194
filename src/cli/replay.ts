import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { JSON_HELP, numberWithin } from './options.ts';

export interface ReplayOptions {
  readonly settings?: string;
  readonly config?: string;
  readonly fps?: number;
  readonly start: number;
  readonly camera: string;
  readonly gate?: boolean;
  readonly annotate?: string;
  readonly json?: boolean;
  readonly events?: boolean;
}

/** Adds `camshard replay FILE --settings S`. */
export function registerReplay(program: Command): void {
  program
    .command('replay')
    .description('run a recording through the same model and analytics, frame by frame, and print what they find')
    .argument('<file>', 'video file, picture, or folder of pictures')
    .option('--settings <file>', "the camera's settings, YAML or JSON (default: traffic without lines)")
    .option('--config <file>', 'YAML or JSON file that says which model and device (default: $CAMSHARD_CONFIG)')
    .option(
      '--fps <n>',
      'pictures per second of the recording (default: all of its own; 10 for pictures)',
      numberWithin(0.1, 240),
    )
    .option('--start <time>', 'when the recording began, for rules with a schedule (RFC 3339)', instant, 0)
    .option('--camera <id>', 'what the camera is called in the output', 'replay')
    .option('--gate', 'skip frames on which nothing moves, as a node does')
    .option('--annotate <path>', 'write what was found into a video (.mp4, .mkv), or into a folder of JPEGs')
    .option('--events', 'print each event as it happens')
    .option('--json', JSON_HELP)
    .action(async (file: string, options: ReplayOptions) => {
      const { runReplay } = await import('./replay/run-replay.ts');
      process.exitCode = await runReplay(file, options);
    });
}

function instant(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('a time like 2026-01-31T08:00:00Z');
  return ms;
}
