import type { Command } from 'commander';
import { JSON_HELP, type NodeOptions, reaching, wholeNumber } from '../options.ts';

/** Of every command that looks at a cluster. */
export interface OpsOptions extends NodeOptions {
  readonly json?: boolean;
}

/** Of every command that changes something. */
export interface ActionOptions extends OpsOptions {
  readonly who?: string;
  readonly why?: string;
}

/** Of those that go on in the cluster for a while. */
export interface WaitOptions extends ActionOptions {
  /** False with `--no-wait`. */
  readonly wait?: boolean;
  /** Seconds. */
  readonly timeout?: number;
  readonly yes?: boolean;
}

/** Of those that only look. */
export const looking = (command: Command): Command => reaching(command).option('--json', JSON_HELP);

export const acting = (command: Command): Command =>
  looking(command)
    .option('--who <name>', 'who does it, for the event log (default: you)')
    .option('--why <text>', 'why, for the event log');

export const waiting = (command: Command): Command =>
  acting(command)
    .option('--no-wait', 'do not wait until it is done')
    .option('--timeout <s>', 'wait this many seconds at most (default: 600)', wholeNumber(1, 86_400));

export const confirmed = (command: Command): Command => command.option('--yes', 'do not ask');
