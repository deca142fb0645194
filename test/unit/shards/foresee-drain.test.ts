import { describe, expect, it } from 'vitest';
import { epoch, nodeId, shardId } from '../../../core/ids.ts';
import type { PlannedMove } from '../../../shards/allocation.ts';
import { type ClusterMap, emptyMap, entryOf, type ShardEntry } from '../../../shards/cluster/cluster-map.ts';
import type { MemberInfo } from '../../../shards/cluster/store.ts';
import { foreseeDrain } from '../../../shards/foresee-drain.ts';
import { rendezvousAllocation } from '../../../shards/rendezvous-allocation.ts';

const member = (node: string, more: Partial<MemberInfo> = {}): MemberInfo => ({
  ...{ node: nodeId(node), incarnation: 'a', advertiseUrl: null, linkUrl: `ws://${node}`, version: '1.0.0' },
  ...{ startedAt: 0, draining: false, capacityFps: 100, demandFps: 0, cameras: 0, rung: 0, mapVersion: 0 },
  ...more,
});

function change(map: ClusterMap, shard: number, entry: Partial<ShardEntry>): ClusterMap {
  const shards = [...map.shards];
  shards[shard] = { ...entryOf(map, shardId(shard)), ...entry };
  return { ...map, shards };
}

const made = (map: ClusterMap, moves: readonly PlannedMove[]): ClusterMap =>
  moves.reduce((now, { shard, to }) => change(now, shard, { owner: to, epoch: epoch(2), move: null }), map);

function formed(shardCount: number, alive: readonly MemberInfo[]): ClusterMap {
  const map = emptyMap(shardCount);
  return made(map, rendezvousAllocation({ map, alive, movesPerRound: 1 }));
}

const shardsOf = (map: ClusterMap, node: string): number[] =>
  map.shards.flatMap(({ owner }, shard) => (owner === node ? [shard] : []));

const foresee = (map: ClusterMap, alive: readonly MemberInfo[], node: string, movesPerRound = 8) =>
  foreseeDrain({ map, alive, movesPerRound }, nodeId(node), rendezvousAllocation);

describe('what a drain would move', () => {
  const alive = ['a', 'b', 'c', 'd'].map((node) => member(node));

  it('is every shard of the node, once each, to nodes that may have them', () => {
    const map = formed(256, alive);
    const moves = foresee(map, alive, 'b');
    expect(moves.map(({ shard }) => shard as number).sort((m, n) => m - n)).toEqual(shardsOf(map, 'b'));
    expect(moves.every(({ from, to, why }) => from === 'b' && to !== 'b' && why === 'cordon')).toBe(true);
  });

  it('is what the rounds then do, one after the other', () => {
    const map = formed(256, alive);
    const foreseen = foresee(map, alive, 'b');
    let now: ClusterMap = { ...map, cordoned: [nodeId('b')] };
    const done: PlannedMove[] = [];
    for (;;) {
      const moves = rendezvousAllocation({ map: now, alive, movesPerRound: 8 });
      if (moves.length === 0) break;
      done.push(...moves);
      now = made(now, moves);
    }
    expect(done.filter(({ from }) => from === 'b')).toEqual(foreseen);
    expect(shardsOf(now, 'b')).toEqual([]);
  });

  it('gives nothing to nodes that are cordoned, draining or dead', () => {
    const some = [member('a'), member('b'), member('c', { draining: true }), member('e')];
    const map = { ...formed(64, alive), cordoned: [nodeId('e')] };
    const moves = foresee(map, some, 'b');
    expect(moves.length).toBe(shardsOf(map, 'b').length);
    expect(new Set(moves.map(({ to }) => to))).toEqual(new Set(['a']));
  });

  it('is nothing where nobody else is there', () => {
    const map = formed(16, [member('a')]);
    expect(foresee(map, [member('a')], 'a')).toEqual([]);
    const two = [member('a'), member('b')];
    expect(foresee({ ...formed(16, two), cordoned: [nodeId('b')] }, two, 'a')).toEqual([]);
  });

  it('counts a shard on its way as arrived', () => {
    const map = formed(64, alive);
    const [leaves = 0, ...stay] = shardsOf(map, 'b');
    const [comes = 0] = shardsOf(map, 'c');
    const move = (to: string) => ({ id: 'm', to: nodeId(to), why: 'by hand' });
    const moving = change(change(map, leaves, { move: move('a') }), comes, { move: move('b') });
    const shards = foresee(moving, alive, 'b').map(({ shard }) => shard as number);
    expect(shards.sort((m, n) => m - n)).toEqual([...stay, comes].sort((m, n) => m - n));
  });

  it('leaves the map it was asked about as it was', () => {
    const map = formed(64, alive);
    const before = JSON.stringify(map);
    foresee(map, alive, 'b');
    expect(JSON.stringify(map)).toBe(before);
  });
});
