import { describe, expect, it } from 'vitest';
import { epoch, nodeId, shardId } from '../../../../core/ids.ts';
import { emptyMap, entryOf } from '../../../../shards/cluster/cluster-map.ts';
import { isLater, type ShardEvent, updated, updatedEntry } from '../../../../shards/cluster/map-state.ts';

const [a, b, c] = [nodeId('a'), nodeId('b'), nodeId('c')];
const shard = shardId(0);
const move = { id: 'a:1:1', to: b, why: 'test' };
const entryAfter = (...events: ShardEvent[]) =>
  entryOf(
    events.reduce((map, event) => updated(map, shard, event), emptyMap(1)),
    shard,
  );
const RUNNING: ShardEvent[] = [
  { kind: 'given', to: a },
  { kind: 'started', node: a },
];

describe('the map as a state machine', () => {
  it('goes from nobody to its first owner, who starts from nothing and then runs', () => {
    expect(entryAfter({ kind: 'given', to: a })).toMatchObject({
      owner: a,
      epoch: 1,
      state: 'starting',
      from: { kind: 'nothing' },
    });
    expect(entryAfter(...RUNNING)).toMatchObject({ owner: a, epoch: 1, state: 'running', version: 2 });
  });

  it('gives a shard that was stopped to the target under the next epoch', () => {
    expect(entryAfter(...RUNNING, { kind: 'begun', move }, { kind: 'stopped', move: move.id })).toMatchObject({
      owner: b,
      epoch: 2,
      state: 'starting',
      from: { kind: 'hand-off', node: a, move: move.id },
      move: null,
    });
  });

  it('leaves owner and epoch alone when a move is withdrawn', () => {
    expect(entryAfter(...RUNNING, { kind: 'begun', move }, { kind: 'withdrawn', move: move.id })).toMatchObject({
      owner: a,
      epoch: 1,
      move: null,
    });
  });

  it('keeps the word of where the state is when an owner dies before it ran the shard', () => {
    const stopped: ShardEvent[] = [...RUNNING, { kind: 'begun', move }, { kind: 'stopped', move: move.id }];
    expect(entryAfter(...stopped, { kind: 'taken-over', from: b, to: c }).from).toEqual({
      kind: 'hand-off',
      node: a,
      move: move.id,
    });
    expect(entryAfter(...stopped, { kind: 'started', node: b }, { kind: 'taken-over', from: b, to: c }).from).toEqual({
      kind: 'takeover',
      node: b,
    });
  });

  it.each<[string, ShardEvent[]]>([
    ['a first owner where there is one', [...RUNNING, { kind: 'given', to: b }]],
    ['a move to its owner', [...RUNNING, { kind: 'begun', move: { ...move, to: a } }]],
    ['a second move', [...RUNNING, { kind: 'begun', move }, { kind: 'begun', move: { ...move, id: 'x' } }]],
    [
      'a move of what is being started',
      [
        { kind: 'given', to: a },
        { kind: 'begun', move },
      ],
    ],
    ['the stop of another move', [...RUNNING, { kind: 'begun', move }, { kind: 'stopped', move: 'x' }]],
    [
      'a start by who is not its owner',
      [
        { kind: 'given', to: a },
        { kind: 'started', node: b },
      ],
    ],
    ['a takeover from who is not its owner', [...RUNNING, { kind: 'taken-over', from: b, to: c }]],
    ["a claim of another's", [...RUNNING, { kind: 'claimed', node: b }]],
  ])('refuses %s', (_, events) => {
    expect(() => entryAfter(...events)).toThrow('cannot happen');
  });

  it('thinks a higher epoch later, whatever the versions', () => {
    const old = entryAfter(...RUNNING);
    const taken = { ...updatedEntry(old, { kind: 'taken-over', from: a, to: b }), version: 1 };
    expect(isLater(taken, old)).toBe(true);
    expect(isLater({ ...old, version: 9 }, taken)).toBe(false);
    expect(isLater({ ...old, epoch: epoch(1), version: 9 }, old)).toBe(true);
  });
});
