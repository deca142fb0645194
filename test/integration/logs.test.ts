import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCamera } from '../support/camera.ts';
import { corruptJpeg, jpeg } from '../support/pictures.ts';
import { until } from '../support/until.ts';
import { camshard, cliScript, Running } from './fixtures/processes.ts';

const TOKEN = 'the-token-of-this-plant';
const WRONG = 'a-token-somebody-guessed';
const REDIS_PASSWORD = 'pa55word-of-redis';
const WEBHOOK_PATH = 'services/T0B0/of-the-hook';
const WEBHOOK_SECRET = 'whsec-of-the-webhook';

const OFFLINE_AFTER_1_S =
  'health: { offlineAfterS: 1, badAfterS: 0 }\n' +
  'rules: [{ id: camera, kind: health, cooldownS: 0, clearAfterS: 0, coverageMin: null, snapshot: false }]\n';

interface Line {
  readonly level: number;
  readonly time: number;
  readonly node: string;
  readonly msg: string;
  readonly process?: string;
  readonly suppressed?: number;
  readonly err?: { readonly message: string };
}

/** Everything is away that can be, and whoever can misbehaves: what does a collector get to read? */
describe('what a node under abuse writes to stderr', () => {
  let dir = '';
  let up: Running;
  let url = '';
  let picture: Buffer;
  let lines: readonly string[] = [];

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'camshard-logs-'));
    picture = await jpeg({ width: 160, height: 120, noise: true });
    const config = {
      node: { id: 'edge-1', dataDir: join(dir, 'data') },
      server: { port: 0 },
      auth: { token: TOKEN },
      devices: [{ kind: 'simulated', baseMs: 1, perFrameMs: 0.2, noise: 0, decode: true }],
      cluster: { virtualNodes: 8 },
      history: { enabled: false },
      // Nobody listens there.
      redis: { url: `redis://cam:${REDIS_PASSWORD}@127.0.0.1:1` },
      alerts: { webhooks: [{ name: 'team', url: `http://127.0.0.1:1/${WEBHOOK_PATH}`, secret: WEBHOOK_SECRET }] },
      telemetry: {
        traces: { enabled: true, otlpUrl: 'http://u:p4ss@127.0.0.1:1/v1/traces', sampleRatio: 1, exportEveryMs: 100 },
      },
      debug: { faultHooks: true },
    };
    writeFileSync(join(dir, 'node.yaml'), JSON.stringify(config));
    up = new Running(cliScript, ['up', '--no-demo', '--config', join(dir, 'node.yaml')]);
    url = await until('the node to be ready', () => /http:\/\/[\d.:]+/.exec(up.stdout)?.[0], 40_000);
    await crash();
    await abuse();
    up.child.kill('SIGTERM');
    await until('its end', () => up.child.exitCode !== null, 20_000);
    lines = up.stderr.split('\n').filter((line) => line !== '');
  });
  afterAll(async () => {
    await up?.end();
    rmSync(dir, { recursive: true, force: true });
  });

  const auth = { authorization: `Bearer ${TOKEN}` };

  async function abuse(): Promise<void> {
    const wsUrl = url.replace('http', 'ws');
    const corrupt = await corruptJpeg();
    const cameras = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        TestCamera.welcomed({ wsUrl }, `rude-${i}`, { query: `access_token=${TOKEN}` }),
      ),
    );
    for (let round = 0; round < 20; round++) {
      for (const camera of cameras) {
        camera.send(Buffer.from('no picture'));
        camera.send(corrupt);
        camera.send(picture.subarray(0, 300));
        camera.text('{"type":"hello","schemaVersion":99}');
        camera.send(picture);
      }
    }
    for (let i = 0; i < 30; i++) {
      await TestCamera.connect({ wsUrl }, 'guest', { query: `access_token=${WRONG}` }).catch(() => {});
      await fetch(`${url}/v1/cameras?access_token=${WRONG}`, { headers: { authorization: `Bearer ${WRONG}` } });
      const headers = { ...auth, 'content-type': 'image/jpeg' };
      await fetch(`${url}/v1/cameras/post/frames`, { method: 'POST', headers, body: corrupt });
    }
    // Alerts that nobody takes.
    for (let i = 0; i < 5; i++) {
      const headers = { ...auth, 'content-type': 'application/yaml' };
      const set = await fetch(`${url}/v1/cameras/missed-${i}/settings`, {
        method: 'PUT',
        headers,
        body: OFFLINE_AFTER_1_S,
      });
      expect(set.status).toBe(200);
    }
    for (let i = 0; i < 12; i++) {
      await fetch(`${url}/v1/debug/faults`, {
        method: 'POST',
        headers: auth,
        body: JSON.stringify({ fault: 'throw' }),
      });
      await fetch(`${url}/v1/cameras/post/frames`, {
        method: 'POST',
        headers: { ...auth, 'content-type': 'image/jpeg' },
        body: picture,
      });
    }
    await until('a line about alerts', () => up.stderr.includes('alerts are not taken'), 30_000);
    await until('a line about traces', () => up.stderr.includes('traces cannot be exported'), 30_000);
    await Promise.all(cameras.map((camera) => camera.close()));
  }

  /** The node is killed: its parent says so, and that it is back. */
  async function crash(): Promise<void> {
    process.kill(nodePid(), 'SIGKILL');
    await until('the node to be back', () => up.stderr.includes('serves again'), 40_000);
  }

  function nodePid(): number {
    const found = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .find((pid) => {
        try {
          const ppid = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
          return Number(ppid) === up.child.pid;
        } catch {
          return false;
        }
      });
    return Number(found);
  }

  const records = (): Line[] => lines.map((line) => JSON.parse(line) as Line);

  it('is one JSON object a line, with time, level, node and message, the parent’s lines included', () => {
    for (const record of records()) {
      expect(record).toMatchObject({
        level: expect.any(Number),
        time: expect.any(Number),
        node: 'edge-1',
        msg: expect.stringMatching(/./),
      });
    }
    expect(
      records()
        .filter(({ process: by }) => by === 'parent')
        .map(({ msg }) => msg),
    ).toEqual([expect.stringMatching(/SIGKILL.*starting it again/), expect.stringMatching(/serves again at http/)]);
  });

  it('says what was wrong', () => {
    const text = lines.join('\n');
    for (const what of [
      'redis cannot be reached',
      'traces cannot be exported',
      '"event":"device_failed"',
      'alerts are not taken',
      'listening',
      'ledger closed',
    ]) {
      expect(text).toContain(what);
    }
  });

  it('tells how much more there was where it stopped saying so', () => {
    const suppressed = records().filter((record) => record.suppressed !== undefined);
    expect(suppressed).toContainEqual(
      expect.objectContaining({ level: 40, of: 'device_failed (device_failed)', suppressed: expect.any(Number) }),
    );
  });

  it('holds no secret, neither ours nor one that somebody tried', () => {
    const text = lines.join('\n');
    for (const secret of [
      TOKEN,
      WRONG,
      REDIS_PASSWORD,
      WEBHOOK_PATH,
      WEBHOOK_SECRET,
      'p4ss',
      'access_token=the',
      'Bearer the',
    ]) {
      expect(text).not.toContain(secret);
    }
  });

  it('holds nothing of a picture', () => {
    const text = lines.join('\n');
    // Each line is short, and in none is a piece of a frame in any of the ways in which bytes become text.
    for (const line of lines) expect(line.length).toBeLessThan(8_000);
    for (let at = 0; at + 48 <= picture.byteLength; at += 48) {
      const piece = picture.subarray(at, at + 48);
      expect(text).not.toContain(piece.toString('base64'));
      expect(text).not.toContain(piece.toString('hex'));
    }
    expect(text).not.toMatch(/[A-Za-z0-9+/]{160}/);
    expect(text).not.toContain('"type":"Buffer"');
  });

  it('is few lines, however much there was to complain about', () => {
    // Over 600 bad messages, 60 wrong tokens and a Redis, a webhook and a collector that are tried again and again.
    expect(lines.length).toBeLessThan(150);
    const times = new Map<string, number>();
    for (const { msg } of records()) times.set(msg, (times.get(msg) ?? 0) + 1);
    for (const [msg, count] of times) expect(count, msg).toBeLessThanOrEqual(45);
  });

  it('can be read by people: camshard logs', async () => {
    const file = join(dir, 'node.log');
    writeFileSync(file, up.stderr);
    const all = await camshard(['logs', file]);
    expect(all.code).toBe(0);
    expect(all.stdout).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: edge-1: listening/m);
    expect(all.stdout).toMatch(/^\[.*\] WARN: edge-1 parent: the node ended/m);
    expect(all.stdout).not.toContain(String.fromCharCode(27));
    const grave = await camshard(['logs', file, '--level', 'warn', '--json']);
    const levels = grave.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as Line).level);
    expect(Math.min(...levels)).toBe(40);
    expect(levels.length).toBe(records().filter(({ level }) => level >= 40).length);
  });
});
