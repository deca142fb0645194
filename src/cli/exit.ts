import { CamshardError, ConfigError, errorCode, errorMessage } from '../../core/errors.ts';
import { NodeProblem } from '../client/node-problem.ts';
import { hintFor } from './hints.ts';
import { themeOf } from './text/theme.ts';

/** Exit codes of `camshard`, part of its interface; {@link EXIT_MEANINGS} says what they mean. */
export const EXIT = { ok: 0, fault: 1, usage: 2, unreachable: 3, refused: 4, unfinished: 5 } as const;

/** By code, as docs/cli.md shows them. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done, or ended as asked: Ctrl-C and SIGTERM end what follows and what serves, and a reader that closes the pipe',
  fault:
    'a fault: a file cannot be read, a node gave up, a check failed, what was begun ended otherwise. Trying again may help',
  usage:
    'usage: the command line, the configuration or a file of settings is wrong, or nobody can be asked and `--yes` is ' +
    'not given. Trying again will not help',
  unreachable: 'no node could be reached',
  refused: 'the node refused, nothing was changed: no such camera or node, the token is wrong, somebody was faster',
  unfinished: 'begun, and not done when the waiting ended (Ctrl-C, `--timeout`): it goes on in the cluster',
};

/** A fault with an exit code of its own. */
export class CodedExit extends CamshardError {
  readonly exitCode: number;

  constructor(exitCode: number, code: string, message: string) {
    super(code, message);
    this.exitCode = exitCode;
  }
}

/** The command line asks for something that cannot be. */
export class UsageError extends Error {
  readonly code = 'usage';
}

/** A fault already told to the user in full; only the exit code is left. */
export class SilentExit extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** Tells the user on stderr what went wrong and what to do next, as JSON where asked, and gives the exit code. */
export function reportError(
  error: unknown,
  json: boolean,
  write: (text: string) => void,
  theme = themeOf(false),
): number {
  if (error instanceof SilentExit) return error.exitCode;
  const code = errorCode(error);
  const message = errorMessage(error);
  const hint = hintFor(code, message);
  if (json) {
    const issues = typeof error === 'object' && error !== null && 'issues' in error ? { issues: error.issues } : {};
    write(`${JSON.stringify({ error: { code, message, ...(hint === undefined ? {} : { hint }), ...issues } })}\n`);
  } else {
    write(`${theme.bad('camshard:')} ${message}\n`);
    if (hint !== undefined) write(`${theme.dim(hint)}\n`);
    if (code === 'internal' && error instanceof Error && error.stack !== undefined) write(`${error.stack}\n`);
  }
  return exitCodeOf(error, code);
}

function exitCodeOf(error: unknown, code: string): number {
  if (error instanceof CodedExit) return error.exitCode;
  if (error instanceof ConfigError || error instanceof UsageError || code === 'bad_url') return EXIT.usage;
  if (code === 'node_unreachable') return EXIT.unreachable;
  return error instanceof NodeProblem ? exitCodeOfAnswer(error.status) : EXIT.fault;
}

/** By the status a node answered with: what it does not understand, what it refuses, and what is its own fault. */
export function exitCodeOfAnswer(status: number): number {
  if (status === 400) return EXIT.usage;
  return (status > 400 && status < 500) || status === 503 ? EXIT.refused : EXIT.fault;
}
