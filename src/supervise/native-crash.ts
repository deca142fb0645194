import { constants } from 'node:os';
import type { ChildExit } from './kept-child.ts';

/**
 * Signals by which native code ends a process: a wild pointer, an assertion or `abort()`, a trap. Not SIGKILL, which is an
 * operator or the kernel short of memory, nor any other signal one sends.
 */
const NATIVE_CRASHES = ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP'] as const;
/** What a shell in between makes of a signal: 134 for SIGABRT. */
const SHELL_BASE = 128;
const CODES: ReadonlySet<number> = new Set(NATIVE_CRASHES.map((signal) => SHELL_BASE + constants.signals[signal]));
const SIGNALS: ReadonlySet<string> = new Set(NATIVE_CRASHES);

/** Whether it was native code that ended the process. */
export function isNativeCrash({ code, signal }: ChildExit): boolean {
  return signal === null ? code !== null && CODES.has(code) : SIGNALS.has(signal);
}
