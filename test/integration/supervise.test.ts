import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KILL_AFTER_GRACE_MS } from '../../config/limits.ts';
import { freePort } from '../../src/supervise/free-port.ts';
import { eventually, isAlive, Running } from './fixtures/processes.ts';

const driver = join(import.meta.dirname, 'fixtures/parent-driver.mjs');
const fakeDemo = join(import.meta.dirname, 'fixtures/fake-demo.mjs');

let dir = '';
let log = '';
const running: Running[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'camshard-supervise-'));
  log = join(dir, 'log');
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((r) => r.end()));
  rmSync(dir, { recursive: true });
});

function startParent(behaviour: string, options: { port?: number; graceMs?: number; demo?: boolean } = {}): Running {
  const args = [
    String(options.port ?? 0),
    String(options.graceMs ?? 2_000),
    ...(options.demo === true ? [fakeDemo] : []),
  ];
  const parent = new Running(driver, args, { BEHAVIOUR: behaviour, LOG: log });
  running.push(parent);
  return parent;
}

const lines = (kind: string): string[][] =>
  readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(kind))
    .map((line) => line.split(' '));
const nodePids = (): number[] => lines('start').map(([, pid]) => Number(pid));

async function ready(parent: Running): Promise<string> {
  await eventually(() => expect(parent.stdout).toMatch(/ready http/));
  return parent.stdout.trim().replace('ready ', '');
}

const servingPid = async (url: string): Promise<number> => Number(await (await fetch(url)).text());

describe('the parent of a node', () => {
  it('prints one line when the node is ready, passes SIGTERM on and ends with its exit code', async () => {
    const parent = startParent('plain');
    const url = await ready(parent);
    expect(await servingPid(url)).toBe(nodePids()[0]);
    parent.kill('SIGTERM');
    const ended = await parent.ended;
    expect(ended.code).toBe(0);
    expect(ended.stdout.trim().split('\n')).toHaveLength(1);
    expect(lines('SIGTERM')).toHaveLength(1);
  });

  it('turns Ctrl-C into one SIGTERM for the node', async () => {
    const parent = startParent('plain');
    await ready(parent);
    parent.kill('SIGINT');
    parent.kill('SIGINT'); // npm start passes a second one on
    expect((await parent.ended).code).toBe(0);
    expect(lines('SIGTERM')).toHaveLength(1);
    expect(lines('SIGINT')).toHaveLength(0);
  });

  it('ends with the code the node ended with', async () => {
    const parent = startParent('exits-3');
    await ready(parent);
    parent.kill('SIGTERM');
    expect((await parent.ended).code).toBe(3);
  });

  it('starts a killed node again on the same port, and says nothing more on stdout', async () => {
    const parent = startParent('plain');
    const url = await ready(parent);
    const first = await servingPid(url);
    process.kill(first, 'SIGKILL');
    await eventually(async () => expect(await servingPid(url)).not.toBe(first));
    const second = await servingPid(url);
    process.kill(second, 'SIGKILL');
    await eventually(async () => expect(await servingPid(url)).not.toBe(second));
    expect(nodePids()).toHaveLength(3);
    expect(new Set(lines('start').map(([, , port]) => port)).size).toBe(1);
    expect(parent.stdout.trim().split('\n')).toHaveLength(1);
    await eventually(() => expect(parent.stderr).toMatch(/SIGKILL.*starting it again at once/));
  });

  it('tries again when the first starts fail', async () => {
    const parent = startParent('dies-twice-first');
    await ready(parent);
    expect(nodePids()).toHaveLength(3);
  });

  it('gives up on a node that never becomes ready', async () => {
    const ended = await startParent('dies-at-once').ended;
    expect(ended.code).toBe(7);
    expect(nodePids()).toHaveLength(5);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toMatch(/the node does not start: exit code 7/);
  });

  it('gives up at once where the node says why it cannot start', async () => {
    const ended = await startParent('fatal').ended;
    expect(ended.code).toBe(1);
    expect(nodePids()).toHaveLength(1);
    expect(ended.stderr).toMatch(/the node does not start: the port is taken/);
  });

  it('kills a node that overruns its shutdown, some time after its grace', async () => {
    const parent = startParent('ignores-sigterm', { graceMs: 100 });
    await ready(parent);
    const [pid = 0] = nodePids();
    parent.kill('SIGTERM');
    const ended = await parent.ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(`not stopped within ${100 + KILL_AFTER_GRACE_MS} ms; killing it`);
    expect(isAlive(pid)).toBe(false);
  });

  it('takes its node with it when it is killed itself', async () => {
    const parent = startParent('plain');
    await ready(parent);
    const [pid = 0] = nodePids();
    parent.kill('SIGKILL');
    await eventually(() => expect(isAlive(pid)).toBe(false));
    expect(lines('disconnect')).toHaveLength(1);
  });

  it('starts demo cameras once the node is ready and ends them with it', async () => {
    const parent = startParent('plain', { demo: true });
    const url = await ready(parent);
    await eventually(() => expect(lines('demo')).toHaveLength(1));
    const [[, pid, ...args] = []] = lines('demo');
    expect(args).toEqual([`--url=${url}/`, '--cameras=2']);
    parent.kill('SIGTERM');
    expect((await parent.ended).code).toBe(0);
    expect(isAlive(Number(pid))).toBe(false);
  });

  it('keeps the node running when the demo cameras fail', async () => {
    const parent = startParent('demo-dies', { demo: true });
    const url = await ready(parent);
    await eventually(() => expect(parent.stderr).toMatch(/the demo ended .*starting it again in 1000 ms/));
    expect(await servingPid(url)).toBe(nodePids()[0]);
    expect(nodePids()).toHaveLength(1);
  });

  it('has a node back whose main loop stands still', async () => {
    const parent = startParent('plain');
    const url = await ready(parent);
    const first = await servingPid(url);
    process.kill(first, 'SIGSTOP');
    await eventually(() => expect(parent.stderr).toMatch(/the node has said nothing for 2000 ms; killing it/));
    await eventually(() => expect(isAlive(first)).toBe(false));
    await eventually(async () => expect(await servingPid(url)).not.toBe(first));
    expect(parent.stderr).toMatch(/SIGKILL.*starting it again at once/);
  });

  it('does not kill its node for having stood still itself', async () => {
    const parent = startParent('plain');
    const url = await ready(parent);
    const first = await servingPid(url);
    parent.kill('SIGSTOP');
    // Longer than the silence it would kill for; there is nothing to be seen meanwhile that could be awaited.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    parent.kill('SIGCONT');
    await eventually(() => expect(lines('start')).toHaveLength(1));
    process.kill(first, 'SIGKILL');
    await eventually(async () => expect(await servingPid(url)).not.toBe(first));
    expect(parent.stderr).not.toMatch(/said nothing/);
  });

  it('uses the port it is given', async () => {
    const port = await freePort('127.0.0.1');
    expect(await ready(startParent('plain', { port }))).toBe(`http://127.0.0.1:${port}`);
  });
});
