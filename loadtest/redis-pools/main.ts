import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Cluster, Redis, type Result } from 'ioredis';
import { pino } from 'pino';
import { systemClock } from '../../core/clock.ts';
import { type CameraId, nodeId, shardId } from '../../core/ids.ts';
import { SAVE_CAMERAS, SAVE_LEDGERS, shardKeys } from '../../src/adapters/redis/checkpoint-scripts.ts';
import { type OpenRedis, openRedis } from '../../src/adapters/redis/open-redis.ts';
import { RedisCheckpointStore } from '../../src/adapters/redis/redis-checkpoint-store.ts';
import type { LedgerCheckpoint } from '../../src/checkpoints/port.ts';
import { RedisCluster } from '../../test/support/redis-cluster.ts';
import { RedisServer } from '../../test/support/redis-server.ts';
import { until } from '../../test/support/until.ts';
import { factsLine, machineFacts, markdownTable, writeReport } from '../lib/report.ts';
import { PACKAGE_DIR } from '../lib/servers.ts';
import { median, percentileOf } from '../lib/statistics.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    benchLedger(...keysAndArguments: string[]): Result<number, Context>;
    benchCheckpoint(...keysAndArguments: string[]): Result<number, Context>;
  }
}

/**
 * Whether a thousand operations at once exhaust a node's Redis client, and what they take beside a bare PING in the same
 * run: `node dist/loadtest/redis-pools/main.js`.
 *
 * Each kind of operation is done by so many callers at once, each of which begins its next one when the last has been
 * answered; kinds take turns, so that a busy machine is busy for all of them. A bare PING is `client.ping()` on a client
 * of ioredis with nothing of ours around it.
 */
const { values } = parseArgs({
  options: {
    callers: { type: 'string', default: '1000' },
    operations: { type: 'string', default: '10' },
    repeats: { type: 'string', default: '7' },
    out: { type: 'string', default: join(PACKAGE_DIR, 'loadtest', 'results') },
  },
});
const CALLERS = Number(values.callers);
const OPERATIONS = Number(values.operations);
const REPEATS = Number(values.repeats);
/** p95 of an operation may be this many times that of a bare PING. */
const FACTOR_MAX = 2;
const SHARDS = 256;

interface Kind {
  readonly name: string;
  /** What it is compared with: the same without anything of ours around it. */
  readonly bare: string;
  readonly run: (caller: number, round: number) => Promise<unknown>;
}

interface Measured {
  readonly kind: string;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly perSecond: number;
  readonly errors: number;
  readonly bare: string;
  /** p95 over that of the bare PING, and of the same command done bare; of the same repeat. */
  readonly overPing: number;
  readonly overBare: number;
}

const facts = machineFacts(new Date(systemClock.wallMs()), PACKAGE_DIR);
const standalone = await onServer(await startStandalone(), false);
const cluster = await onServer(await RedisCluster.start(), true);

const head = ['operation', 'p50 ms', 'p95 ms', 'p99 ms', 'per second', 'p95 / bare PING', 'p95 / same, bare', 'errors'];
const rows = (all: readonly Measured[]): string =>
  markdownTable(
    head,
    all.map(({ kind, p50, p95, p99, perSecond, overPing, overBare, errors }) => [
      kind,
      ...[p50, p95, p99].map((ms) => ms.toFixed(2)),
      String(Math.round(perSecond)),
      `${overPing.toFixed(2)}x`,
      `${overBare.toFixed(2)}x`,
      String(errors),
    ]),
  );
const all = [...standalone, ...cluster];
const errors = all.reduce((sum, each) => sum + each.errors, 0);
const ours = all.filter(({ kind, bare }) => kind !== bare);
const worst = Math.max(...ours.map(({ overBare }) => overBare));
const worstCommand = Math.max(...ours.filter(({ kind }) => !kind.startsWith('script')).map(({ overPing }) => overPing));
const worstScript = Math.max(...all.map(({ overPing }) => overPing));
const met = (ok: boolean): string => (ok ? 'met' : '**not met**');
const markdown = `# A thousand Redis operations at once

${factsLine(facts)}

${CALLERS} callers at once, ${OPERATIONS} operations each, kinds by turns, medians of ${REPEATS} repeats; redis-server 7 on the same machine as the client, appendonly, fsync each second. What is \`ours\` goes through the client's breaker, bound and counters. HSET writes 200 B; \`script, ledger\` saves one camera's account, \`script, checkpoint\` one camera's state of 700 B, both by shard over ${SHARDS} shards.

## One server

${rows(standalone)}

## Redis Cluster of six

${rows(cluster)}

## What it must show

- ${met(errors === 0)}: no operation fails (${errors} of ${all.length * CALLERS * OPERATIONS * REPEATS})
- ${met(worstCommand <= FACTOR_MAX)}: p95 of a command through our client is at most ${FACTOR_MAX}x that of a bare PING in the same run (worst ${worstCommand.toFixed(2)}x)
- ${met(worstScript <= FACTOR_MAX)}: so is that of our scripts (worst ${worstScript.toFixed(2)}x); they are more work for the server, which is what everybody waits for at this load
- ${met(worst <= FACTOR_MAX)}: what our client adds is at most ${FACTOR_MAX}x of the same done bare (worst ${worst.toFixed(2)}x)
`;
console.log(markdown);
writeReport(values.out, 'redis-pools', facts, markdown, { standalone, cluster });
process.exitCode = errors === 0 && Math.max(worst, worstCommand) <= FACTOR_MAX ? 0 : 1;

async function startStandalone(): Promise<RedisServer> {
  const server = await RedisServer.start();
  await server.cli('CONFIG', 'SET', 'appendfsync', 'everysec');
  return server;
}

async function onServer(server: RedisServer | RedisCluster, cluster: boolean): Promise<readonly Measured[]> {
  const { url } = server;
  const config = { url, cluster, connectTimeoutMs: 2_000, commandTimeoutMs: 2_000, streamLengthMax: 1_000 };
  const redis = openRedis({ config, name: 'bench', clock: systemClock, log: pino({ level: 'silent' }) });
  const bare = cluster ? new Cluster([url]) : new Redis(url);
  try {
    await until('clients', () => redis.client.status === 'ready' && bare.status === 'ready');
    return await measure(kindsOf(redis, bare));
  } finally {
    bare.disconnect();
    await redis.close();
    await server.close();
  }
}

function kindsOf(redis: OpenRedis, bare: Redis | Cluster): readonly Kind[] {
  const checkpoints = new RedisCheckpointStore({ redis, cluster: 'bench' });
  const node = nodeId('n1');
  const state = JSON.stringify({ tracks: Array.from({ length: 60 }, (_, i) => [i, i * 1.5]) });
  const { client, calls } = redis;
  bare.defineCommand('benchLedger', { numberOfKeys: 1, lua: SAVE_LEDGERS });
  bare.defineCommand('benchCheckpoint', { numberOfKeys: 2, lua: SAVE_CAMERAS });
  const value = 'x'.repeat(200);
  const key = (caller: number): string => `${shardKeys('bench', caller % SHARDS)}hash`;
  const checkpointOf = (caller: number) => {
    const camera = `cam-${caller}` as CameraId;
    return { camera, savedAt: 1_700_000_000_000, state, openings: {}, undelivered: [] };
  };
  let seq = 0;
  return [
    { name: 'PING, bare', bare: 'PING, bare', run: () => bare.ping() },
    { name: 'PING, ours', bare: 'PING, bare', run: () => calls.run(() => client.ping()) },
    { name: 'HSET, bare', bare: 'HSET, bare', run: (caller) => bare.hset(key(caller), String(caller), value) },
    {
      name: 'HSET, ours',
      bare: 'HSET, bare',
      run: (caller) => calls.run(() => client.hset(key(caller), String(caller), value)),
    },
    {
      name: 'script, ledger, bare',
      bare: 'script, ledger, bare',
      run: (caller, round) => {
        const ledgers = `${shardKeys('bench', caller % SHARDS)}bare`;
        const json = JSON.stringify(ledgerOf(caller, round));
        return bare.benchLedger(ledgers, String(seq++), '600', `cam-${caller}`, json);
      },
    },
    {
      name: 'script, ledger, ours',
      bare: 'script, ledger, bare',
      run: (caller, round) => checkpoints.saveLedgers(node, [ledgerOf(caller, round)]),
    },
    {
      name: 'script, checkpoint, bare',
      bare: 'script, checkpoint, bare',
      run: (caller) => {
        const prefix = `${shardKeys('bench', 2_000 + caller)}`;
        const json = JSON.stringify(checkpointOf(caller));
        return bare.benchCheckpoint(`${prefix}fence`, `${prefix}cameras`, '1', String(seq++), `cam-${caller}`, json);
      },
    },
    {
      name: 'script, checkpoint, ours',
      bare: 'script, checkpoint, bare',
      // A caller has a shard of its own: of one shard there is one save at a time.
      run: (caller) => checkpoints.saveCameras(shardId(caller), 1, [checkpointOf(caller)]),
    },
  ];
}

function ledgerOf(caller: number, round: number): LedgerCheckpoint {
  const counts = { received: round, inferred: round, gated: 0, shed: {}, rejected: {}, lost: {}, inFlight: 0 };
  return { camera: `cam-${caller}` as CameraId, shard: shardId(caller % SHARDS), ledger: counts, lastSeq: round };
}

async function measure(kinds: readonly Kind[]): Promise<readonly Measured[]> {
  for (const kind of kinds) await burst(kind); // warm: connections, scripts, code
  const bursts = new Map(kinds.map(({ name }) => [name, [] as Awaited<ReturnType<typeof burst>>[]]));
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    for (const kind of kinds) bursts.get(kind.name)?.push(await burst(kind));
  }
  const ratio = (name: string, of: string): number =>
    median((bursts.get(name) ?? []).map(({ p95 }, i) => p95 / (bursts.get(of)?.[i]?.p95 ?? Number.NaN)));
  return kinds.map(({ name, bare }) => {
    const all = bursts.get(name) ?? [];
    return {
      kind: name,
      bare,
      p50: median(all.map(({ p50 }) => p50)),
      p95: median(all.map(({ p95 }) => p95)),
      p99: median(all.map(({ p99 }) => p99)),
      perSecond: median(all.map(({ perSecond }) => perSecond)),
      errors: all.reduce((sum, { errors }) => sum + errors, 0),
      overPing: ratio(name, kinds[0]?.name ?? ''),
      overBare: ratio(name, bare),
    };
  });
}

async function burst({ run }: Kind) {
  const ms: number[] = [];
  let errors = 0;
  const fromMs = systemClock.nowMs();
  await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      for (let round = 0; round < OPERATIONS; round++) {
        const startedMs = systemClock.nowMs();
        try {
          await run(caller, round);
        } catch (error) {
          if (errors++ === 0) console.error(error);
        }
        ms.push(systemClock.nowMs() - startedMs);
      }
    }),
  );
  const seconds = (systemClock.nowMs() - fromMs) / 1_000;
  const at = (share: number): number => percentileOf(ms, share) ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), perSecond: ms.length / seconds, errors };
}
