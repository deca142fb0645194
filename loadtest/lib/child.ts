import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ChildOptions {
  /** A compiled entry and its arguments, for this same Node. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** Flags of Node itself, e.g. `--expose-gc`. */
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const LINES_KEPT_MAX = 500;
const alive = new Set<ChildProcess>();

/**
 * A child process that cannot outlive this one: whatever way this process ends, its children are killed. (`SIGKILL` of
 * this process itself is the exception; nothing can act then.)
 */
export class Child {
  readonly process: ChildProcess;
  /** The last lines of its output, both streams. */
  readonly lines: string[] = [];
  readonly exited: Promise<ChildExit>;
  readonly #listeners = new Set<(line: string) => void>();

  constructor(options: ChildOptions) {
    installCleanup();
    this.process = spawn(process.execPath, [...(options.execArgv ?? []), options.entry, ...(options.args ?? [])], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a process group of its own, so that its own children can be ended with it
      env: { ...process.env, ...options.env },
    });
    alive.add(this.process);
    this.exited = once(this.process, 'close').then(([code, signal]) => {
      alive.delete(this.process);
      killGroup(this.process); // whatever it left behind
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.lines.push(line);
        if (this.lines.length > LINES_KEPT_MAX) this.lines.shift();
        for (const listener of this.#listeners) listener(line);
      });
    }
  }

  get pid(): number {
    const { pid } = this.process;
    if (pid === undefined) throw new Error('the process did not start');
    return pid;
  }

  /**
   * What `pick` makes of the first line it does not answer `undefined` for.
   * @throws Error with the last output where the process ends before, or `timeoutMs` passes.
   */
  waitForLine<T>(what: string, pick: (line: string) => T | undefined, timeoutMs: number): Promise<T> {
    for (const line of this.lines) {
      const found = pick(line);
      if (found !== undefined) return Promise.resolve(found);
    }
    return new Promise((resolve, reject) => {
      const finish = (act: () => void): void => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        act();
      };
      const fail = (why: string): void =>
        finish(() => reject(new Error(`no ${what}: ${why}\n${this.lines.slice(-20).join('\n')}`)));
      const listener = (line: string): void => {
        const found = pick(line);
        if (found !== undefined) finish(() => resolve(found));
      };
      const timer = setTimeout(() => fail(`none in ${timeoutMs} ms`), timeoutMs);
      this.#listeners.add(listener);
      void this.exited.then(({ code, signal }) => fail(`the process ended with ${code ?? signal}`));
    });
  }

  /** SIGTERM, and SIGKILL where that does not end it within `graceMs`. */
  async stop(graceMs = 8_000): Promise<ChildExit> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM');
      const timer = setTimeout(() => killGroup(this.process), graceMs);
      await this.exited;
      clearTimeout(timer);
    }
    return this.exited;
  }
}

/** A line as a JSON object, or `undefined`. */
export function jsonLine(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // the whole group is gone: what is wanted
  }
}

let installed = false;

function installCleanup(): void {
  if (installed) return;
  installed = true;
  // 'exit' covers returns, process.exit and uncaught errors; signals would end us without it.
  process.on('exit', () => {
    for (const child of alive) killGroup(child);
  });
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => process.exit(status));
  }
}
