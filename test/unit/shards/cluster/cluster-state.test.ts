import { describe, expect, it } from 'vitest';
import { nodeId, shardId } from '../../../../core/ids.ts';
import { ClusterState } from '../../../../shards/cluster/cluster-state.ts';
import { updatedEntry } from '../../../../shards/cluster/map-state.ts';
import type { CommitRequest, MemberInfo } from '../../../../shards/cluster/store.ts';

const [a, b] = [nodeId('a'), nodeId('b')];
const info = (node: typeof a, incarnation = 'one'): MemberInfo => ({
  node,
  incarnation,
  advertiseUrl: null,
  linkUrl: `ws://${node}`,
  version: '0',
  startedAt: 0,
  draining: false,
  capacityFps: 1,
  demandFps: 0,
  cameras: 0,
  rung: 0,
  mapVersion: 0,
});

function stateWith(...nodes: (typeof a)[]) {
  const state = new ClusterState(2);
  const renew = (node: typeof a, nowMs: number, wantsOffice = true, incarnation = 'one') =>
    state.renew({ info: info(node, incarnation), ttlMs: 3_000, wantsOffice }, nowMs);
  const held = (node: typeof a, nowMs: number, wantsOffice = true) => {
    const answer = renew(node, nowMs, wantsOffice);
    if (answer.kind !== 'held') throw new Error('taken');
    return answer;
  };
  for (const node of nodes) held(node, 0);
  return { state, renew, held };
}

const giveTo = (state: ClusterState, shard: number, to: typeof a): CommitRequest['shards'] => {
  const entry = state.readMap().shards[shard];
  if (entry === undefined) throw new RangeError('no such shard');
  return [{ shard: shardId(shard), expected: entry.version, entry: updatedEntry(entry, { kind: 'given', to }) }];
};

describe('what a store means', () => {
  it('keeps a lease and its token while it is renewed, and gives a new token after it has ended', () => {
    const { held } = stateWith(a);
    const { token } = held(a, 2_999);
    expect(held(a, 5_998).token).toBe(token);
    expect(held(a, 8_998).token).toBeGreaterThan(token);
  });

  it('refuses a second process of the same name until the lease has ended', () => {
    const { renew } = stateWith(a);
    expect(renew(a, 2_999, true, 'two')).toEqual({ kind: 'taken', incarnation: 'one' });
    expect(renew(a, 3_000, true, 'two').kind).toBe('held');
  });

  it('gives the office to the first who wants it, to another when it has ended, and when it is given up', () => {
    const { held } = stateWith(a, b);
    expect(held(b, 100).coordinator?.node).toBe('a');
    expect(held(b, 3_000).coordinator?.node).toBe('b');
    expect(held(a, 3_100).coordinator?.node).toBe('b');
    expect(held(b, 3_200, false).coordinator).toBeNull();
    expect(held(a, 3_300).coordinator?.node).toBe('a');
  });

  it('tells who is alive and who is not', () => {
    const { held } = stateWith(a, b);
    expect(held(b, 3_000).members.map((m) => [m.info.node, m.alive])).toEqual([
      ['a', false],
      ['b', true],
    ]);
  });

  it('commits by the office, all with one version, and refuses what is not as expected', () => {
    const { state, held } = stateWith(a);
    const token = held(a, 1).coordinator?.token ?? 0;
    const as = { kind: 'coordinator', node: a, token } as const;
    const shards = giveTo(state, 0, a);
    expect(state.commit({ as, shards }, 2)).toEqual({ kind: 'committed', version: 1 });
    expect(state.readMap().shards[0]).toMatchObject({ owner: 'a', version: 1 });
    expect(state.commit({ as, shards }, 2)).toEqual({ kind: 'conflict', version: 1 });
    expect(state.commit({ as, shards: [], versionMin: 40 }, 2)).toEqual({ kind: 'committed', version: 40 });
  });

  it("refuses an office that has ended, or is another's", () => {
    const { state, held } = stateWith(a, b);
    const token = held(a, 1).coordinator?.token ?? 0;
    const shards = giveTo(state, 0, a);
    expect(state.commit({ as: { kind: 'coordinator', node: a, token }, shards }, 3_001).kind).toBe('no_authority');
    expect(state.commit({ as: { kind: 'coordinator', node: b, token }, shards }, 2).kind).toBe('no_authority');
  });

  it('lets a member change what it owns and nothing else', () => {
    const { state, held } = stateWith(a, b);
    const office = held(a, 1);
    const as = { kind: 'coordinator', node: a, token: office.coordinator?.token ?? 0 } as const;
    state.commit({ as, shards: giveTo(state, 0, a) }, 2);
    const entry = state.readMap().shards[0];
    if (entry === undefined) throw new RangeError('no such shard');
    const shards = [{ shard: shardId(0), expected: 1, entry: updatedEntry(entry, { kind: 'started', node: a }) }];
    const ofB = { kind: 'member', node: b, token: held(b, 3).token } as const;
    expect(state.commit({ as: ofB, shards }, 4).kind).toBe('no_authority');
    expect(state.commit({ as: { kind: 'member', node: a, token: office.token }, shards }, 4).kind).toBe('committed');
  });

  it("changes the lists only against the whole map's version, and forgets the dead who are no longer named", () => {
    const { state, held } = stateWith(a, b);
    const token = held(b, 3_000).coordinator?.token ?? 0;
    const as = { kind: 'coordinator', node: b, token } as const;
    const lists = { expectedMap: 5, members: [b], cordoned: [] };
    expect(state.commit({ as, shards: [], lists }, 3_001).kind).toBe('conflict');
    expect(state.commit({ as, shards: [], lists: { ...lists, expectedMap: 0 } }, 3_001).kind).toBe('committed');
    expect(held(b, 3_002).members.map((m) => m.info.node)).toEqual(['b']);
  });

  it('takes lease, office and what was told back from a node that resigns', () => {
    const { state, held } = stateWith(a, b);
    state.resign({ node: a, incarnation: 'one', lease: true });
    const answer = held(b, 10);
    expect(answer.coordinator?.node).toBe('b');
    expect(answer.members.map((m) => m.info.node)).toEqual(['b']);
  });

  it('can be as it was', () => {
    const { state, held } = stateWith(a);
    const old = state.snapshot();
    held(b, 5);
    state.restore(old);
    expect(held(a, 10).members.map((m) => m.info.node)).toEqual(['a']);
  });
});
