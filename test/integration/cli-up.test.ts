import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CameraSummary } from '../../core/protocol.ts';
import { freePort } from '../../src/supervise/free-port.ts';
import { camshard, cliScript, eventually, isAlive, Running } from './fixtures/processes.ts';

/** The product as it is built, on a simulated device, so that no model is needed. */
const SIMULATED = ['--set', 'devices=[{kind: simulated, baseMs: 2, perFrameMs: 1}]'];

let dir = '';
const running: Running[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'camshard-up-'));
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((r) => r.end()));
  rmSync(dir, { recursive: true });
});

function start(script: string, ...args: string[]): Running {
  const process = new Running(script, args);
  running.push(process);
  return process;
}

const up = (...args: string[]): Running => start(cliScript, 'up', '--port', '0', '--data', dir, ...SIMULATED, ...args);

async function ready(node: Running): Promise<string> {
  await eventually(() => expect(node.stdout, node.stderr).toMatch(/http:/), 40_000);
  const url = /http:\/\/[\d.:]+/.exec(node.stdout)?.[0];
  if (url === undefined) throw new Error(`no URL in ${node.stdout}`);
  return url;
}

/** Children of a process, by the script they run (Linux). */
function childPid(parent: Running, script: string): number {
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const ppid = /\) \S (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, 'utf8'))?.[1];
      if (Number(ppid) !== parent.child.pid) continue;
      if (readFileSync(`/proc/${entry}/cmdline`, 'utf8').includes(script)) return Number(entry);
    } catch {
      // ended meanwhile
    }
  }
  throw new Error(`no child runs ${script}`);
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    (answer) => answer.ok,
    () => false,
  );
}

async function cameras(url: string): Promise<CameraSummary[]> {
  const answer = (await (await fetch(`${url}/v1/cameras`)).json()) as { cameras: CameraSummary[] };
  return answer.cameras;
}

describe('camshard up', () => {
  it('prints one line with its URL, serves there, and ends with 0 on Ctrl-C', async () => {
    const node = up('--no-demo');
    const url = await ready(node);
    expect(await isReady(url)).toBe(true);
    node.kill('SIGINT');
    const ended = await node.ended;
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.stdout).toBe(`Camshard is ready: ${url}\n`);
  });

  it('prints the line as JSON where asked', async () => {
    const node = up('--no-demo', '--json');
    const url = await ready(node);
    expect(JSON.parse(node.stdout)).toEqual({ url, demoCameras: 0 });
  });

  it('serves again, with its cameras, after its node process was killed', async () => {
    const node = up('--demo', '2');
    const url = await ready(node);
    await eventually(async () => expect((await cameras(url)).filter((c) => c.ledger.inferred > 2)).toHaveLength(2));
    const pid = childPid(node, 'src/main.js');
    process.kill(pid, 'SIGKILL');
    await eventually(async () => expect(isAlive(pid)).toBe(false));
    await eventually(async () => expect(await isReady(url)).toBe(true));
    await eventually(async () => expect((await cameras(url)).filter((c) => c.ledger.inferred > 2)).toHaveLength(2));
    expect(node.stdout.trim().split('\n')).toHaveLength(1);
  });

  it('shuts its node down when it is killed itself', async () => {
    const node = up('--no-demo');
    await ready(node);
    const pid = childPid(node, 'src/main.js');
    node.kill('SIGKILL');
    await eventually(() => expect(isAlive(pid)).toBe(false));
  });

  it('keeps the token from everybody but who has it, demo cameras included', async () => {
    const token = 'a-token-of-sixteen-or-more';
    const node = up('--token', token, '--demo', '1');
    const url = await ready(node);
    expect((await fetch(`${url}/v1/cameras`)).status).toBe(401);
    await eventually(async () => {
      const { stdout } = await camshard(['cameras', 'ls', '--url', url, '--json'], { CAMSHARD_TOKEN: token });
      const listed = JSON.parse(stdout) as { cameras: CameraSummary[] };
      expect(listed.cameras[0]?.ledger.inferred).toBeGreaterThan(0);
    });
    expect(node.stderr).not.toContain(token);
  });

  it('refuses to start where the configuration is wrong, without starting a node', async () => {
    const ended = await up('--host', '0.0.0.0').ended;
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/server\.host: "0\.0\.0\.0" is reachable from other machines.*flag --host/);
  });

  it('says so and ends with 1 where its port is taken', async () => {
    const port = String(await freePort('127.0.0.1'));
    await ready(start(cliScript, 'up', '--port', port, '--data', dir, ...SIMULATED, '--no-demo'));
    const second = await start(cliScript, 'up', '--port', port, '--data', dir, ...SIMULATED, '--no-demo').ended;
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toMatch(/does not start: .*taken|does not start: .*another program/);
  });
});
