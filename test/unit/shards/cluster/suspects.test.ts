import { describe, expect, it } from 'vitest';
import { nodeId, shardId } from '../../../../core/ids.ts';
import { emptyMap } from '../../../../shards/cluster/cluster-map.ts';
import { Island } from '../../../../shards/cluster/island.ts';
import { KnownMap } from '../../../../shards/cluster/known-map.ts';
import { Lease } from '../../../../shards/cluster/lease.ts';
import { updatedEntry } from '../../../../shards/cluster/map-state.ts';
import { MembersSeen } from '../../../../shards/cluster/members-seen.ts';
import type { MemberInfo } from '../../../../shards/cluster/store.ts';
import { Suspects } from '../../../../shards/cluster/takeover.ts';

const ME = nodeId('me');
const GONE = nodeId('gone');
const TTL_MS = 3_000;
const JOINED_AT_VERSION = 20;

const infoOf = (node: typeof ME, mapVersion: number): MemberInfo => ({
  node,
  incarnation: `${node}-1`,
  advertiseUrl: null,
  linkUrl: `ws://${node}`,
  version: '0',
  startedAt: 0,
  draining: false,
  capacityFps: 1,
  demandFps: 0,
  cameras: 0,
  rung: 0,
  mapVersion,
});

/** This node, listed at {@link JOINED_AT_VERSION}, sees at 1 s that `gone`, which has told of `told`, is dead. */
function suspecting(told: number): { suspects: Suspects; members: MembersSeen } {
  const known = new KnownMap(1);
  const entry = updatedEntry(known.entry(shardId(0)), { kind: 'given', to: GONE });
  known.absorb(1, [{ shard: shardId(0), entry: { ...entry, version: 1 } }]);
  const members = new MembersSeen(infoOf(ME, told), known);
  members.listed([ME, GONE], JOINED_AT_VERSION);
  members.renewed(
    [
      { info: infoOf(GONE, told), alive: false },
      { info: infoOf(ME, told), alive: true },
    ],
    told,
  );
  const suspects = new Suspects(TTL_MS);
  expect(suspects.renewed(known, members, 1_000)).toEqual([GONE]);
  return { suspects, members };
}

describe('a suspect', () => {
  it('is dead on the word of the store where it knows who asks', () => {
    const { suspects, members } = suspecting(JOINED_AT_VERSION);
    expect(suspects.dead(1_500, members, 1_499)).toEqual([]);
    expect(suspects.dead(1_500, members, 1_500)).toEqual([GONE]);
  });

  it('that may not know who asks is dead one TTL after it has answered, for it asks back from then on', () => {
    const { suspects, members } = suspecting(JOINED_AT_VERSION - 1);
    suspects.heard(GONE, 1_100);
    suspects.heard(GONE, 2_100);
    expect(suspects.dead(0, members, 1_100 + TTL_MS - 1)).toEqual([]);
    expect(suspects.dead(0, members, 1_100 + TTL_MS)).toEqual([GONE]);
  });

  it('that may not know who asks, and is silent, is given ten TTLs, or the word of the operator', () => {
    const { suspects, members } = suspecting(JOINED_AT_VERSION - 1);
    expect(suspects.wakeAtMs(0, members)).toBe(1_000 + 10 * TTL_MS);
    expect(suspects.dead(0, members, 999 + 10 * TTL_MS)).toEqual([]);
    expect(suspects.dead(0, members, 1_000 + 10 * TTL_MS)).toEqual([GONE]);
    suspects.force(GONE);
    expect(suspects.dead(0, members, 1_000)).toEqual([GONE]);
  });
});

describe('a member', () => {
  it('is known by nobody for sure once its lease had ended, until it has read that it is listed', () => {
    const { members } = suspecting(30);
    expect(members.knowsMe(GONE)).toBe(true);
    members.relisted();
    expect(members.knowsMe(GONE)).toBe(false);
    members.listed([GONE], 29);
    expect(members.knowsMe(GONE)).toBe(false);
    members.listed([ME, GONE], 31);
    expect(members.knowsMe(GONE)).toBe(false);
  });

  it('stays listed since the first map that has it', () => {
    const { members } = suspecting(25);
    members.listed([ME, GONE], 40);
    expect(members.knowsMe(GONE)).toBe(true);
  });

  it('is not listed in an empty map', () => {
    const { members } = suspecting(25);
    members.listed(emptyMap(1).members, 0);
    expect(members.knowsMe(GONE)).toBe(false);
  });
});

describe('a store that falls silent for all', () => {
  it('is told of once more to those who asked too early, in answer to their newest question', () => {
    const island = new Island(250);
    island.owe(GONE, 1);
    island.owe(GONE, 2);
    expect(island.takeOwed()).toEqual([[GONE, 2]]);
    expect(island.takeOwed()).toEqual([]);
  });

  it('is owed to nobody once it is back', () => {
    const island = new Island(250);
    island.owe(GONE, 1);
    island.storeIsBack();
    expect(island.takeOwed()).toEqual([]);
  });

  it('is asked at once where somebody lacks it, unless it has just been asked', () => {
    const lease = new Lease({ leaseTtlMs: TTL_MS, leaseRenewMs: 1_000, leaseGuardMs: 300 });
    lease.sent(1, 0);
    lease.hurryIfOlder(250, 900);
    expect(lease.nextAtMs).toBe(Number.POSITIVE_INFINITY);
    lease.answered(1, { kind: 'held', token: 1, coordinator: null, mapVersion: 0, members: [] }, 5);
    lease.hurryIfOlder(250, 200);
    expect(lease.nextAtMs).toBe(1_000);
    lease.hurryIfOlder(250, 300);
    expect(lease.nextAtMs).toBe(300);
  });
});

describe('a store that has lost writes', () => {
  it('is not believed on who is dead until one TTL after the next renewal', () => {
    const lease = new Lease({ leaseTtlMs: TTL_MS, leaseRenewMs: 1_000, leaseGuardMs: 300 });
    const held = { kind: 'held', token: 1, coordinator: null, mapVersion: 0, members: [] } as const;
    lease.sent(1, 0);
    lease.answered(1, held, 5);
    expect(lease.goodSinceMs).toBe(5);
    lease.doubt();
    expect(lease.goodSinceMs).toBe(Number.POSITIVE_INFINITY);
    lease.sent(2, 1_000);
    lease.answered(2, held, 1_005);
    expect(lease.goodSinceMs).toBe(1_005);
  });
});
