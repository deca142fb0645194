import { describe, expect, it } from 'vitest';
import { nodeId } from '../../core/ids.ts';
import type { MemberInfo, RenewAnswer } from '../../shards/cluster/store.ts';
import { TIMES } from './options.ts';
import { StoreTrust } from './store-trust.ts';

const infoOf = (node: string) => ({ node: nodeId(node) }) as MemberInfo;

const answerOf = (alive: Readonly<Record<string, boolean>>): RenewAnswer => ({
  kind: 'held',
  token: 1,
  coordinator: null,
  mapVersion: 1,
  members: Object.entries(alive).map(([node, lives]) => ({ info: infoOf(node), alive: lives })),
});

describe('a server that has taken over', () => {
  it('is not believed for one TTL that anybody is dead who was just alive', () => {
    const trust = new StoreTrust();
    trust.told(answerOf({ a: true, b: true }), 0, 0);
    const dead = answerOf({ a: true, b: false });
    expect(trust.told(dead, 1, 1_000)).toEqual(answerOf({ a: true, b: true }));
    expect(trust.told(dead, 1, 999 + TIMES.leaseTtlMs)).toEqual(answerOf({ a: true, b: true }));
    expect(trust.told(dead, 1, 1_000 + TIMES.leaseTtlMs)).toEqual(dead);
  });

  it('is believed on who was dead before', () => {
    const trust = new StoreTrust();
    const dead = answerOf({ a: true, b: false });
    trust.told(dead, 0, 0);
    expect(trust.told(dead, 1, 1_000)).toEqual(dead);
  });

  it('is the same one to a node that has just started', () => {
    const dead = answerOf({ a: true, b: false });
    expect(new StoreTrust().told(dead, 7, 0)).toEqual(dead);
  });
});
