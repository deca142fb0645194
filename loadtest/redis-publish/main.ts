import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { type Alert, alertId, SEVERITIES } from '../../core/alert.ts';
import { systemClock } from '../../core/clock.ts';
import { type CameraId, epoch, nodeId, shardId } from '../../core/ids.ts';
import { publishArguments, redisSink } from '../../src/adapters/alerts/redis-sink.ts';
import { openRedis } from '../../src/adapters/redis/open-redis.ts';

/**
 * What publishing an alert costs beside a bare PING, one after the other on the same connection to a redis-server of its
 * own (appendonly, fsync each second, subscribers listening): `node dist/loadtest/redis-publish/main.js`.
 *
 * An alert is one call of the script: fence, XADD, three PUBLISH. `publish` is the call, from the client and back, as PING
 * is; `publish, event made` is all that the sink does, with the CloudEvent and its JSON.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5000' },
    subscribers: { type: 'string', default: '3' },
  },
});
const ROUNDS = Number(values.rounds);
const SUBSCRIBERS = Number(values.subscribers);
const WARM_UP_ROUNDS = 500;
/** p95 of publishing may be this many times that of PING. */
const FACTOR_MAX = 2;

const port = await freePort();
const dir = await mkdtemp(join(tmpdir(), 'camshard-redis-publish-'));
const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes'];
const server = spawn('redis-server', args, { stdio: 'ignore' });
await listening();
const url = `redis://127.0.0.1:${port}`;
const log = pino({ level: 'silent' });
const config = { url, cluster: false, connectTimeoutMs: 2_000, commandTimeoutMs: 2_000, streamLengthMax: 100_000 };
const redis = openRedis({ config, name: 'bench', clock: systemClock, log });
// In processes of their own, as subscribers are: hearing is not to be paid by whoever publishes.
const subscribers = Array.from({ length: SUBSCRIBERS }, () =>
  spawn('redis-cli', ['-p', `${port}`, 'SUBSCRIBE', 'camshard:bench:alerts'], { stdio: 'ignore' }),
);
try {
  await ready();
  const sink = redisSink({ redis, cluster: 'bench', streamLengthMax: config.streamLengthMax });
  const open = new AbortController();
  const pings: number[] = [];
  const publishes: number[] = [];
  const deliveries: number[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const pingMs = await timed(() => redis.client.ping());
    const made = publishArguments('bench', config.streamLengthMax, [{ position: round, alert: alert(round) }]);
    const publishMs = await timed(() => redis.client.camshardPublishAlerts(...made));
    const offered = [{ position: round, alert: alert(round) }];
    const deliverMs = await timed(async () => {
      const { fault } = await sink.deliver(offered, open.signal);
      if (fault !== undefined) throw fault.error;
    });
    if (round < WARM_UP_ROUNDS) continue;
    pings.push(pingMs);
    publishes.push(publishMs);
    deliveries.push(deliverMs);
  }
  const factor = quantile(publishes, 0.95) / quantile(pings, 0.95);
  console.log(`${ROUNDS} rounds, ${SUBSCRIBERS} subscribers`);
  console.log('| command | p50 ms | p95 ms | p99 ms |\n|---|---|---|---|');
  for (const [name, ms] of [
    ['PING', pings],
    ['publish', publishes],
    ['publish, event made', deliveries],
  ] as const) {
    console.log(`| ${name} | ${[0.5, 0.95, 0.99].map((q) => quantile(ms, q).toFixed(3)).join(' | ')} |`);
  }
  console.log(
    `publish p95 / PING p95 = ${factor.toFixed(2)} (at most ${FACTOR_MAX}): ${factor <= FACTOR_MAX ? 'ok' : 'MISSED'}`,
  );
  process.exitCode = factor <= FACTOR_MAX ? 0 : 1;
} finally {
  for (const subscriber of subscribers) subscriber.kill();
  await redis.close();
  const closed = once(server, 'close');
  server.kill('SIGKILL');
  await closed;
  await rm(dir, { recursive: true, force: true });
}

/** Resolves once the server accepts connections. */
async function listening(): Promise<void> {
  for (;;) {
    const accepts = await new Promise<boolean>((resolve) => {
      const socket = dial(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
    if (accepts) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Resolves once the client is connected and every subscriber subscribed. */
async function ready(): Promise<void> {
  for (;;) {
    if (redis.stats.ready) {
      const [, count] = (await redis.client.pubsub('NUMSUB', 'camshard:bench:alerts')) as [string, number];
      if (Number(count) === SUBSCRIBERS) return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function alert(n: number): Alert {
  const camera = `cam-${n % 100}` as CameraId;
  const id = alertId(camera, 'queue', n);
  const severity = SEVERITIES[n % SEVERITIES.length] ?? 'info';
  return {
    ...{ id, cluster: 'bench', node: nodeId('n1'), camera, shard: shardId(n % 256), epoch: epoch(1) },
    ...{
      rule: 'queue',
      opening: n,
      state: 'opened',
      severity,
      atMs: 1_700_000_000_000 + n,
      openedAtMs: 1_700_000_000_000,
    },
    ...{
      dedupeKey: 'queue',
      title: 'Queue',
      message: 'queue of 12 vehicles at "gate", more than 10',
      value: 12,
      threshold: 10,
    },
    ...{ data: { zone: 'gate' }, snapshot: true, snapshotPath: `/v1/alerts/${id}/snapshot` },
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const fromMs = performance.now();
  await work();
  return performance.now() - fromMs;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
