import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlertCloudEvent } from '../../src/alerts/cloud-event.ts';
import { RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const COMPILED = new URL('../../dist/', import.meta.url).href;
/** Raises alerts as a rule does, one opening after the other, and says which are kept; the built code, in a process. */
const RAISE_FOR_EVER = `
  const { openAlerts } = await import('${COMPILED}src/alerts/open-alerts.js');
  const { nodeConfigSchema } = await import('${COMPILED}config/schema.js');
  const { systemClock } = await import('${COMPILED}core/clock.js');
  const config = nodeConfigSchema.parse({
    node: { id: 'n1', dataDir: process.env.DIR }, cluster: { name: 'test' },
    alerts: { outboxBytesMax: 262144 }, redis: { url: process.env.URL },
  });
  const quiet = () => {};
  const alerts = await openAlerts({
    config, clock: systemClock, log: { info: quiet, warn: quiet, error: quiet },
    emit: quiet, live: { publish: quiet }, audit: quiet,
  });
  let opening = alerts.desk.openings('cam').get('queue') ?? 0;
  process.send({ first: opening + 1 });
  setInterval(() => {
    opening++;
    alerts.desk.raise({ camera: 'cam', shard: 1, epoch: 1 }, {
      rule: 'queue', opening, state: 'opened', severity: 'info', atMs: 1, openedAtMs: 1, dedupeKey: 'queue',
      title: 'Queue', message: 'long', value: null, threshold: null, data: {}, snapshot: false,
    });
    process.send({ kept: alerts.status().outbox.appended, through: alerts.status().sinks.every((s) => s.behind === 0) });
  }, 1);
`;

let dir: string;
let redis: RedisServer;
const children: ChildProcess[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-alerts-kill-'));
  redis = await RedisServer.start();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await redis.close();
  await rm(dir, { recursive: true, force: true });
});

/** Lets a process raise alerts until `enough` are kept, and `through` to Redis where asked, and kills it. @returns its first opening and how many were kept */
async function raiseAndKill(
  enough: number,
  through = false,
): Promise<{ readonly first: number; readonly kept: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', RAISE_FOR_EVER], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, DIR: dir, URL: redis.url },
  });
  children.push(child);
  let first = 0;
  let kept = 0;
  let allThrough = false;
  child.on('message', (message: { readonly first?: number; readonly kept?: number; readonly through?: boolean }) => {
    first = message.first ?? first;
    kept = message.kept ?? kept;
    allThrough ||= message.through === true && kept >= enough;
  });
  await until('enough are kept', () => kept >= enough && (allThrough || !through), 30_000);
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
  return { first, kept };
}

describe('a node that is killed in the middle of raising alerts', () => {
  it('never gives out an opening twice and delivers all it kept, over several kills', async () => {
    let known = 0;
    for (let life = 0; life < 3; life++) {
      const { first, kept } = await raiseAndKill(150);
      expect(first).toBeGreaterThan(known);
      known = first + kept - 1;
    }
    const { first } = await raiseAndKill(1, true);
    expect(first).toBeGreaterThan(known);
    const lines = (await redis.cli('XRANGE', 'camshard:{test:alerts}:log', '-', '+')).split('\n');
    const openings = lines.flatMap((line, i) =>
      lines[i - 1] === 'event' ? [(JSON.parse(line) as AlertCloudEvent).data.opening] : [],
    );
    const delivered = [...new Set(openings)];
    // The last life was killed on its way; the lives before it have left nothing behind.
    expect(delivered.filter((opening) => opening < first)).toEqual(Array.from({ length: first - 1 }, (_, i) => i + 1));
  });
});
