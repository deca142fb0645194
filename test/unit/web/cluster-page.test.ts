import { describe, expect, it } from 'vitest';
import type { Cluster, Shard } from '../../../web/src/api/answers.gen.ts';
import { warningsOf } from '../../../web/src/cluster/cluster-warnings.ts';
import { eventRows } from '../../../web/src/cluster/event-groups.ts';
import { begunAt, type ClusterEvent, handOffs } from '../../../web/src/cluster/hand-offs.ts';
import { markOf, NodeMarks } from '../../../web/src/cluster/node-marks.ts';
import { camerasOf, flowsOf, shardNumbers } from '../../../web/src/cluster/plan-summary.ts';
import { arcPath, CENTRE, hubs, movePath, RING_INNER } from '../../../web/src/cluster/ring-geometry.ts';
import { shardSentence } from '../../../web/src/cluster/shard-text.ts';

const row = (shard: number, more: Partial<Shard> = {}): Shard => ({
  ...{ shard, node: 'a', epoch: 3, state: 'running', move: null, pin: null, from: { kind: 'nothing' }, cameras: 2 },
  ...more,
});

let nextId = 1_000;
const event = (at: number, kind: string, data: ClusterEvent['data'] = {}, more: Partial<ClusterEvent> = {}) =>
  ({
    ...{ id: String(nextId--), at, node: 'a', severity: 'info', kind, message: `${kind} at ${at}` },
    ...{ who: null, why: null, data, ...more },
  }) satisfies ClusterEvent;

describe('marks of nodes', () => {
  it('tells 64 nodes apart, and the first eight by colour and by pattern', () => {
    const marks = Array.from({ length: 64 }, (_, slot) => markOf(slot));
    expect(new Set(marks.map(({ colour, pattern }) => `${colour} ${pattern}`)).size).toBe(64);
    expect(new Set(marks.slice(0, 8).map(({ colour }) => colour)).size).toBe(8);
    expect(new Set(marks.slice(0, 8).map(({ pattern }) => pattern)).size).toBe(8);
  });

  it('keeps a node’s mark when others come and go', () => {
    const marks = new NodeMarks();
    marks.meet(['c', 'a']);
    const before = [marks.of('a'), marks.of('c')];
    marks.meet(['b', 'c']);
    expect([marks.of('a'), marks.of('c')]).toEqual(before);
    expect(marks.of('b').slot).toBe(2);
  });
});

describe('the ring’s geometry', () => {
  it('closes the ring with arcs that meet, and draws a single shard as a whole ring', () => {
    const numbers = (path: string): number[] => path.match(/-?\d+\.\d+/g)?.map(Number) ?? [];
    const [first, second] = [numbers(arcPath(0, 4)), numbers(arcPath(1, 4))];
    expect(Math.hypot((first[2] ?? 0) - (second[0] ?? 0), (first[3] ?? 0) - (second[1] ?? 0))).toBeLessThan(4);
    expect(arcPath(0, 1).match(/Z/g)).toHaveLength(2);
    expect(arcPath(0, 4_096)).not.toContain('NaN');
  });

  it('places hubs inside the ring without one over another', () => {
    for (const count of [1, 2, 3, 4, 5, 8, 12, 20, 40, 64]) {
      const all = hubs(count);
      expect(all).toHaveLength(count);
      for (const [i, { centre, radius }] of all.entries()) {
        expect(Math.hypot(centre.x - CENTRE, centre.y - CENTRE) + radius).toBeLessThan(RING_INNER);
        const next = all[(i + 1) % count];
        if (count > 1 && next !== undefined) {
          expect(Math.hypot(centre.x - next.centre.x, centre.y - next.centre.y)).toBeGreaterThan(radius + next.radius);
        }
      }
    }
  });

  it('bends a way and the way back to different sides', () => {
    const [a, b] = hubs(2);
    if (a === undefined || b === undefined) throw new Error('two hubs');
    expect(movePath(a, b)).not.toBe(movePath(b, a));
    expect(movePath(a, b)).toMatch(/^M[\d. ]+Q[-\d. ]+$/);
  });
});

describe('what a plan comes to', () => {
  const shards = [row(0), row(1), row(2, { cameras: null }), row(3)];
  const moves = [
    { shard: 3, from: 'a', to: 'b', why: 'cordon' },
    { shard: 0, from: 'a', to: 'b', why: 'cordon' },
    { shard: 2, from: 'a', to: 'c', why: 'cordon' },
  ];

  it('groups moves by where from and where to, the largest first, with their cameras where they are known', () => {
    expect(flowsOf(moves, shards)).toEqual([
      { from: 'a', to: 'b', why: 'cordon', shards: [0, 3], cameras: 4 },
      { from: 'a', to: 'c', why: 'cordon', shards: [2], cameras: null },
    ]);
    expect(camerasOf([], shards)).toBe(0);
  });

  it('names shards shortly', () => {
    expect(shardNumbers([])).toBe('');
    expect(shardNumbers([1, 2, 3, 7, 9, 10])).toBe('1 to 3, 7, 9, 10');
    expect(shardNumbers([1, 3, 5, 7], 2)).toBe('1, 3 …');
  });
});

describe('hand-offs in the event log', () => {
  it('pairs begin and end of each shard, with how long it took, newest first', () => {
    const log = [
      event(900, 'shard_begun', { shard: 5, from: 'a', to: 'c' }),
      event(850, 'shard_started', { shard: 4, node: 'b' }),
      event(800, 'shard_taken_over', { shard: 4, from: 'c', node: 'b' }),
      event(700, 'shard_started', { shard: 3, node: 'b' }),
      event(650, 'shard_stopped', { shard: 3, from: 'a', to: 'b' }),
      event(500, 'shard_begun', { shard: 3, from: 'a', to: 'b' }),
      event(400, 'shard_withdrawn', { shard: 3 }),
      event(450, 'shard_begun', { shard: 3, from: 'a', to: 'c' }),
      event(100, 'shard_started', { shard: 9, node: 'b' }),
    ];
    expect(handOffs(log)).toEqual([
      { shard: 4, from: 'c', to: 'b', endedAt: 850, tookMs: 50, how: 'taken over' },
      { shard: 3, from: 'a', to: 'b', endedAt: 700, tookMs: 200, how: 'handed over' },
      // The clock of who ended it is behind that of who began it.
      { shard: 3, from: 'a', to: 'c', endedAt: 400, tookMs: null, how: 'withdrawn' },
    ]);
    expect([...begunAt(log)]).toEqual([[5, 900]]);
  });

  it('tells events of several shards that say the same as one, and leaves what people did apart', () => {
    const log = [
      event(30_000, 'shard_started', { shard: 7, node: 'b' }),
      event(29_000, 'order_cordon', { node: 'a' }, { who: 'ann' }),
      event(28_000, 'shard_started', { shard: 6, node: 'b' }),
      event(27_000, 'shard_started', { shard: 5, node: 'c' }),
      event(1_000, 'shard_started', { shard: 4, node: 'b' }),
    ];
    expect(eventRows(log).map(({ message, count }) => [message, count])).toEqual([
      ['2 shards (6, 7) are served by b', 2],
      ['order_cordon at 29000', 1],
      ['shard_started at 27000', 1],
      ['shard_started at 1000', 1],
    ]);
  });
});

describe('what wants attention', () => {
  const member = (node: string, more: Partial<Cluster['members'][number]> = {}): Cluster['members'][number] => ({
    ...{ node, alive: true, coordinator: false, cordoned: false, draining: false, shards: 8, movesIn: 0, movesOut: 0 },
    ...{ cameras: 1, capacityFps: 10, demandFps: 1, rung: 0, version: '1', startedAt: 1, incarnation: 'x' },
    ...{ advertiseUrl: null, linkUrl: null, mapVersion: 1 },
    ...more,
  });
  const cluster: Cluster = {
    ...{ name: 'north', kind: 'redis', node: 'a', coordinator: 'a', coordinates: true, mapVersion: 4, shardCount: 16 },
    ...{ shards: { unowned: 0, starting: 0, moving: 0, running: 16 }, pinned: 0, moves: [] },
    members: [member('a'), member('b')],
    lease: { held: true, islanded: false, remainingMs: 2_000 },
  };

  it('is nothing where all is well, and on a node of its own', () => {
    expect(warningsOf(cluster, [])).toEqual([]);
    expect(warningsOf({ ...cluster, kind: 'local', coordinator: null }, [])).toEqual([]);
  });

  it('is said in a sentence each', () => {
    const members = [member('a'), member('b', { alive: false, shards: 3 }), member('c', { alive: false, shards: 0 })];
    const shards = { ...cluster.shards, unowned: 1 };
    const texts = warningsOf({ ...cluster, members, shards, coordinator: null }, ['b', 'd']).join('\n');
    for (const part of [
      'Nobody coordinates',
      '1 shard without an owner',
      'b is dead. Its 3 shards',
      'd does not answer',
    ]) {
      expect(texts).toContain(part);
    }
    expect(texts).toContain('c is dead and has no shards any more');
    expect(texts).not.toContain('b does not answer');
    const alone = { held: false, islanded: false, remainingMs: 0 };
    expect(warningsOf({ ...cluster, lease: alone }, [])[0]).toContain('has lost its lease');
    expect(warningsOf({ ...cluster, coordinator: null, lease: { ...alone, islanded: true } }, [])).toHaveLength(1);
  });

  it('says all of a shard in one sentence', () => {
    expect(shardSentence(row(17, { node: 'b', cameras: 1 }))).toBe('Shard 17: on b, served, 1 camera, epoch 3');
    const move = { id: 'm', to: 'c', why: 'balance' };
    expect(shardSentence(row(2, { state: 'moving', move, pin: 'c', cameras: null }))).toBe(
      'Shard 2: on a, on its way to c, cameras unknown, epoch 3, pinned to c',
    );
    expect(shardSentence(row(2, { node: null, state: 'unowned', cameras: 0 }))).toContain('no owner, nobody runs it');
  });
});
