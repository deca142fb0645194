import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { nodeId, shardId } from '../../core/ids.ts';
import type { PlannedMove } from '../../shards/allocation.ts';
import { BullmqJobQueue } from '../../src/adapters/bullmq/bullmq-job-queue.ts';
import { LocalJobQueue } from '../../src/jobs/local-job-queue.ts';
import { type JobProcessors, type JobQueue, type RoundStatus, UnrecoverableMove } from '../../src/jobs/port.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const log = pino({ level: 'silent' });
const clock = systemClock;
const retries = { attemptsMax: 3, backoffMs: 20 };
const MOVES_AT_ONCE = 4;

interface Backend {
  /** Queues opened with the same name share their jobs, where the adapter has more than one. */
  readonly open: (name: string) => JobQueue;
  readonly close: () => Promise<void>;
}

const bullmq = (url: string, cluster: boolean) => (name: string) =>
  new BullmqJobQueue({
    config: { url, cluster, connectTimeoutMs: 1_000, commandTimeoutMs: 1_000, streamLengthMax: 100 },
    cluster: name,
    node: 'node-1',
    clock,
    log,
    retries,
    movesAtOnce: MOVES_AT_ONCE,
    reviveMs: 1_000,
  });

const backends: Readonly<Record<string, () => Promise<Backend>>> = {
  'in this process': async () => ({
    open: () => new LocalJobQueue({ clock, log, retries, movesAtOnce: MOVES_AT_ONCE }),
    close: async () => {},
  }),
  'BullMQ on one Redis': async () => {
    const server = await RedisServer.start();
    return { open: bullmq(server.url, false), close: () => server.close() };
  },
  'BullMQ on a Redis Cluster': async () => {
    const servers = await RedisCluster.start();
    return { open: bullmq(servers.allUrls, true), close: () => servers.close() };
  },
};

const moveOf = (shard: number): PlannedMove => ({
  shard: shardId(shard),
  from: nodeId('a'),
  to: nodeId('b'),
  why: 'balance',
});
const roundOf = (id: string, moves: number) => ({
  id,
  why: 'a node joined',
  who: 'coordinator',
  moves: Array.from({ length: moves }, (_, i) => moveOf(i)),
});

const nothing: JobProcessors = { move: async () => {}, relieve: async () => {} };

describe.each(Object.entries(backends))('a job queue %s', (_, start) => {
  let backend: Backend;
  let queue: JobQueue;
  let opened = 0;

  beforeAll(async () => {
    backend = await start();
  });
  afterAll(() => backend.close());
  beforeEach(() => {
    queue = backend.open(`test-${opened++}`);
  });
  afterEach(() => queue.close());

  const round = async (id: string): Promise<RoundStatus | undefined> =>
    (await queue.rounds(10)).find((status) => status.id === id);
  const over = (id: string): Promise<RoundStatus> =>
    until(`round ${id} to be over`, async () => {
      const status = await round(id);
      return status !== undefined && status.state !== 'waiting' && status.state !== 'active' ? status : undefined;
    });

  it('sees all moves of a round through, and says so', async () => {
    const seen: number[] = [];
    queue.work({
      ...nothing,
      move: async (move, { roundId, progress }) => {
        expect(roundId).toBe('7:1');
        seen.push(move.shard);
        progress('begun');
        progress('started');
      },
    });
    await queue.submitRound(roundOf('7:1', 10));
    const status = await over('7:1');
    expect(status).toMatchObject({ id: '7:1', why: 'a node joined', who: 'coordinator', state: 'completed' });
    expect(status.moves).toEqual(
      Array.from({ length: 10 }, (_, shard) => ({
        shard,
        from: 'a',
        to: 'b',
        state: 'completed',
        step: 'started',
        attempts: 1,
        error: null,
      })),
    );
    expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(queue.stats).toMatchObject({ submitted: 10, completed: 10, failed: 0, retried: 0, revived: 0 });
  });

  it('takes the same round twice for one, also when it is over', async () => {
    let moved = 0;
    queue.work({
      ...nothing,
      move: async () => {
        moved++;
      },
    });
    await Promise.all([queue.submitRound(roundOf('r', 5)), queue.submitRound(roundOf('r', 5))]);
    await over('r');
    await queue.submitRound(roundOf('r', 5));
    await queue.submitRound(roundOf('s', 1));
    await over('s');
    expect(moved).toBe(6);
    expect((await queue.rounds(10)).map(({ id }) => id)).toEqual(['s', 'r']);
    expect((await queue.rounds(1)).map(({ id }) => id)).toEqual(['s']);
  });

  it('keeps what was submitted until somebody works', async () => {
    await queue.submitRound(roundOf('r', 3));
    expect(await round('r')).toMatchObject({ state: 'waiting', moves: [{ state: 'waiting', attempts: 0 }, {}, {}] });
    queue.work(nothing);
    await over('r');
  });

  it('works on a bounded number of moves at once', async () => {
    let running = 0;
    let runningMax = 0;
    queue.work({
      ...nothing,
      move: async () => {
        runningMax = Math.max(runningMax, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
      },
    });
    await queue.submitRound(roundOf('r', 20));
    await over('r');
    expect(runningMax).toBe(MOVES_AT_ONCE);
  });

  it('tries a move again that failed, and shows how far it is meanwhile', async () => {
    let calls = 0;
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    queue.work({
      ...nothing,
      move: async (_, { progress }) => {
        progress('begun');
        if (++calls < 3) throw new Error('withdrawn');
        await ended;
      },
    });
    await queue.submitRound(roundOf('r', 1));
    await until('the third attempt', () => calls === 3);
    await until('the step', async () => (await round('r'))?.moves[0]?.step === 'begun');
    expect(await round('r')).toMatchObject({ state: 'active', moves: [{ state: 'active', attempts: 3 }] });
    end();
    expect(await over('r')).toMatchObject({ state: 'completed', moves: [{ state: 'completed', error: null }] });
    expect(queue.stats).toMatchObject({ completed: 1, failed: 0, retried: 2 });
  });

  it('gives a move up after its last attempt, and at once where it makes no sense; the others go on', async () => {
    const calls = [0, 0, 0];
    queue.work({
      ...nothing,
      move: async ({ shard }) => {
        calls[shard] = (calls[shard] ?? 0) + 1;
        if (shard === 0) throw new Error('no way');
        if (shard === 1) throw new UnrecoverableMove('b is dead');
      },
    });
    await queue.submitRound(roundOf('r', 3));
    expect(await over('r')).toMatchObject({
      state: 'failed',
      moves: [
        { state: 'failed', error: 'no way', attempts: 3 },
        { state: 'failed', error: 'b is dead', attempts: 1 },
        { state: 'completed', error: null, attempts: 1 },
      ],
    });
    expect(calls).toEqual([3, 1, 1]);
    expect(queue.stats).toMatchObject({ completed: 1, failed: 2, retried: 2 });
  });

  it('begins a round anew that is submitted again after moves of it failed', async () => {
    let hopeless = true;
    const moved: number[] = [];
    queue.work({
      ...nothing,
      move: async ({ shard }) => {
        if (hopeless && shard === 1) throw new UnrecoverableMove('no coordinator');
        moved.push(shard);
      },
    });
    await queue.submitRound(roundOf('r', 3));
    expect((await over('r')).state).toBe('failed');
    hopeless = false;
    await queue.submitRound(roundOf('r', 3));
    await until('the round to be completed', async () => (await round('r'))?.state === 'completed');
    expect(moved.filter((shard) => shard === 1)).toHaveLength(1);
    expect(await queue.rounds(10)).toHaveLength(1);
  });

  it('takes back what has not begun, and nothing else', async () => {
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const begun: number[] = [];
    queue.work({
      ...nothing,
      move: async ({ shard }) => {
        begun.push(shard);
        await ended;
      },
    });
    await queue.submitRound(roundOf('r', 10));
    await until('the first to be begun', () => begun.length === MOVES_AT_ONCE);
    expect(await queue.cancel('r')).toBe(10 - MOVES_AT_ONCE);
    expect(await queue.cancel('r')).toBe(0);
    end();
    const status = await over('r');
    expect(status.state).toBe('cancelled');
    for (const { shard, state } of status.moves) expect(state).toBe(begun.includes(shard) ? 'completed' : 'cancelled');
    expect(begun).toHaveLength(MOVES_AT_ONCE);
    expect(await queue.cancel('r')).toBe(0);
    expect(await queue.cancel('nobody')).toBe(0);
  });

  it('ends a round of which everything was taken back, and one without moves', async () => {
    await queue.submitRound(roundOf('r', 4));
    await queue.submitRound(roundOf('empty', 0));
    expect(await queue.cancel('r')).toBe(4);
    queue.work(nothing);
    expect((await over('r')).state).toBe('cancelled');
    expect(await over('empty')).toMatchObject({ state: 'completed', moves: [] });
  });

  it('relieves a node once at a time, and again once that is over', async () => {
    const relieved: string[] = [];
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    queue.work({
      ...nothing,
      relieve: async ({ node, why }) => {
        relieved.push(`${node}: ${why}`);
        await ended;
      },
    });
    await queue.submitRelief({ node: 'a', why: 'breaker' });
    await queue.submitRelief({ node: 'a', why: 'rung' });
    await queue.submitRelief({ node: 'b', why: 'rung' });
    await until('both', () => relieved.length === 2);
    expect(relieved.sort()).toEqual(['a: breaker', 'b: rung']);
    end();
    await until('a third', async () => {
      await queue.submitRelief({ node: 'a', why: 'again' });
      return relieved.length === 3;
    });
    expect(relieved.at(-1)).toBe('a: again');
    expect(await queue.rounds(10)).toEqual([]);
  });

  it('is closed within a second, with a move under way', async () => {
    let begun = false;
    queue.work({
      ...nothing,
      move: () => {
        begun = true;
        return new Promise(() => {});
      },
    });
    await queue.submitRound(roundOf('r', 1));
    await until('the move to be begun', () => begun);
    const closed = await Promise.race([
      queue.close().then(() => true),
      new Promise((resolve) => setTimeout(() => resolve(false), 1_500)),
    ]);
    expect(closed).toBe(true);
  });
});
