import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

const ENTRY = resolve('dist/src/cli/main.js');
const PAGE = resolve('dist/web/index.html');
const STOP_MS_MAX = 10_000;

// Below Linux's ephemeral ports: while a node restarts, no client's socket can be given its port.
const PORT_MIN = 20_000;
const PORT_MAX = 32_000;

export interface NodeOptions {
  readonly port: number;
  readonly dataDir: string;
  readonly demoCameras: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunningNode {
  /** `http://127.0.0.1:PORT`, no slash at its end. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Runs `camshard up` from the built tree until its line with the URL.
 * @throws Error naming the command that builds what is missing, or with what the node wrote before it ended.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  for (const built of [ENTRY, PAGE]) {
    if (!existsSync(built)) throw new Error(`${built} is not there: run \`npm run build\``);
  }
  const demo = options.demoCameras === 0 ? ['--no-demo'] : ['--demo', String(options.demoCameras)];
  const args = ['up', '--port', String(options.port), '--data', options.dataDir, ...demo];
  const child = spawn(process.execPath, [ENTRY, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  const url = await readyUrl(child);
  return { url, port: Number(new URL(url).port), stop: () => stop(child) };
}

/** A port nobody listens on now, and that no outgoing connection is given later. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    const isFree = await new Promise<boolean>((done) => {
      const probe = createServer().once('error', () => done(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
    });
    if (isFree) return port;
  }
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((done, fail) => {
    let said = '';
    const hear = (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-8_000);
      const url = /\bhttps?:\/\/[^\s/"]+:\d+/.exec(said)?.[0];
      if (url !== undefined) done(url);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-8_000);
    });
    child.once('error', fail);
    child.once('exit', (code, signal) =>
      fail(new Error(`the node ended (${code ?? signal}) before it was ready:\n${said}`)),
    );
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const overrun = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(overrun);
}
