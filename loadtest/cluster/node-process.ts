import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { NodeConfigInput } from '../../config/schema.ts';
import { systemClock } from '../../core/clock.ts';
import { childOf, isAlive } from '../lib/proc-stats.ts';
import { isReady } from './cluster-api.ts';

const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const READY_MS_MAX = 90_000;

const running = new Set<ClusterNode>();
let installed = false;

/** Whatever way this process ends, no node outlives it: frozen ones would not end by themselves. */
function installCleanup(): void {
  if (installed) return;
  installed = true;
  process.on('exit', () => {
    for (const node of running) node.killNow();
  });
}

export interface ClusterNodeOptions {
  readonly id: string;
  readonly port: number;
  /** Its data, configuration and log: kept over restarts. */
  readonly dir: string;
  readonly config: NodeConfigInput;
}

/** One node under `camshard up`, as users start it, which can be stopped, killed for good, frozen and started again. */
export class ClusterNode {
  readonly id: string;
  readonly httpUrl: string;
  readonly wsUrl: string;
  readonly dataDir: string;
  readonly logFile: string;
  readonly #configFile: string;
  #parent: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  /** Of the node itself, as last seen: it outlives a parent that is killed. */
  #pid: number | undefined;

  constructor({ id, port, dir, config }: ClusterNodeOptions) {
    this.id = id;
    this.httpUrl = `http://127.0.0.1:${port}`;
    this.wsUrl = `ws://127.0.0.1:${port}`;
    this.dataDir = join(dir, id);
    this.logFile = join(dir, `${id}.log`);
    this.#configFile = join(dir, `${id}.yaml`);
    mkdirSync(this.dataDir, { recursive: true });
    const whole: NodeConfigInput = {
      ...config,
      node: { ...config.node, id, dataDir: this.dataDir },
      server: { ...config.server, host: '127.0.0.1', port },
    };
    writeFileSync(this.#configFile, JSON.stringify(whole)); // JSON is YAML
  }

  /** Whether it was started, and neither stopped nor killed since. */
  get running(): boolean {
    return this.#parent !== undefined;
  }

  /** Starts it; {@link ready} waits. */
  spawn(): void {
    if (this.#parent !== undefined) throw new Error(`${this.id} runs already`);
    installCleanup();
    const log = openSync(this.logFile, 'a');
    const parent = spawn(process.execPath, [COMMAND, 'up', '--no-demo'], {
      stdio: ['ignore', log, log],
      detached: true, // a Ctrl-C is for this program, which then ends the nodes
      env: { ...process.env, CAMSHARD_CONFIG: this.#configFile },
    });
    closeSync(log);
    parent.on('error', () => {});
    this.#exited = once(parent, 'close');
    this.#parent = parent;
    running.add(this);
  }

  /** Resolves once it says that it is ready. @throws Error where it ends before, or does not in time */
  async ready(): Promise<void> {
    const untilMs = systemClock.nowMs() + READY_MS_MAX;
    for (;;) {
      if (await isReady(this.httpUrl)) break;
      const { exitCode, signalCode } = this.#parent ?? { exitCode: 0, signalCode: null };
      if (exitCode !== null || signalCode !== null)
        throw new Error(`${this.id} ended with ${exitCode ?? signalCode}: see ${this.logFile}`);
      if (systemClock.nowMs() > untilMs)
        throw new Error(`${this.id} is not ready after ${READY_MS_MAX} ms: see ${this.logFile}`);
      await sleep(50);
    }
    this.#pid = this.#child();
  }

  async start(): Promise<void> {
    this.spawn();
    await this.ready();
  }

  /** SIGTERM as an operator or systemd gives it. @returns how long it took to end, ms, and its exit code */
  async terminate(waitMsMax: number): Promise<{ readonly tookMs: number; readonly code: number | null }> {
    const parent = this.#parent;
    if (parent === undefined) throw new Error(`${this.id} does not run`);
    this.#pid = this.#child() ?? this.#pid;
    const startMs = systemClock.nowMs();
    parent.kill('SIGTERM');
    const timer = setTimeout(() => this.killNow(), waitMsMax);
    await this.#exited;
    clearTimeout(timer);
    this.#gone();
    return { tookMs: Math.round(systemClock.nowMs() - startMs), code: parent.exitCode };
  }

  /** `kill -9` for good: the parent first, so that nobody starts it again. */
  killNow(): void {
    const pid = this.#child() ?? this.#pid;
    for (const each of [this.#parent?.pid, pid]) signal(each, 'SIGKILL');
    this.#gone();
  }

  async kill(): Promise<void> {
    this.killNow();
    await this.#exited;
  }

  /** SIGSTOP of all of it, as a machine that stands still. */
  freeze(): void {
    this.#pid = this.#child() ?? this.#pid;
    for (const each of [this.#parent?.pid, this.#pid]) signal(each, 'SIGSTOP');
  }

  thaw(): void {
    for (const each of [this.#pid, this.#parent?.pid]) signal(each, 'SIGCONT');
  }

  /** Whether the very process that was last seen still runs: its parent has not started another one since. */
  get sameProcess(): boolean {
    return this.#pid !== undefined && this.#child() === this.#pid;
  }

  #gone(): void {
    running.delete(this);
    this.#parent = undefined;
  }

  #child(): number | undefined {
    const pid = this.#parent?.pid;
    if (pid === undefined) return undefined;
    try {
      const child = childOf(pid);
      return isAlive(child) ? child : undefined;
    } catch {
      return undefined;
    }
  }
}

function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, name);
  } catch {
    // gone already
  }
}
