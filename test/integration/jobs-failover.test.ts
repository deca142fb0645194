import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { nodeId, shardId } from '../../core/ids.ts';
import { BullmqJobQueue } from '../../src/adapters/bullmq/bullmq-job-queue.ts';
import { JobWorker } from '../../src/adapters/bullmq/job-worker.ts';
import type { JobProcessors, JobQueue, RoundStatus } from '../../src/jobs/port.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisServer } from '../support/redis-server.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const log = pino({ level: 'silent' });
const clock = systemClock;
/** What another node needs at most to begin a dead node's jobs: lock 5 s + two looks, 2 s each; and some for the machine. */
const TAKEN_OVER_MS_MAX = 10_000;

const open = (node: string, url: string, cluster: boolean): BullmqJobQueue =>
  new BullmqJobQueue({
    config: { url, cluster, connectTimeoutMs: 2_000, commandTimeoutMs: 2_000, streamLengthMax: 100 },
    cluster: 'c',
    node,
    clock,
    log,
    movesAtOnce: 3,
  });

const roundOf = (id: string, moves: number) => ({
  id,
  why: 'a node joined',
  who: 'coordinator',
  moves: Array.from({ length: moves }, (_, i) => ({
    shard: shardId(i),
    from: nodeId('a'),
    to: nodeId('b'),
    why: 'balance',
  })),
});

const over = (queue: JobQueue, id: string, timeoutMs = 60_000): Promise<RoundStatus> =>
  until(
    `round ${id} to be over`,
    async () => {
      const status = (await queue.rounds(10).catch(() => [])).find((round) => round.id === id);
      return status !== undefined && status.state !== 'waiting' && status.state !== 'active' ? status : undefined;
    },
    timeoutMs,
  );

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('jobs, when what they are kept in or worked on by fails', () => {
  const cleanups: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
    cleanups.length = 0;
  });

  it('sees a round of 30 moves through the death of the Redis master that holds it', async () => {
    const servers = await RedisCluster.start();
    cleanups.push(() => servers.close());
    const nodes = ['n1', 'n2'].map((node) => open(node, servers.allUrls, true));
    cleanups.push(...nodes.map((node) => () => node.close()));
    const [queue] = nodes;
    if (queue === undefined) throw new Error('no queue');
    // A processor is idempotent: called again it finds the shard where it belongs.
    const calls = new Map<number, number>();
    const processors: JobProcessors = {
      move: async ({ shard }, { progress }) => {
        calls.set(shard, (calls.get(shard) ?? 0) + 1);
        progress('begun');
        await pause(300);
        progress('started');
      },
      relieve: async () => {},
    };
    for (const node of nodes) node.work(processors);
    await queue.submitRound(roundOf('r', 30));
    await until('the first moves to be done', async () => calls.size >= 8);
    const master = await servers.masterOf('{c:jobs}');
    const killedMs = performance.now();
    await master.kill();
    await servers.otherMasterOf('{c:jobs}', master);
    const electedMs = performance.now() - killedMs;
    const status = await over(queue, 'r');
    console.log(
      `master killed: another one after ${electedMs.toFixed(0)} ms, round over after ${(performance.now() - killedMs).toFixed(0)} ms,` +
        ` moves begun more than once: ${[...calls.values()].filter((n) => n > 1).length}`,
    );
    expect(status.state).toBe('completed');
    expect(status.moves.map(({ state }) => state)).toEqual(new Array(30).fill('completed'));
    expect(calls.size).toBe(30);
    // And it goes on afterwards.
    await queue.submitRound(roundOf('after', 10));
    expect((await over(queue, 'after')).state).toBe('completed');
  });

  it('has another node take over the moves of one that died', async () => {
    const server = await RedisServer.start();
    cleanups.push(() => server.close());
    const dying = open('dying', server.url, false);
    const living = open('living', server.url, false);
    cleanups.push(() => living.close());
    const begun: number[] = [];
    dying.work({
      move: ({ shard }) => {
        begun.push(shard);
        return new Promise(() => {});
      },
      relieve: async () => {},
    });
    await dying.submitRound(roundOf('r', 3));
    await until('all three to be begun', () => begun.length === 3);
    const diedMs = performance.now();
    await dying.close();
    const takenOverMs: number[] = [];
    living.work({
      move: async () => {
        takenOverMs.push(performance.now() - diedMs);
      },
      relieve: async () => {},
    });
    expect((await over(living, 'r')).state).toBe('completed');
    console.log(`moves of a dead node begun by another after ${takenOverMs.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    expect(Math.max(...takenOverMs)).toBeLessThan(TAKEN_OVER_MS_MAX);
  });

  it('goes on by itself after Redis was away for longer than any call of a worker waits', async () => {
    const server = await RedisServer.start();
    cleanups.push(() => server.close());
    const queue = open('n1', server.url, false);
    cleanups.push(() => queue.close());
    let moved = 0;
    queue.work({
      move: async () => {
        moved++;
      },
      relieve: async () => {},
    });
    await queue.submitRound(roundOf('before', 5));
    await over(queue, 'before');
    await server.kill();
    await pause(6_000);
    await server.start();
    await until('a round to be taken', () =>
      queue.submitRound(roundOf('after', 5)).then(
        () => true,
        () => false,
      ),
    );
    expect((await over(queue, 'after')).state).toBe('completed');
    expect(moved).toBe(10);
  });

  it('makes a worker anew that takes no jobs while some wait', async () => {
    const server = await RedisServer.start();
    cleanups.push(() => server.close());
    const silent = await TcpProxy.start(server.port);
    silent.halfOpen();
    cleanups.push(() => silent.close());
    const settings = { host: '127.0.0.1', maxRetriesPerRequest: null };
    const connection = new Redis(server.port, settings);
    const queue = new Queue('q', { connection, prefix: '{c:jobs}' });
    const connectTo = [silent.port, server.port];
    let revived = 0;
    let done = 0;
    const worker = new JobWorker({
      queue,
      prefix: '{c:jobs}',
      name: 'n1',
      concurrency: 2,
      lockMs: 5_000,
      stalledMs: 2_000,
      reviveMs: 1_000,
      clock,
      connect: () => new Redis(connectTo.shift() ?? server.port, settings),
      process: async () => {
        done++;
      },
      onError: () => {},
      onRevived: () => {
        revived++;
      },
    });
    cleanups.push(async () => {
      await worker.close();
      await queue.close();
      connection.disconnect();
    });
    await queue.add('job', {});
    await until('the job to be done', () => done === 1);
    expect(revived).toBe(1);
  });
});
