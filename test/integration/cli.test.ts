import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { encodeWatchedFrame } from '../../core/frame-codec.ts';
import { camshard, cliScript, eventually, Running } from './fixtures/processes.ts';

let dir = '';
let api: Server;
let url = '';
const refuse = false;

const camera = (name: string) => ({
  camera: name,
  shard: 1,
  node: 'n',
  connected: true,
  fpsIn: 10,
  fpsOut: 9.5,
  targetFps: 10,
  priority: 'normal',
  crashes: 0,
  latencyMs: 41.2,
  width: 640,
  height: 352,
  lastFrameAt: 1,
  ledger: { received: 10, inferred: 9, gated: 0, shed: { expired: 1 }, rejected: {}, lost: {}, inFlight: 0 },
});

const overload = {
  node: 'n',
  rung: 1,
  rungs: [
    { kind: 'normal', inputSize: 320 },
    { kind: 'lower_fps', inputSize: 320 },
  ],
  sinceAt: 1,
  why: 'More is asked for than there is.',
  load: {
    ...{ receivedFps: 50, wantedFps: 100, grantedFps: 40, capacityFps: 50 },
    ...{ satisfaction: 0.8, lateShare: 0.1, queueDelayMsMax: 60 },
  },
};
const event = (id: number) => ({
  ...{ id, at: 0, severity: 'warning', kind: 'rung_changed', message: 'Took the rung lower fps.', data: { rung: 1 } },
});
/** More have happened once they are asked for by id. */
const eventsAfter = (after: string | null) =>
  after === null ? { since: 1, events: [event(1)], lastId: 1 } : { since: 1, events: [event(2)], lastId: 2 };

/** As much of a node's API as the client commands use; two pages of cameras. */
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'camshard-cli-'));
  const live = new WebSocketServer({ noServer: true });
  api = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (refuse || request.headers.authorization === 'Bearer wrong') {
      response.statusCode = 401;
      response.end(JSON.stringify({ status: 401, code: 'token_missing', detail: 'this node asks for a token' }));
      return;
    }
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const after = searchParams.get('after');
    const page =
      after === 'gate-1'
        ? { cameras: [camera('gate-2')], next: null }
        : { cameras: [camera('gate-1')], next: 'gate-1' };
    const answer = pathname === '/v1/overload' ? overload : pathname === '/v1/events' ? eventsAfter(after) : page;
    response.end(JSON.stringify(answer));
  });
  api.on('upgrade', (request, socket, head) => {
    live.handleUpgrade(request, socket, head, (ws) => {
      const detections = [{ label: 'car', classId: 2, score: 0.9, box: [0, 0, 0.5, 0.5] }];
      for (let seq = 1; seq <= 3; seq++) {
        const frame = {
          type: 'frame',
          camera: 'gate',
          seq,
          receivedAt: 0,
          latencyMs: 9,
          model: 'm',
          width: 1,
          height: 1,
        };
        ws.send(encodeWatchedFrame({ ...frame, detections }, new Uint8Array([0xff, 0xd8])));
      }
    });
  });
  await new Promise<void>((done) => api.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});

afterAll(async () => {
  api.closeAllConnections();
  await new Promise((done) => api.close(done));
  rmSync(dir, { recursive: true });
});

describe('camshard', () => {
  it('is built as something that can be run', () => {
    expect(statSync(cliScript).mode & 0o111).not.toBe(0);
  });

  it('prints its help and version and ends with 0', async () => {
    const help = await camshard(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['up', 'push', 'cameras', 'models', 'config', 'doctor'])
      expect(help.stdout).toContain(command);
    const version = await camshard(['--version']);
    expect(version.code).toBe(0);
    expect(version.stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('ends with 2 and says what is wrong where the command line is wrong', async () => {
    for (const args of [['nonsense'], ['push', 'gate'], ['up', '--nonsense'], ['up', '--demo', 'many']]) {
      const ended = await camshard(args);
      expect(ended.code, args.join(' ')).toBe(2);
      expect(ended.stderr).toMatch(/error: /);
      expect(ended.stdout).toBe('');
    }
  });
});

describe('camshard config', () => {
  it('checks a file and names what is wrong in it', async () => {
    const file = join(dir, 'node.yaml');
    writeFileSync(file, 'server:\n  port: 70000\n  hots: x\n');
    const bad = await camshard(['config', 'check', '--config', file]);
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain(
      `server.port: 70000 (from ${file}:2) is not allowed; allowed: an integer from 0 to 65535`,
    );
    expect(bad.stderr).toContain(`server.hots (from ${file}:3) is no key: did you mean server.host?`);
    const json = await camshard(['config', 'check', '--config', file, '--json']);
    expect((JSON.parse(json.stderr) as { error: { issues: unknown[] } }).error.issues).toHaveLength(2);
    writeFileSync(file, 'server: {port: 7000}\n');
    expect(await camshard(['config', 'check', '--config', file])).toMatchObject({ code: 0, stderr: '' });
  });

  it('shows what would be used, where it came from, and no secret unless told to', async () => {
    const env = { CAMSHARD_AUTH__TOKEN: 'very-secret-token', CAMSHARD_SERVER__PORT: '7001' };
    const shown = await camshard(['config', 'show', '--json'], env);
    expect(shown.stdout).not.toContain('very-secret-token');
    expect(JSON.parse(shown.stdout)).toMatchObject({
      config: { server: { port: 7001 }, auth: { token: '***' } },
      origins: { 'server.port': 'CAMSHARD_SERVER__PORT' },
    });
    expect((await camshard(['config', 'show'], env)).stdout).toContain('port: 7001 # CAMSHARD_SERVER__PORT');
    expect((await camshard(['config', 'show', '--reveal'], env)).stdout).toContain('very-secret-token');
  });
});

describe('camshard cameras', () => {
  it('lists all pages', async () => {
    const json = await camshard(['cameras', 'ls', '--url', url, '--json']);
    const { cameras } = JSON.parse(json.stdout) as { cameras: { camera: string }[] };
    expect(cameras.map((c) => c.camera)).toEqual(['gate-1', 'gate-2']);
    expect((await camshard(['cameras', 'ls', '--url', url])).stdout).toMatch(/gate-1 .*connected .* 640x352/);
  });

  it('takes node and token from the environment', async () => {
    expect((await camshard(['cameras', 'ls'], { CAMSHARD_URL: url })).code).toBe(0);
    const wrong = await camshard(['cameras', 'ls'], { CAMSHARD_URL: url, CAMSHARD_TOKEN: 'wrong' });
    expect(wrong.code).toBe(4);
    expect(wrong.stderr).toMatch(/this node asks for a token .*401[\s\S]*--token TOKEN or CAMSHARD_TOKEN/);
  });

  it('says where no node answers', async () => {
    const ended = await camshard(['cameras', 'ls', '--url', 'http://127.0.0.1:1']);
    expect(ended.code).toBe(3);
    expect(ended.stderr).toMatch(/cannot reach the node at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/);
    expect((await camshard(['cameras', 'ls', '--url', 'ftp://x'])).code).toBe(2);
  });

  it('prints what a camera detects', async () => {
    const text = await camshard(['cameras', 'watch', 'gate', '--url', url, '--count', '2']);
    expect(text.code).toBe(0);
    expect(text.stdout.trim().split('\n')).toEqual([
      '00:00:00.000  frame 1  9.0 ms  car 0.90 (0.00,0.00,0.50,0.50)',
      '00:00:00.000  frame 2  9.0 ms  car 0.90 (0.00,0.00,0.50,0.50)',
    ]);
    const json = await camshard(['cameras', 'watch', 'gate', '--url', url, '--count', '1', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ camera: 'gate', seq: 1 });
    expect((await camshard(['cameras', 'watch', 'no such id', '--url', url])).code).toBe(2);
  });
});

describe('camshard overload and events', () => {
  it('show the rung a node stands on', async () => {
    const text = await camshard(['overload', 'show', '--url', url]);
    expect(text.code, text.stderr).toBe(0);
    expect(text.stdout).toMatch(
      /^n stands on rung 1 of 1, lower fps[\s\S]*More is asked for than there is\.[\s\S]*> 1/,
    );
    const json = await camshard(['overload', 'show', '--url', url, '--json']);
    expect(JSON.parse(json.stdout)).toEqual(overload);
  });

  it('print what happened, once or as it happens until Ctrl-C', async () => {
    const once = await camshard(['events', '--url', url]);
    expect(once.stdout).toBe('1970-01-01 00:00:00.000Z  warning   rung_changed          Took the rung lower fps.\n');
    const following = new Running(cliScript, ['events', '--follow', '--json', '--url', url]);
    try {
      await eventually(() => expect(following.stdout.split('\n').length).toBeGreaterThan(2));
      following.kill('SIGINT');
      const ended = await following.ended;
      expect(ended.code).toBe(0);
      const ids = ended.stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: number }).id);
      expect(ids.slice(0, 2)).toEqual([1, 2]);
    } finally {
      await following.end();
    }
  });

  it('end with 3 where no node answers', async () => {
    for (const command of [
      ['overload', 'show'],
      ['overload', 'show', '--follow'],
      ['events'],
      ['events', '--follow'],
    ]) {
      const ended = await camshard([...command, '--url', 'http://127.0.0.1:1']);
      expect([...command, ended.code]).toEqual([...command, 3]);
    }
  });
});

describe('camshard doctor', () => {
  it('checks everything a node needs, in JSON where asked', async () => {
    const ended = await camshard(['doctor', '--json', '--data', join(dir, 'data'), '--port', '0']);
    const report = JSON.parse(ended.stdout) as { ok: boolean; checks: { check: string; status: string }[] };
    expect(report.ok).toBe(true);
    expect(ended.code).toBe(0);
    const names = ['node', 'cpu', 'memory', 'config', 'gpu', 'provider cpu', 'provider cuda', 'provider webgpu'];
    expect(report.checks.map((c) => c.check)).toEqual([...names, 'device cpu-0', 'model', 'data', 'port', 'ffmpeg']);
    expect(report.checks.find((c) => c.check === 'provider cpu')?.status).toBe('ok');
  });

  it('says of each device what it runs on, with its memory and its graph', async () => {
    const devices = 'devices=[{kind: cuda, fallback: [cpu]}, {kind: cpu}, {kind: simulated}]';
    const ended = await camshard(['doctor', '--data', join(dir, 'data'), '--port', '0', '--set', devices]);
    expect(ended.code).toBe(0);
    // Here with or without a card: either it runs, or the line says what is missing.
    expect(ended.stdout).toMatch(/^(ok|warn) +device cuda-0 +runs on (cuda|cpu, because cuda cannot be used: \S+)/m);
    expect(ended.stdout).toMatch(
      /^ok +device cpu-1 +runs on cpu; memory .* of .* used \(read from (the machine|cgroup v[12])\); graph float32 at 320/m,
    );
    expect(ended.stdout).toMatch(/^ok +device simulated-2 /m);
    expect(ended.stderr).toBe('');
  });

  it('fails where the data folder cannot be written, and warns where the port is taken', async () => {
    const port = new URL(url).port;
    const ended = await camshard(['doctor', '--data', '/proc/camshard', '--port', port]);
    expect(ended.code).toBe(1);
    expect(ended.stdout).toMatch(/^fail {2}data +.*cannot be written/m);
    expect(ended.stdout).toMatch(new RegExp(`^warn {2}port +127\\.0\\.0\\.1:${port} is taken`, 'm'));
    expect(ended.stdout).not.toMatch(/onnxruntime_src/);
  });
});
