import { type ChildProcess, fork } from 'node:child_process';
import type { ChildPort } from './kept-child.ts';

export interface ForkOptions {
  readonly script: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Starts a Node script with an IPC channel. Whatever it writes goes to our stderr, so that our stdout holds nothing but
 * the one line with the URL. It leads a process group of its own: Ctrl-C on a terminal reaches only us, and we pass it
 * on once, as SIGTERM.
 */
export function forkChild({ script, args = [], env }: ForkOptions): ChildPort {
  const child: ChildProcess = fork(script, [...args], {
    env: { ...env },
    stdio: ['ignore', 2, 2, 'ipc'],
    detached: true,
    // Flags of ours (a debugger's port, say) are not the child's.
    execArgv: [],
  });
  return {
    pid: child.pid,
    kill: (signal) => void child.kill(signal),
    onMessage: (listener) => void child.on('message', listener),
    onExit(listener) {
      let told = false;
      const once = (code: number | null, signal: string | null): void => {
        if (told) return;
        told = true;
        listener({ code, signal });
      };
      child.on('exit', once);
      child.on('error', () => {
        // Also emitted where a signal could not be sent; only a process that never started has no pid.
        if (child.pid === undefined) once(1, null);
      });
    },
  };
}
