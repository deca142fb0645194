import { describe, expect, it } from 'vitest';
import { nodeId } from '../../../core/ids.ts';
import { type ClusterMap, localMap, type ShardEntry } from '../../../shards/cluster/cluster-map.ts';
import type { MemberInfo } from '../../../shards/cluster/store.ts';
import { planRelief } from '../../../shards/relief.ts';

const member = (node: string, more: Partial<MemberInfo> = {}): MemberInfo => ({
  node: nodeId(node),
  incarnation: 'x',
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

const A = nodeId('a');
const map: ClusterMap = localMap(A, 20);
const withEach = (change: (i: number) => Partial<ShardEntry>): ClusterMap => ({
  ...map,
  shards: map.shards.map((entry, i) => ({ ...entry, ...change(i) })),
});
const busy = member('a', { demandFps: 200, rung: 3 });
const relief = (alive: readonly MemberInfo[], of = map, movesMax = 32) =>
  planRelief({ map: of, alive, node: A, movesMax }).map(({ to }) => to);

describe('relief of a node', () => {
  it('gives a fifth of its shards to the least used', () => {
    expect(relief([busy, member('b', { demandFps: 50 }), member('c', { demandFps: 90 })])).toEqual([
      'b',
      'b',
      'b',
      'b',
    ]);
  });

  it('spreads them where several are as little used', () => {
    expect(relief([busy, member('b'), member('c')]).sort()).toEqual(['b', 'b', 'c', 'c']);
  });

  it('is bounded by the moves of a round', () => {
    expect(relief([busy, member('b')], map, 2)).toHaveLength(2);
  });

  it('stops before another becomes as used as the relieved one', () => {
    expect(relief([busy, member('b', { demandFps: 175 })])).toEqual(['b']);
    expect(relief([busy, member('b', { demandFps: 195 })])).toEqual([]);
  });

  it('gives nothing to who is degraded, draining or cordoned', () => {
    expect(relief([busy, member('b', { rung: 1 }), member('c', { draining: true })])).toEqual([]);
    expect(relief([busy, member('b')], { ...map, cordoned: [nodeId('b')] })).toEqual([]);
  });

  it('leaves alone what is pinned, starting or under way', () => {
    const all = [busy, member('b')];
    expect(
      relief(
        all,
        withEach(() => ({ pin: A })),
      ),
    ).toEqual([]);
    expect(
      relief(
        all,
        withEach(() => ({ state: 'starting' })),
      ),
    ).toEqual([]);
    expect(
      relief(
        all,
        withEach((i) => (i > 0 ? { move: { id: 'm', to: nodeId('b'), why: 'x' } } : {})),
      ),
    ).toHaveLength(1);
  });

  it('plans nothing for a node that is not there, or owns nothing', () => {
    expect(planRelief({ map, alive: [member('b')], node: A, movesMax: 8 })).toEqual([]);
    expect(planRelief({ map, alive: [busy, member('b')], node: nodeId('b'), movesMax: 8 })).toEqual([]);
  });
});
