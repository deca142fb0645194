import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epoch, type NodeId, nodeId, shardId } from '../../../core/ids.ts';
import { createRandom } from '../../../core/random.ts';
import type { PlannedMove } from '../../../shards/allocation.ts';
import { type ClusterMap, emptyMap, entryOf, type ShardEntry } from '../../../shards/cluster/cluster-map.ts';
import type { MemberInfo } from '../../../shards/cluster/store.ts';
import { rendezvousAllocation } from '../../../shards/rendezvous-allocation.ts';
import { steadyCapacity } from '../../../shards/steady-capacity.ts';

const member = (node: string, more: Partial<MemberInfo> = {}): MemberInfo => ({
  node: nodeId(node),
  incarnation: 'a',
  advertiseUrl: null,
  linkUrl: `ws://${node}`,
  version: '1.0.0',
  startedAt: 0,
  draining: false,
  capacityFps: 100,
  demandFps: 0,
  cameras: 0,
  rung: 0,
  mapVersion: 0,
  ...more,
});

const nodesOf = (count: number, capacityFps: (i: number) => number = () => 100): MemberInfo[] =>
  Array.from({ length: count }, (_, i) => member(`node-${i}`, { capacityFps: capacityFps(i) }));

/** The map after all of `moves` have been made. */
function made(map: ClusterMap, moves: readonly PlannedMove[]): ClusterMap {
  const shards = [...map.shards];
  for (const { shard, to } of moves) {
    const entry = entryOf(map, shard);
    shards[shard] = { ...entry, owner: to, epoch: epoch(entry.epoch + 1), move: null };
  }
  return { ...map, version: map.version + 1, shards };
}

function change(map: ClusterMap, shard: number, entry: Partial<ShardEntry>): ClusterMap {
  const shards = [...map.shards];
  shards[shard] = { ...entryOf(map, shardId(shard)), ...entry };
  return { ...map, shards };
}

interface Settled {
  readonly map: ClusterMap;
  readonly moved: readonly PlannedMove[];
  readonly rounds: number;
}

/** Rounds until one moves nothing. */
function settle(map: ClusterMap, alive: readonly MemberInfo[], movesPerRound = 4_096): Settled {
  const moved: PlannedMove[] = [];
  let now = map;
  for (let rounds = 0; rounds < 500; rounds++) {
    const moves = rendezvousAllocation({ map: now, alive, movesPerRound });
    if (moves.length === 0) return { map: now, moved, rounds };
    moved.push(...moves);
    now = made(now, moves);
  }
  throw new Error('500 rounds, and still moving');
}

const formed = (shardCount: number, alive: readonly MemberInfo[]): ClusterMap =>
  settle(emptyMap(shardCount), alive).map;

const loadOf = (map: ClusterMap, node: NodeId): number => map.shards.filter(({ owner }) => owner === node).length;

const shardCounts = fc.constantFrom(16, 64, 256, 1_024);
const nodeCounts = fc.integer({ min: 1, max: 12 });
const hardware = fc.constantFrom(50, 100, 250, 1_300);

describe('allocation by rendezvous with bounded load', () => {
  it('gives out all shards nobody owns at once, and moves none of them afterwards', () => {
    fc.assert(
      fc.property(shardCounts, fc.array(hardware, { minLength: 1, maxLength: 12 }), (shardCount, capacities) => {
        const alive = nodesOf(capacities.length, (i) => capacities[i] ?? 0);
        const moves = rendezvousAllocation({ map: emptyMap(shardCount), alive, movesPerRound: 1 });
        expect(moves.map(({ why }) => why)).toEqual(new Array(shardCount).fill('initial'));
        expect(settle(made(emptyMap(shardCount), moves), alive).moved).toEqual([]);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('keeps every node within 5 % and a shard of its share by capacity when it gives out shards', () => {
    fc.assert(
      fc.property(shardCounts, fc.array(hardware, { minLength: 1, maxLength: 12 }), (shardCount, capacities) => {
        const map = formed(
          shardCount,
          nodesOf(capacities.length, (i) => capacities[i] ?? 0),
        );
        const total = capacities.reduce((sum, c) => sum + c, 0);
        capacities.forEach((capacity, i) => {
          const share = (shardCount * capacity) / total;
          expect(loadOf(map, nodeId(`node-${i}`))).toBeLessThanOrEqual(Math.ceil(1.05 * share) + 1);
        });
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  it('moves about 1/N of the shards on a join, and nothing but to the joiner', () => {
    fc.assert(
      fc.property(shardCounts, nodeCounts, (shardCount, count) => {
        const map = formed(shardCount, nodesOf(count));
        const { moved } = settle(map, nodesOf(count + 1));
        expect(new Set(moved.map(({ to }) => to))).toEqual(new Set(moved.length === 0 ? [] : [`node-${count}`]));
        expect(moved.every(({ why }) => why === 'balance')).toBe(true);
        const share = shardCount / (count + 1);
        expect(moved.length).toBeLessThanOrEqual(Math.ceil(share));
        expect(moved.length).toBeGreaterThanOrEqual(Math.floor(0.92 * share) - 1);
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it('moves only what was the dead one’s on a death, all of it at once', () => {
    fc.assert(
      fc.property(shardCounts, fc.integer({ min: 2, max: 12 }), fc.nat(), (shardCount, count, pick) => {
        const all = nodesOf(count);
        const map = formed(shardCount, all);
        const dead = nodeId(`node-${pick % count}`);
        const alive = all.filter(({ node }) => node !== dead);
        const moves = rendezvousAllocation({ map, alive, movesPerRound: 0 });
        expect(moves.every(({ from, why }) => from === dead && why === 'dead')).toBe(true);
        expect(moves).toHaveLength(loadOf(map, dead));
        // It spreads over all the others, and what is left to balance is next to nothing.
        const { moved } = settle(made(map, moves), alive);
        expect(moved.length).toBeLessThanOrEqual(Math.ceil(0.02 * shardCount) + 1);
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it('moves nothing for 100 rounds of capacities that are measured 10 % too high or too low', () => {
    fc.assert(
      fc.property(
        shardCounts,
        fc.array(fc.constantFrom(100, 250, 1_300), { minLength: 2, maxLength: 8 }),
        fc.integer(),
        (shardCount, capacities, seed) => {
          const random = createRandom(seed);
          const map = formed(
            shardCount,
            nodesOf(capacities.length, (i) => capacities[i] ?? 0),
          );
          for (let round = 0; round < 100; round++) {
            const alive = nodesOf(capacities.length, (i) => (capacities[i] ?? 0) * (0.9 + 0.2 * random()));
            expect(rendezvousAllocation({ map, alive, movesPerRound: 32 })).toEqual([]);
          }
        },
      ),
      { numRuns: 25, seed: 5 },
    );
  });

  it('moves nothing for 100 rounds of noise whatever the capacities are, where nodes tell steady ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 50, max: 2_000 }), { minLength: 2, maxLength: 8 }),
        fc.integer(),
        (capacities, seed) => {
          const random = createRandom(seed);
          const told = capacities.map((fps) => steadyCapacity(0, fps * (0.9 + 0.2 * random())));
          const alive = () => nodesOf(told.length, (i) => told[i] ?? 0);
          const map = formed(256, alive());
          for (let round = 0; round < 100; round++) {
            capacities.forEach((fps, i) => {
              told[i] = steadyCapacity(told[i] ?? 0, fps * (0.9 + 0.2 * random()));
            });
            expect(rendezvousAllocation({ map, alive: alive(), movesPerRound: 32 })).toEqual([]);
          }
        },
      ),
      { numRuns: 25, seed: 8 },
    );
  });

  it('comes to rest in as many rounds as the moves need, never with two moves of one shard', () => {
    fc.assert(
      fc.property(
        fc.array(hardware, { minLength: 1, maxLength: 8 }),
        fc.array(hardware, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 64 }),
        (before, joining, movesPerRound) => {
          const capacities = [...before, ...joining];
          const map = formed(
            256,
            nodesOf(before.length, (i) => before[i] ?? 0),
          );
          const { moved, rounds } = settle(
            map,
            nodesOf(capacities.length, (i) => capacities[i] ?? 0),
            movesPerRound,
          );
          expect(rounds).toBe(Math.ceil(moved.length / movesPerRound));
          expect(new Set(moved.map(({ shard }) => shard)).size).toBe(moved.length);
        },
      ),
      { numRuns: 60, seed: 6 },
    );
  });

  it('is the same for the same map, in whatever order the nodes are told', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(hardware, { minLength: 9, maxLength: 9 }), (count, c) => {
        const map = formed(
          256,
          nodesOf(count, (i) => c[i] ?? 0),
        );
        const alive = nodesOf(count + 1, (i) => c[i] ?? 0);
        const input = { map, alive, movesPerRound: 32 };
        expect(rendezvousAllocation({ ...input, alive: [...alive].reverse() })).toEqual(rendezvousAllocation(input));
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it('empties a draining node at once, whatever movesPerRound says', () => {
    const alive = [...nodesOf(3), member('node-3', { draining: true })];
    const map = formed(256, nodesOf(4));
    const moves = rendezvousAllocation({ map, alive, movesPerRound: 2 });
    expect(moves.filter(({ why }) => why === 'drain')).toHaveLength(loadOf(map, nodeId('node-3')));
    expect(moves.every(({ to }) => to !== 'node-3')).toBe(true);
  });

  it('empties a cordoned node movesPerRound at a time, and gives it nothing', () => {
    const alive = nodesOf(4);
    const map = { ...formed(256, alive), cordoned: [nodeId('node-1')] };
    const first = rendezvousAllocation({ map, alive, movesPerRound: 10 });
    expect(first).toHaveLength(10);
    expect(first.every(({ why, from }) => why === 'cordon' && from === 'node-1')).toBe(true);
    const { map: end, moved } = settle(map, alive, 10);
    expect(loadOf(end, nodeId('node-1'))).toBe(0);
    expect(moved.every(({ to }) => to !== 'node-1')).toBe(true);
  });

  it('puts a pinned shard where it is pinned and leaves it there, within movesPerRound', () => {
    const alive = nodesOf(4);
    const start = formed(64, alive);
    const pinned = [3, 9, 27];
    const map = pinned.reduce((m, shard) => change(m, shard, { pin: nodeId('node-2') }), start);
    const wrong = pinned.filter((shard) => entryOf(start, shardId(shard)).owner !== 'node-2');
    expect(rendezvousAllocation({ map, alive, movesPerRound: 1 }).map(({ why }) => why)).toEqual(['pin']);
    const { map: end, moved } = settle(map, alive, 1);
    expect(moved.filter(({ why }) => why === 'pin').map(({ shard }) => shard)).toEqual(wrong);
    // Even where the node becomes the fullest by it.
    const all = end.shards.reduce((m, { owner }, shard) => (owner ? change(m, shard, { pin: owner }) : m), end);
    expect(settle(all, nodesOf(6), 64).moved).toEqual([]);
  });

  it('passes over a pin to a node that is dead, cordoned or stops', () => {
    const alive = [...nodesOf(3), member('node-3', { draining: true })];
    const start = settle(formed(64, nodesOf(4)), alive).map;
    for (const pin of ['node-2', 'node-3', 'nobody']) {
      const map = { ...change(start, 5, { pin: nodeId(pin) }), cordoned: [nodeId('node-2')] };
      const { map: end } = settle(map, alive);
      expect(['node-0', 'node-1']).toContain(entryOf(end, shardId(5)).owner);
    }
  });

  it('counts moves under way against movesPerRound, those of a drain not, and plans none of them again', () => {
    const alive = nodesOf(5);
    const start = formed(256, nodesOf(4));
    const begun = rendezvousAllocation({ map: start, alive, movesPerRound: 20 });
    const underWay = begun.reduce(
      (m, { shard, to }, i) => change(m, shard, { move: { id: `m${i}`, to, why: i < 5 ? 'drain' : 'balance' } }),
      start,
    );
    const next = rendezvousAllocation({ map: underWay, alive, movesPerRound: 20 });
    expect(next).toHaveLength(5);
    expect(next.filter(({ shard }) => begun.some((b) => b.shard === shard))).toEqual([]);
    // As if they had arrived: what follows is what would have followed.
    const arrived = rendezvousAllocation({ map: made(start, begun), alive, movesPerRound: 5 });
    expect(next).toEqual(arrived);
  });

  it('leaves a shard that is starting with its owner, and gives it to another when that one dies', () => {
    const alive = nodesOf(4);
    const map = change(formed(64, alive), 7, { state: 'starting', owner: nodeId('node-1') });
    const cordoned = { ...map, cordoned: [nodeId('node-1')] };
    expect(settle(cordoned, alive).map.shards[7]?.owner).toBe('node-1');
    const left = alive.filter(({ node }) => node !== 'node-1');
    const moves = rendezvousAllocation({ map, alive: left, movesPerRound: 0 });
    expect(moves.find(({ shard }) => shard === 7)).toMatchObject({ why: 'dead', from: 'node-1' });
  });

  it('has a dead owner’s shard started where it was on its way to', () => {
    const alive = nodesOf(4);
    const start = formed(64, alive);
    const from = entryOf(start, shardId(7)).owner;
    const to = alive.find(({ node }) => node !== from)?.node ?? nodeId('');
    const map = change(start, 7, { move: { id: 'm', to, why: 'balance' } });
    const left = alive.filter(({ node }) => node !== from);
    const moves = rendezvousAllocation({ map, alive: left, movesPerRound: 0 });
    expect(moves.find(({ shard }) => shard === 7)).toEqual({ shard: 7, from, to, why: 'dead' });
  });

  it('gives a node on a rung of its ladder nothing to balance, and its share again when it is off it', () => {
    const map = formed(64, nodesOf(3));
    const joined = (rung: number) => [...nodesOf(3), member('node-3', { rung })];
    expect(settle(map, joined(2)).moved).toEqual([]);
    expect(settle(map, joined(0)).moved).toHaveLength(16);
  });

  it('takes nodes that know no capacity yet for middling ones', () => {
    const alive = [...nodesOf(2), member('node-2', { capacityFps: 0 }), member('node-3', { capacityFps: Number.NaN })];
    const map = formed(256, alive);
    for (const { node } of alive) expect(loadOf(map, node)).toBeGreaterThanOrEqual(60);
  });

  it('gives shards nobody runs to cordoned nodes where there are no others, and moves nothing else there', () => {
    const alive = nodesOf(3);
    const map = { ...formed(64, alive), cordoned: alive.map(({ node }) => node) };
    expect(settle(map, alive).moved).toEqual([]);
    const left = alive.slice(1);
    expect(rendezvousAllocation({ map, alive: left, movesPerRound: 0 })).toHaveLength(loadOf(map, nodeId('node-0')));
  });

  it('plans nothing where nobody may take anything', () => {
    expect(rendezvousAllocation({ map: emptyMap(8), alive: [], movesPerRound: 8 })).toEqual([]);
    const alone = [member('node-0', { draining: true })];
    expect(rendezvousAllocation({ map: formed(8, nodesOf(1)), alive: alone, movesPerRound: 8 })).toEqual([]);
  });
});
