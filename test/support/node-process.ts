import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const READY_MS_MAX = 30_000;
const ENTRY = resolve('dist/src/main.js');

export interface NodeProcess {
  readonly child: ChildProcess;
  readonly url: string;
  readonly wsUrl: string;
  /** Lines of its log so far. */
  readonly logLines: readonly string[];
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
}

/**
 * Runs the built node, without a parent, until it says where it is.
 * @param settings configuration by variable, e.g. `{ DEVICES: '[{kind: simulated}]' }`
 */
export async function startNodeProcess(settings: Readonly<Record<string, string>>): Promise<NodeProcess> {
  if (!existsSync(ENTRY)) throw new Error(`${ENTRY} is not there: run \`npm run build\``);
  const dataDir = mkdtempSync(join(tmpdir(), 'camshard-test-'));
  const variables = Object.entries({ NODE__DATA_DIR: dataDir, SERVER__PORT: '0', ...settings });
  const child = spawn(process.execPath, [ENTRY], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...Object.fromEntries(variables.map(([name, value]) => [`CAMSHARD_${name}`, value])) },
  });
  const logLines: string[] = [];
  let rest = '';
  child.stderr.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    logLines.push(...lines);
  });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) => {
    // `close`, not `exit`: the last lines of the log are to be in.
    child.once('close', (code, signal) => {
      rmSync(dataDir, { recursive: true, force: true });
      done({ code, signal });
    });
  });
  const url = await new Promise<string>((found, fail) => {
    setTimeout(() => {
      child.kill('SIGKILL');
      fail(new Error(`the node said nothing for ${READY_MS_MAX} ms:\n${logLines.join('\n')}`));
    }, READY_MS_MAX).unref();
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const line = /^(https?:\S+)\n/m.exec(said)?.[1];
      if (line !== undefined) found(line);
    });
    exited.then(({ code }) =>
      fail(new Error(`the node ended (${code}) before it was ready:\n${logLines.join('\n')}${rest}`)),
    );
  });
  return { child, url, wsUrl: url.replace(/^http/, 'ws'), logLines, exited };
}
