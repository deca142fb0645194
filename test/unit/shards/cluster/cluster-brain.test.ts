import { describe, expect, it } from 'vitest';
import { shardId } from '../../../../core/ids.ts';
import { BrainCluster, formed, SHARDS, shardOf } from './brain-cluster.ts';

const all = (cluster: BrainCluster) => cluster.owners().every((o) => o !== undefined);

describe('forming and joining', () => {
  it('gives all shards out at once, evenly, after the formation wait', () => {
    const { cluster, a, b, c } = formed();
    expect([a, b, c].map((n) => cluster.count(n))).toEqual([4, 4, 4]);
    const map = cluster.store.readMap();
    expect(map.members).toEqual(['a', 'b', 'c']);
    expect(map.shards.every((s) => s.epoch === 1 && s.state === 'running')).toBe(true);
    expect(a.of('start').every((e) => e.from.kind === 'nothing')).toBe(true);
  });

  it('tells every node the same map and the same coordinator', () => {
    const { cluster, a, b, c } = formed();
    cluster.run(1_100);
    for (const n of [a, b, c]) {
      expect(n.brain.view.map.version).toBe(cluster.store.readMap().version);
      expect(n.brain.view.coordinator).toBe('a');
    }
    expect([a, b, c].map((n) => n.brain.view.coordinates)).toEqual([true, false, false]);
  });

  it('brings a joining node its share through a round, and no more than a round may move', () => {
    const { cluster, a } = formed();
    const d = cluster.add('d');
    cluster.runUntil(() => cluster.count(d) === 3, 5_000);
    const rounds = a.of('round');
    expect(rounds).toHaveLength(1);
    expect(rounds[0]?.moves.length).toBe(3);
    expect(d.of('start').every((e) => e.from.kind === 'snapshot')).toBe(true);
  });

  it('asks for no more than it was told to be woken for', () => {
    const { cluster, b } = formed();
    const before = b.effects.length;
    const renewals = b.of('renew').length;
    cluster.run(10_000);
    expect(b.of('renew').length - renewals).toBeLessThan(12);
    expect(b.effects.length - before).toBeLessThan(40);
  });
});

describe('a hand-off', () => {
  it('seals, sends, stops, and starts, and the state arrives', () => {
    const { cluster, a, b } = formed();
    const shard = shardOf(cluster, b);
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'move', shard, to: a.id, why: 'test' } });
    const tookMs = cluster.runUntil(() => cluster.owners()[shard] === 'a', 1_000);
    expect(tookMs).toBeLessThan(100);
    expect(a.of('answer')[0]?.answer).toEqual({ kind: 'begun' });
    expect(b.of('release')).toEqual([{ kind: 'release', shard, to: 'a', epoch: 2 }]);
    expect(a.of('start').at(-1)?.from).toEqual({ kind: 'snapshot', snapshot: `state of ${shard} by b`, of: 'b' });
    cluster.run(50);
    expect(cluster.store.readMap().shards[shard]).toMatchObject({ owner: 'a', epoch: 2, state: 'running', move: null });
  });

  it('takes an order at any node and has it carried out by the coordinator', () => {
    const { cluster, b, c } = formed();
    const shard = shardOf(cluster, b);
    cluster.tell(c, { kind: 'order', id: 'o', order: { kind: 'move', shard, to: c.id, why: 'test' } });
    cluster.runUntil(() => cluster.owners()[shard] === 'c', 1_000);
    expect(c.of('answer')[0]?.answer).toEqual({ kind: 'begun' });
  });

  it('goes through although the answer to every commit is lost once', () => {
    const { cluster, a, b } = formed();
    const shard = shardOf(cluster, b);
    cluster.loseCommitAnswers = 3;
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'move', shard, to: a.id, why: 'test' } });
    cluster.runUntil(() => cluster.owners()[shard] === 'a', 5_000);
    expect(b.of('release')).toHaveLength(1);
    expect(b.of('unseal')).toHaveLength(0);
  });

  it('never serves again what it may have stopped, even if that commit arrives late', () => {
    const { cluster, a, b } = formed();
    const shard = shardOf(cluster, b);
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'move', shard, to: a.id, why: 'test' } });
    cluster.runUntil(() => b.of('seal').length === 1, 1_000);
    cluster.holdCommitsOf = b;
    cluster.runUntil(() => cluster.heldCommits.length > 0, 1_000);
    cluster.kill(a);
    // Its target is dead by now, and the store has not seen the commit: it stays sealed until the map says what holds.
    cluster.run(4_500);
    expect(b.of('unseal')).toHaveLength(0);
    expect(b.brain.standing(shard, cluster.nowMs)).toEqual({ kind: 'held', why: 'moving' });
    cluster.heldCommits[0]?.();
    cluster.holdCommitsOf = undefined;
    cluster.runUntil(() => all(cluster), 10_000);
    expect(b.of('release').length + b.of('drop').length).toBeGreaterThan(0);
  });

  it('is withdrawn when the target dies, and the owner serves on', () => {
    const { cluster, a, b, c } = formed();
    const shard = shardOf(cluster, b);
    b.sealsNever = true;
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'move', shard, to: c.id, why: 'test' } });
    cluster.runUntil(() => b.of('seal').length === 1, 1_000);
    cluster.kill(c);
    cluster.runUntil(() => b.of('unseal').length === 1, 5_000);
    expect(cluster.owners()[shard]).toBe('b');
    cluster.run(1_000);
    expect(cluster.store.readMap().shards[shard]).toMatchObject({ owner: 'b', epoch: 1, move: null });
  });

  it('is withdrawn when the world does not come to its seal in time', () => {
    const { cluster, a, b } = formed();
    const shard = shardOf(cluster, b);
    b.sealsNever = true;
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'move', shard, to: a.id, why: 'test' } });
    cluster.runUntil(() => b.of('unseal').length === 1, 11_000);
    cluster.run(100);
    expect(cluster.store.readMap().shards[shard]?.move).toBeNull();
    expect(b.events()).toContain('shard_withdrawn');
  });

  it('is withdrawn by an order that cancels it before it is stopped', () => {
    const { cluster, a, b } = formed();
    const shard = shardOf(cluster, b);
    b.sealsNever = true;
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'move', shard, to: a.id, why: 'test' } });
    cluster.run(100);
    cluster.tell(b, { kind: 'order', id: 'p', order: { kind: 'cancel', shard } });
    cluster.run(100);
    expect(b.of('unseal')).toHaveLength(1);
    expect(b.of('answer')[0]?.answer).toEqual({ kind: 'done' });
    expect(cluster.owners()[shard]).toBe('b');
  });

  it('starts from the checkpoint of the first owner when the new one dies between stopped and started', () => {
    const { cluster, a, b, c } = formed();
    const shard = shardOf(cluster, b);
    c.startsFail = 1_000;
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'move', shard, to: c.id, why: 'test' } });
    cluster.runUntil(() => b.of('release').length === 1, 1_000);
    cluster.kill(c);
    cluster.runUntil(() => all(cluster), 6_000);
    const entry = cluster.store.readMap().shards[shard];
    expect(entry).toMatchObject({ epoch: 3, from: { kind: 'hand-off', node: 'b' } });
    const starts = [...a.of('start'), ...b.of('start')].filter((e) => e.shard === shard && e.epoch === 3);
    expect(starts[0]?.from).toEqual({ kind: 'checkpoint', of: 'b' });
  });

  it('tries a start that failed again', () => {
    const { cluster, a, b } = formed();
    const shard = shardOf(cluster, b);
    a.startsFail = 3;
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'move', shard, to: a.id, why: 'test' } });
    cluster.runUntil(() => cluster.owners()[shard] === 'a', 4_000);
    expect(a.of('start').filter((e) => e.shard === shard)).toHaveLength(4);
  });

  it('sends the snapshot again until it is acknowledged', () => {
    const { cluster, a, b, c } = formed();
    const shard = shardOf(cluster, b);
    cluster.linkCut = (from, to) => from === b.id && to === c.id;
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'move', shard, to: c.id, why: 'test' } });
    cluster.run(3_500);
    expect(b.of('send').filter((e) => e.message.kind === 'snapshot')).toHaveLength(4);
    cluster.linkCut = () => false;
    cluster.runUntil(() => cluster.owners()[shard] === 'c', 2_000);
  });

  it('keeps to a pin: the shard goes there and the map says so', () => {
    const { cluster, a, b } = formed();
    const shard = shardOf(cluster, b);
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'pin', shard, to: a.id } });
    cluster.runUntil(() => cluster.owners()[shard] === 'a', 1_000);
    expect(cluster.store.readMap().shards[shard]?.pin).toBe('a');
  });
});

describe('death', () => {
  it("serves a dead node's shards elsewhere within the lease, a renewal and a little", () => {
    const { cluster, b } = formed();
    cluster.kill(b);
    expect(cluster.runUntil(() => all(cluster), 4_500)).toBeLessThan(4_500);
    cluster.run(2_000);
    expect(cluster.store.readMap().members).toEqual(['a', 'c']);
  });

  it('replaces a coordinator that dies, and takes its shards over as fast', () => {
    const { cluster, a, b, c } = formed();
    cluster.kill(a);
    expect(cluster.runUntil(() => all(cluster), 4_500)).toBeLessThan(4_500);
    expect([b, c].filter((n) => n.brain.view.coordinates)).toHaveLength(1);
  });

  it('takes over when the coordinator dies in the middle of taking over', () => {
    const { cluster, a, b } = formed();
    cluster.kill(b);
    cluster.runUntil(
      () => a.of('commit').some((e) => e.request.shards.some((s) => s.entry.from.kind === 'takeover')),
      5_000,
    );
    cluster.kill(a);
    cluster.runUntil(() => all(cluster), 10_000);
  });

  it('gives a process that starts again under the same name its shards under a new epoch', () => {
    const { cluster, b } = formed();
    const shard = shardOf(cluster, b);
    cluster.kill(b);
    cluster.run(500);
    const again = cluster.add('b');
    cluster.runUntil(() => all(cluster), 6_000);
    expect(again.of('fatal')).toHaveLength(0);
    const entry = cluster.store.readMap().shards[shard];
    expect(entry?.epoch).toBe(2);
  });

  it("ends a process whose name is another living one's", () => {
    const { cluster } = formed();
    const twin = cluster.add('b');
    cluster.run(6_000);
    expect(twin.of('fatal')[0]?.code).toBe('node_id_taken');
    expect(all(cluster)).toBe(true);
  });

  it("refuses to remove a living node, and gives a dead one's shards away at once when told to", () => {
    const { cluster, a, b } = formed();
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'remove', node: b.id } });
    expect(a.of('answer')[0]?.answer).toMatchObject({ kind: 'refused', code: 'node_alive' });
  });
});

describe('a node that was paused', () => {
  it('serves nothing from the instant it wakes, drops what was taken over, and joins in again', () => {
    const { cluster, b } = formed();
    const shard = shardOf(cluster, b);
    b.paused = true;
    cluster.run(10_000);
    expect(b.brain.standing(shard, cluster.nowMs)).toEqual({ kind: 'nobody' });
    expect(all(cluster)).toBe(true);
    cluster.resume(b);
    cluster.run(100);
    expect(b.of('drop')).toHaveLength(4);
    cluster.runUntil(() => cluster.count(b) === 4, 15_000);
  });

  it("changes nothing as a coordinator whose office is another's by now", () => {
    const { cluster, a } = formed();
    a.paused = true;
    cluster.run(10_000);
    const version = cluster.store.readMap().version;
    cluster.resume(a);
    cluster.run(3);
    expect(cluster.store.readMap().version).toBe(version);
    expect(a.brain.view.coordinates).toBe(false);
  });

  it('goes on with what nobody took over, and makes a takeover that was under way fail', () => {
    const { cluster, a, b } = formed();
    const shard = shardOf(cluster, b);
    b.cut = true;
    const serves = () => b.brain.standing(shard, cluster.nowMs).kind === 'owned';
    cluster.holdCommitsOf = a;
    cluster.runUntil(() => cluster.heldCommits.length > 0, 5_000);
    expect(serves()).toBe(false);
    b.cut = false;
    cluster.runUntil(serves, 3_000);
    for (const arrive of cluster.heldCommits) arrive();
    cluster.holdCommitsOf = undefined;
    cluster.run(3_000);
    expect(all(cluster)).toBe(true);
    expect(cluster.store.readMap().shards[shard]).toMatchObject({ owner: 'b', epoch: 1 });
  });
});

describe('without the store', () => {
  it('serves on as an island when everybody lacks it, and goes on as before when it is back', () => {
    const { cluster, a, b, c } = formed();
    for (const n of [a, b, c]) n.cut = true;
    const epochs = cluster.store.readMap().shards.map((s) => s.epoch);
    for (let s = 0; s < 60; s += 1) {
      cluster.run(1_000);
      expect(cluster.owners().every((o) => o !== undefined)).toBe(true);
    }
    expect(a.events()).toContain('islanded');
    for (const n of [a, b, c]) n.cut = false;
    cluster.run(10_000);
    expect(all(cluster)).toBe(true);
    expect(cluster.store.readMap().shards.map((s) => s.epoch)).toEqual(epochs);
  });

  it('fences itself when one other has it', () => {
    const { cluster, a, b } = formed();
    b.cut = true;
    const shard = shardOf(cluster, b);
    cluster.runUntil(() => b.brain.standing(shard, cluster.nowMs).kind === 'nobody', 2_800);
    expect(b.events()).toContain('lease_lost');
    cluster.runUntil(() => all(cluster), 3_000);
    expect(a.brain.view.coordinates).toBe(true);
  });

  it('fences itself when one other does not answer', () => {
    const { cluster, a, b, c } = formed();
    for (const n of [a, b, c]) n.cut = true;
    c.paused = true;
    cluster.run(4_000);
    expect(cluster.owners().every((o) => o === undefined)).toBe(true);
  });

  it('is not taken over by a node that joins with the store before it has asked back', () => {
    const { cluster, a, b, c } = formed();
    for (const n of [a, b, c]) n.cut = true;
    cluster.run(20_000);
    const d = cluster.add('d');
    cluster.run(20_000);
    // The three learn of the fourth by its question, and are fenced before it takes over.
    expect(cluster.count(d)).toBe(SHARDS);
  });
});

describe('a store that loses commits', () => {
  it('gets them back from those who saw them', () => {
    const { cluster, a, b } = formed();
    const shard = shardOf(cluster, b);
    const old = cluster.store.snapshot();
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'move', shard, to: a.id, why: 'test' } });
    cluster.runUntil(() => cluster.owners()[shard] === 'a', 1_000);
    cluster.run(50);
    cluster.store.restore(old);
    expect(cluster.store.readMap().shards[shard]?.owner).toBe('b');
    cluster.run(3_000);
    expect(cluster.store.readMap().shards[shard]).toMatchObject({ owner: 'a', epoch: 2, state: 'running' });
    expect(a.events()).toContain('map_repaired');
  });

  it('gets the whole map back when it comes back empty', () => {
    const { cluster } = formed();
    const before = cluster.store.readMap();
    cluster.store.restore(new BrainCluster().store.snapshot());
    cluster.run(12_000);
    const after = cluster.store.readMap();
    expect(after.shards.map((s) => s.owner)).toEqual(before.shards.map((s) => s.owner));
    expect(after.version).toBeGreaterThan(before.version);
    expect(all(cluster)).toBe(true);
  });
});

describe('leaving', () => {
  it('hands everything over, gives the lease back and says so', () => {
    const { cluster, b } = formed();
    cluster.tell(b, { kind: 'leave' });
    const tookMs = cluster.runUntil(() => b.of('left').length === 1, 5_000);
    expect(tookMs).toBeLessThan(2_500);
    expect(b.of('resign')).toEqual([{ kind: 'resign', lease: true }]);
    expect(all(cluster)).toBe(true);
    cluster.kill(b);
    cluster.run(3_000);
    expect(cluster.store.readMap().members).toEqual(['a', 'c']);
  });

  it('works for the coordinator too, whose office goes on to another', () => {
    const { cluster, a, b, c } = formed();
    cluster.tell(a, { kind: 'leave' });
    cluster.runUntil(() => a.of('left').length === 1, 5_000);
    cluster.kill(a);
    cluster.run(1_500);
    expect([b, c].filter((n) => n.brain.view.coordinates)).toHaveLength(1);
    expect(all(cluster)).toBe(true);
  });

  it('does not wait where nobody is there to take over', () => {
    const cluster = new BrainCluster();
    const a = cluster.add('a');
    cluster.runUntil(() => all(cluster), 6_000);
    cluster.tell(a, { kind: 'leave' });
    expect(a.of('left')).toHaveLength(1);
    expect(a.of('resign')).toHaveLength(0);
  });

  it('empties a cordoned node through rounds and fills it again when it is uncordoned', () => {
    const { cluster, a, b } = formed();
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'cordon', node: b.id } });
    cluster.runUntil(() => cluster.count(b) === 0, 25_000);
    cluster.tell(b, { kind: 'order', id: 'p', order: { kind: 'uncordon', node: b.id } });
    cluster.runUntil(() => cluster.count(b) === 4, 25_000);
  });

  it('refuses an order while nobody coordinates', () => {
    const cluster = new BrainCluster();
    const a = cluster.add('a');
    cluster.tell(a, { kind: 'order', id: 'o', order: { kind: 'unpin', shard: shardId(0) } });
    expect(a.of('answer')[0]?.answer).toMatchObject({ kind: 'refused', code: 'no_coordinator' });
  });
});
