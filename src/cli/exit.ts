import { CamshardError, ConfigError, errorCode, errorMessage } from '../../core/errors.ts';

/**
 * Exit codes of `camshard`, part of its interface (docs/cli.md):
 *
 *     0  done, or ended as asked (Ctrl-C, SIGTERM)
 *     1  fault: a node cannot be reached, a file cannot be read, the node gave up
 *     2  usage: the command line or the configuration is wrong; trying again will not help
 *
 * and of the commands that operate a cluster (`nodes`, `shards`, `cluster`), which scripts go by:
 *
 *     3  no node of the cluster could be reached
 *     4  the cluster refused: nothing was changed
 *     5  begun, and not done when the waiting ended (Ctrl-C, --timeout): it goes on in the cluster
 */
export const EXIT = { ok: 0, fault: 1, usage: 2, unreachable: 3, refused: 4, unfinished: 5 } as const;

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

/** Tells the user on stderr what went wrong, as JSON where asked, and gives the exit code. */
export function reportError(error: unknown, json: boolean, write: (text: string) => void): number {
  if (error instanceof SilentExit) return error.exitCode;
  const code = errorCode(error);
  const message = errorMessage(error);
  if (json) {
    const issues = typeof error === 'object' && error !== null && 'issues' in error ? { issues: error.issues } : {};
    write(`${JSON.stringify({ error: { code, message, ...issues } })}\n`);
  } else {
    write(`camshard: ${message}\n`);
    if (code === 'internal' && error instanceof Error && error.stack !== undefined) write(`${error.stack}\n`);
  }
  if (error instanceof CodedExit) return error.exitCode;
  return error instanceof ConfigError || error instanceof UsageError || code === 'bad_url' ? EXIT.usage : EXIT.fault;
}
