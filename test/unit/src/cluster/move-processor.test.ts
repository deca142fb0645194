import { describe, expect, it } from 'vitest';
import { epoch, nodeId, shardId } from '../../../../core/ids.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import type { ClusterView } from '../../../../shards/cluster/brain-io.ts';
import { localMap, type ShardEntry } from '../../../../shards/cluster/cluster-map.ts';
import type { Order, OrderAnswer } from '../../../../shards/cluster/messages.ts';
import type { MemberInfo } from '../../../../shards/cluster/store.ts';
import { moveProcessor } from '../../../../src/cluster/move-processor.ts';
import { UnrecoverableMove } from '../../../../src/jobs/port.ts';

const SHARD = shardId(3);
const [A, B, C] = [nodeId('a'), nodeId('b'), nodeId('c')];
const MOVE = { shard: SHARD, from: A, to: B, why: 'balance' };
const UNDER_WAY = { id: 'm', to: B, why: 'balance' };

const member = (node: string): MemberInfo => ({
  node: nodeId(node),
  incarnation: 'x',
  advertiseUrl: null,
  linkUrl: `ws://${node}`,
  version: '1.0.0',
  startedAt: 0,
  draining: false,
  capacityFps: 100,
  demandFps: 50,
  cameras: 0,
  rung: 0,
  mapVersion: 0,
});

/** A cluster of a, b and c in which a owns everything, and a job that is to move shard 3 to b. */
class Bench {
  readonly clock = new ManualClock();
  readonly orders: Order[] = [];
  readonly steps: string[] = [];
  readonly abort = new AbortController();
  answer: OrderAnswer = { kind: 'begun' };
  onOrder = (): void => {};
  view: ClusterView = {
    map: { ...localMap(A, 8), members: [A, B, C] },
    members: [A, B, C].map((node) => ({ info: member(node), alive: true })),
    coordinator: C,
    coordinates: false,
  };

  entry(change: Partial<ShardEntry>): void {
    const { map } = this.view;
    const shards = map.shards.map((entry, i) => (i === SHARD ? { ...entry, ...change } : entry));
    this.view = { ...this.view, map: { ...map, version: map.version + 1, shards } };
  }

  member(node: string, change: { readonly alive?: boolean; readonly draining?: boolean }): void {
    const members = this.view.members.map(({ info, alive }) =>
      info.node === node
        ? { info: { ...info, draining: change.draining ?? false }, alive: change.alive ?? true }
        : { info, alive },
    );
    this.view = { ...this.view, members };
  }

  /** The coordinator has taken its shards elsewhere, and it off the map. */
  remove(node: string): void {
    const { map } = this.view;
    this.member(node, { alive: false });
    this.view = { ...this.view, map: { ...map, members: map.members.filter((member) => member !== node) } };
  }

  cordon(node: string): void {
    this.view = { ...this.view, map: { ...this.view.map, cordoned: [nodeId(node)] } };
  }

  /** `done`, `retry: why`, `senseless: why`, or `pending`. */
  run(planned = MOVE): { outcome: string } {
    const move = moveProcessor({
      clock: this.clock,
      signal: this.abort.signal,
      view: () => this.view,
      order: async (order) => {
        this.orders.push(order);
        this.onOrder();
        return this.answer;
      },
    });
    const running = { outcome: 'pending' };
    move(planned, { roundId: 'r', progress: (step) => this.steps.push(step) }).then(
      () => {
        running.outcome = 'done';
      },
      (error: Error) => {
        running.outcome = `${error instanceof UnrecoverableMove ? 'senseless' : 'retry'}: ${error.message}`;
      },
    );
    return running;
  }

  pass = (ms: number): Promise<void> => this.clock.advanceAsync(ms, 50);
}

describe('the processor of a move', () => {
  it('begins it, says how far it is, and ends when the shard runs at its new owner', async () => {
    const bench = new Bench();
    const running = bench.run();
    await bench.pass(200);
    expect(bench.orders).toEqual([{ kind: 'move', shard: SHARD, to: B, why: 'balance' }]);
    bench.entry({ move: UNDER_WAY });
    await bench.pass(200);
    expect([running.outcome, bench.steps]).toEqual(['pending', ['begun']]);
    bench.entry({ owner: B, epoch: epoch(2), state: 'starting', move: null });
    await bench.pass(200);
    expect([running.outcome, bench.steps]).toEqual(['pending', ['begun', 'stopped']]);
    bench.entry({ state: 'running' });
    await bench.pass(200);
    expect([running.outcome, bench.steps]).toEqual(['done', ['begun', 'stopped', 'started']]);
    expect(bench.orders).toHaveLength(1);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('orders nothing where it has begun already, or is done, when it is called again', async () => {
    const begun = new Bench();
    begun.entry({ move: UNDER_WAY });
    begun.run();
    const done = new Bench();
    done.entry({ owner: B });
    const running = done.run();
    await begun.pass(1_000);
    await done.pass(100);
    expect(running.outcome).toBe('done');
    expect([...begun.orders, ...done.orders]).toEqual([]);
  });

  it('is to be tried again when its move was withdrawn', async () => {
    const bench = new Bench();
    const running = bench.run();
    bench.entry({ move: UNDER_WAY });
    await bench.pass(200);
    bench.entry({ move: null });
    await bench.pass(200);
    expect(running.outcome).toBe('retry: the move of shard 3 was withdrawn');
  });

  it('is to be tried again where nobody could take the order, or the shard is busy', async () => {
    for (const code of ['no_coordinator', 'store_unavailable', 'conflict', 'moving', 'busy']) {
      const bench = new Bench();
      bench.answer = { kind: 'refused', code, message: 'not now' };
      const running = bench.run();
      await bench.pass(100);
      expect(running.outcome).toBe(`retry: ${code}: not now`);
    }
  });

  it('makes no sense any more when its target is gone, draining or cordoned', async () => {
    const changes: ((bench: Bench) => void)[] = [
      (bench) => bench.remove('b'),
      (bench) => bench.member('b', { draining: true }),
      (bench) => bench.cordon('b'),
    ];
    for (const change of changes) {
      const bench = new Bench();
      bench.entry({ move: UNDER_WAY });
      const running = bench.run();
      await bench.pass(200);
      expect(running.outcome).toBe('pending');
      change(bench);
      await bench.pass(200);
      expect(running.outcome).toBe('senseless: b is gone, draining or cordoned');
    }
    const bench = new Bench();
    bench.answer = { kind: 'refused', code: 'no_such_node', message: 'b' };
    const running = bench.run();
    await bench.pass(100);
    expect(running.outcome).toBe('senseless: no_such_node: b');
  });

  it('waits for a target that is silent and may be back, as after a failover of Redis', async () => {
    const bench = new Bench();
    bench.entry({ move: UNDER_WAY });
    const running = bench.run();
    bench.member('b', { alive: false });
    await bench.pass(500);
    expect(running.outcome).toBe('pending');
  });

  it('makes no sense any more when the shard is elsewhere, or pinned elsewhere', async () => {
    const elsewhere = new Bench();
    elsewhere.entry({ owner: C });
    const pinned = new Bench();
    pinned.entry({ pin: C });
    const runs = [elsewhere.run(), pinned.run()];
    await elsewhere.pass(100);
    expect(runs.map(({ outcome }) => outcome)).toEqual([
      'senseless: shard 3 is with c by now',
      'senseless: shard 3 is pinned to c',
    ]);
  });

  it('goes on where the pin cannot be followed, or is the target itself', async () => {
    for (const pin of [nodeId('dead'), B]) {
      const bench = new Bench();
      bench.entry({ pin });
      bench.run();
      await bench.pass(100);
      expect(bench.orders).toHaveLength(1);
    }
  });

  it('waits while another move of the shard is under way, and no longer than it may', async () => {
    const bench = new Bench();
    bench.entry({ move: { id: 'other', to: C, why: 'pin' } });
    const running = bench.run();
    await bench.pass(19_000);
    expect([running.outcome, bench.orders]).toEqual(['pending', []]);
    await bench.pass(1_500);
    expect(running.outcome).toBe('retry: shard 3 is not at b after 20000 ms: shard 3 is moving to c');
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('is to be tried again where what it began does not show in the map', async () => {
    const bench = new Bench();
    const running = bench.run();
    await bench.pass(5_500);
    expect(running.outcome).toBe('retry: the move of shard 3 was begun, and is not in the map');
    expect(bench.orders).toHaveLength(1);
  });

  it('leaves the move alone when the node stops', async () => {
    const bench = new Bench();
    bench.entry({ move: UNDER_WAY });
    const running = bench.run();
    await bench.pass(200);
    bench.abort.abort();
    await bench.pass(1);
    expect(running.outcome).toBe('retry: this node stops');
    expect(bench.clock.pendingTimers).toBe(0);
  });
});
