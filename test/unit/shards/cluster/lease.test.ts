import { describe, expect, it } from 'vitest';
import { nodeId } from '../../../../core/ids.ts';
import { Island } from '../../../../shards/cluster/island.ts';
import { Lease } from '../../../../shards/cluster/lease.ts';

const OPTIONS = { leaseTtlMs: 3_000, leaseRenewMs: 1_000, leaseGuardMs: 300 };
const held = (token: number) => ({ kind: 'held', token, coordinator: null, mapVersion: 0, members: [] }) as const;

function heldLease(): Lease {
  const lease = new Lease(OPTIONS);
  lease.sent(1, 0);
  lease.answered(1, held(1), 5);
  lease.confirm();
  return lease;
}

describe('a lease', () => {
  it('is valid from before it was sent, for its life less the guard', () => {
    expect(heldLease().validUntilMs).toBe(2_700);
  });

  it('is not good before the claim was made', () => {
    const lease = new Lease(OPTIONS);
    lease.sent(1, 0);
    lease.answered(1, held(1), 5);
    expect(lease.validUntilMs).toBe(Number.NEGATIVE_INFINITY);
    expect(lease.unconfirmed).toBe(true);
  });

  it('is not brought back by an answer that comes after it lapsed', () => {
    const lease = heldLease();
    lease.sent(2, 1_000);
    expect(lease.lapse(9_000)).toBe(true);
    lease.answered(2, held(1), 9_000);
    expect(lease.validUntilMs).toBeLessThan(9_000);
    expect(lease.unconfirmed).toBe(true);
  });

  it('keeps what it was valid for while a new token is claimed', () => {
    const lease = heldLease();
    lease.sent(2, 1_000);
    lease.answered(2, held(7), 1_005);
    expect(lease.needsClaim).toBe(true);
    expect(lease.validUntilMs).toBe(2_700);
    lease.confirm();
    expect(lease.validUntilMs).toBe(3_700);
  });

  it('counts a node that said it lacks the store as without it until it is answered again', () => {
    const lease = heldLease();
    expect(lease.goodSinceMs).toBe(5);
    lease.sent(2, 1_000);
    expect(lease.lacksStore(2_600)).toBe(true);
    expect(lease.goodSinceMs).toBe(Number.POSITIVE_INFINITY);
    lease.answered(2, held(1), 2_650);
    expect(lease.goodSinceMs).toBe(2_650);
  });
});

describe('an island', () => {
  const [a, b, c] = [nodeId('a'), nodeId('b'), nodeId('c')];

  it('needs a yes of every other member to one and the same question', () => {
    const island = new Island(250);
    expect(island.ask(a, [a, b, c], 100)).toEqual([b, c]);
    expect(island.answered(b, 1, true)).toBeUndefined();
    island.ask(a, [a, b, c], 350);
    expect(island.answered(c, 2, true)).toBeUndefined();
    expect(island.answered(c, 2, true)).toBeUndefined();
    expect(island.answered(b, 2, true)).toBe(350);
  });

  it('is none where one has the store', () => {
    const island = new Island(250);
    island.ask(a, [a, b], 100);
    expect(island.answered(b, 1, false)).toBeUndefined();
  });

  it('asks whoever has asked it, though the map does not name them', () => {
    const island = new Island(250);
    island.askedBy(c);
    expect(island.ask(a, [a, b], 100)).toEqual([b, c]);
  });
});
