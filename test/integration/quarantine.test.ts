import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeEvent } from '../../core/node-event.ts';
import { journalPath, picturesPath } from '../../src/crash/crash-files.ts';
import { readJournalFile } from '../../src/crash/journal-file.ts';
import { poisoned } from '../../src/crash/poison.ts';
import type { QuarantineReport } from '../../src/crash/quarantine.ts';
import { TestCamera } from '../support/camera.ts';
import { jpeg } from '../support/pictures.ts';
import { camshard, cliScript, eventually, isAlive, Running } from './fixtures/processes.ts';

/** The promise of docs/failures.md: a node that crashed serves again this soon. */
const BACK_MS_MAX = 5_000;
const SETTINGS = [
  'devices=[{kind: simulated, decode: true, baseMs: 2, perFrameMs: 1}]',
  'debug.faultHooks=true',
  'gate.enabled=false',
  'cluster.virtualNodes=8',
];

let dir = '';
const running: Running[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'camshard-quarantine-'));
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((r) => r.end()));
  rmSync(dir, { recursive: true });
});

/** `camshard up` and what a camera over HTTP sees of it. */
class Up {
  readonly process: Running;
  readonly url: string;

  private constructor(process: Running, url: string) {
    this.process = process;
    this.url = url;
  }

  static async start(): Promise<Up> {
    const settings = SETTINGS.flatMap((setting) => ['--set', setting]);
    const process = new Running(cliScript, ['up', '--port', '0', '--data', dir, '--no-demo', ...settings]);
    running.push(process);
    await eventually(() => expect(process.stdout, process.stderr).toMatch(/http:/), 40_000);
    return new Up(process, /http:\/\/[\d.:]+/.exec(process.stdout)?.[0] ?? '');
  }

  /** The node process: it says so in its journal. */
  get pid(): number {
    return readJournalFile(journalPath(dir))?.owner.pid ?? 0;
  }

  get inFlight(): number {
    return readJournalFile(journalPath(dir))?.frames.length ?? 0;
  }

  /** Answers with the status and the problem's code; status 0 where the connection broke. */
  async post(camera: string, picture: Uint8Array): Promise<{ readonly status: number; readonly code?: unknown }> {
    try {
      const answer = await fetch(`${this.url}/v1/cameras/${camera}/frames`, {
        method: 'POST',
        headers: { 'content-type': 'image/jpeg' },
        body: Buffer.from(picture),
      });
      const { code } = (await answer.json()) as { code?: unknown };
      return { status: answer.status, code };
    } catch {
      return { status: 0 };
    }
  }

  async getJson<T>(path: string): Promise<T> {
    return (await (await fetch(`${this.url}${path}`)).json()) as T;
  }

  isReady(): Promise<boolean> {
    return fetch(`${this.url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
  }

  /** Waits for the end of the node process `pid`, then for one that serves. @returns how long the latter took, ms */
  async backAfter(pid: number): Promise<number> {
    await eventually(() => expect(isAlive(pid)).toBe(false));
    const deadAtMs = performance.now();
    await eventually(async () => expect(await this.isReady()).toBe(true), 30_000);
    return performance.now() - deadAtMs;
  }
}

describe('a picture that crashes native code', () => {
  it('is refused after two crashes, the node back after each, and costs no other camera anything more', async () => {
    const good = await jpeg({ width: 64, height: 48 });
    const poison = poisoned(await jpeg({ width: 96, height: 64 }));
    const node = await Up.start();
    for (let crashes = 1; crashes <= 2; crashes++) {
      const pid = node.pid;
      expect((await node.post('good', good)).status).toBe(200);
      expect((await node.post('bad', poison)).status).toBe(0);
      expect(await node.backAfter(pid)).toBeLessThan(BACK_MS_MAX);
      const { frames } = await node.getJson<QuarantineReport>('/v1/quarantine');
      expect(frames).toMatchObject([
        { camera: 'bad', crashes, state: crashes === 1 ? 'suspect' : 'quarantined', bytes: poison.byteLength },
      ]);
    }
    expect(node.process.stderr).toMatch(/SIGSEGV with 1 frames in flight; 1 of them for the second time/);

    const pid = node.pid;
    expect(await node.post('bad', poison)).toEqual({ status: 400, code: 'quarantined' });
    const stream = await TestCamera.welcomed({ wsUrl: node.url.replace('http', 'ws') }, 'bad');
    stream.send(poison);
    expect(await stream.next('error')).toMatchObject({ code: 'quarantined', seq: 1 });
    stream.send(good);
    expect(await stream.next('result')).toMatchObject({ seq: 2 });
    await stream.close();
    expect((await node.post('good', good)).status).toBe(200);
    expect(node.pid).toBe(pid);

    const report = await node.getJson<QuarantineReport>('/v1/quarantine');
    expect(report).toMatchObject({ rejected: 2, cameras: [{ camera: 'bad', crashes: 2 }] });
    const { events } = await node.getJson<{ events: NodeEvent[] }>('/v1/events');
    expect(events.filter((e) => e.kind === 'frame_quarantined')).toMatchObject([
      { data: { camera: 'bad', crashes: 2 } },
    ]);
    const { total } = await node.getJson<{ total: { rejected: object } }>('/v1/ledger');
    expect(total.rejected).toEqual({ quarantined: 2 });
    const picture = report.frames[0]?.picture ?? '';
    expect(readFileSync(join(picturesPath(dir), picture))).toEqual(poison);

    const listed = await camshard(['quarantine', 'ls', '--url', node.url]);
    expect(listed.stdout).toContain(picture);
    expect((await camshard(['quarantine', 'clear', '--url', node.url])).stdout).toBe('1 frames will be tried again\n');
    expect(readdirSync(picturesPath(dir))).toEqual([]);
    expect(await node.getJson('/v1/quarantine')).toEqual({ frames: [], cameras: [], rejected: 2 });
  });

  it('is not suspected of a node that was killed, however often it was in flight', async () => {
    const picture = await jpeg({ width: 64, height: 48 });
    const node = await Up.start();
    for (let i = 0; i < 2; i++) {
      await fetch(`${node.url}/v1/debug/faults`, { method: 'POST', body: JSON.stringify({ fault: 'hang' }) });
      const answer = node.post('cam', picture);
      await eventually(() => expect(node.inFlight).toBe(1));
      const pid = node.pid;
      process.kill(pid, 'SIGKILL');
      expect((await answer).status).toBe(0);
      await node.backAfter(pid);
    }
    expect(await node.getJson('/v1/quarantine')).toEqual({ frames: [], cameras: [], rejected: 0 });
    expect((await node.post('cam', picture)).status).toBe(200);
  });
});
