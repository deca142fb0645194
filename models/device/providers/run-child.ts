import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compiledUrl } from '../compiled-url.ts';

/** A broken driver can keep whoever loads it waiting for good. */
const CHILD_MS_MAX = 30_000;
const OUTPUT_BYTES_MAX = 1024 * 1024;

export interface ChildResult {
  /** The last line it printed, which is its answer. */
  readonly answer: string;
  /** What it wrote on stderr, and how it ended where not by itself. */
  readonly noise: string;
  readonly signal: string | undefined;
}

/**
 * Runs a compiled module beside this one in a process of its own: a driver may write to stderr, hang or crash, and none
 * of it shall reach ours. Never rejects.
 */
export function runChild(
  module: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<ChildResult> {
  const script = fileURLToPath(compiledUrl(import.meta.url, module));
  const options = { timeout: CHILD_MS_MAX, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES_MAX, env } as const;
  return new Promise((done) => {
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) => {
      const answer = stdout.trim().split('\n').at(-1) ?? '';
      if (error === null) return done({ answer, noise: stderr, signal: undefined });
      const timedOut = error.killed === true;
      const end = timedOut
        ? `no answer within ${CHILD_MS_MAX / 1_000} s`
        : stderr === '' && answer === ''
          ? error.message
          : '';
      done({ answer, noise: `${stderr}\n${end}`, signal: timedOut ? undefined : (error.signal ?? undefined) });
    });
  });
}
