import { describe, expect, it } from 'vitest';
import { checkAlerts } from '../../../loadtest/cluster/alert-check.ts';
import type { AlertSeen } from '../../../loadtest/cluster/alert-log.ts';
import { trackContinuity } from '../../../loadtest/cluster/continuity.ts';
import { handOffs } from '../../../loadtest/cluster/hand-offs.ts';
import { OwnershipBook, ServingBook } from '../../../loadtest/cluster/ownership-book.ts';
import { servedAgain, servedPerS } from '../../../loadtest/cluster/served.ts';
import type { AnswerRecord } from '../../../loadtest/swarm/record.ts';

function seen(opening: number, openedAtMs: number, more: Partial<AlertSeen> = {}): AlertSeen {
  const state = more.state ?? 'opened';
  const alert = `cam:rule:${opening}`;
  return {
    ...{ id: `${alert}:${state}`, alert, camera: 'cam', rule: 'rule', opening, state, shard: 3, epoch: 1, node: 'n1' },
    ...{ atMs: openedAtMs, openedAtMs, takenMs: openedAtMs + 5 },
    ...more,
  };
}

describe('what became of alerts', () => {
  it('takes the same event twice for a copy, which is allowed', () => {
    const verdict = checkAlerts([seen(1, 100), seen(1, 100)], [], [{ id: 'cam:rule:1:opened' }]);
    expect(verdict).toMatchObject({ distinct: 1, copies: 1, doubled: [], missing: [], holes: [] });
  });

  it('tells one name for two openings from a copy', () => {
    expect(checkAlerts([seen(1, 100), seen(1, 900)], [], []).doubled).toEqual([
      'cam:rule:1:opened began at 100 and at 900',
    ]);
  });

  it('finds one opening under two names', () => {
    expect(checkAlerts([seen(1, 100), seen(2, 100)], [], []).doubled).toEqual([
      'one opening is cam:rule:1 and cam:rule:2',
    ]);
  });

  it('finds an effect of an older epoch after one of a later', () => {
    const stream = [seen(1, 100, { epoch: 2 }), seen(2, 200, { epoch: 1 }), seen(3, 300, { epoch: 2 })];
    expect(checkAlerts(stream, [], []).epochsBack).toHaveLength(1);
  });

  it('says what was raised and is not there, and which numbers nobody has', () => {
    const verdict = checkAlerts([seen(1, 100), seen(4, 400)], [], [{ id: 'cam:rule:3:opened' }]);
    expect(verdict.missing).toEqual(['cam:rule:3:opened']);
    expect(verdict.holes).toEqual(['cam:rule:2']);
  });
});

function result(sentMs: number, tracks: readonly number[], more: Partial<AnswerRecord> = {}): AnswerRecord {
  const detections = tracks.map((track) => ({
    label: 'car',
    classId: 2,
    score: 0.9,
    box: [0, 0, 1, 1] as const,
    track,
  }));
  return { camera: 'cam', at: sentMs + 20, kind: 'result', latencyMs: 20, detections, ...more };
}

describe('numbers of tracks', () => {
  it('may grow, go on for a moment, and leave some out', () => {
    const answers = [result(0, [1, 2]), result(1_000, [2, 3]), result(2_000, [5])];
    expect(trackContinuity(answers)).toMatchObject({ tracks: 4, wentBack: [], holes: 1 });
  });

  it('went back where one of an object long gone comes again', () => {
    const answers = [result(0, [1, 2]), result(1_000, [3]), result(9_000, [2, 3])];
    expect(trackContinuity(answers).wentBack).toEqual([{ camera: 'cam', atMs: 9_000, tracks: 2 }]);
  });
});

describe('who owned what, from outside', () => {
  it('lets owners follow each other with growing epochs', () => {
    const book = new OwnershipBook();
    book.claim('n1', 7, 1, 0, 10);
    book.claim('n2', 7, 2, 20, 30);
    expect(book.faults).toEqual([]);
    expect(book.changes(7)).toBe(1);
  });

  it('takes no look that overlaps the change for a fault', () => {
    const book = new OwnershipBook();
    book.claim('n2', 7, 2, 20, 30);
    book.claim('n1', 7, 1, 25, 40);
    expect(book.faults).toEqual([]);
  });

  it('finds an old epoch that is still served, and an epoch of two nodes', () => {
    const book = new OwnershipBook();
    book.claim('n2', 7, 2, 20, 30);
    book.claim('n1', 7, 1, 35, 40);
    book.claim('n3', 7, 2, 50, 60);
    expect(book.faults).toHaveLength(2);
  });

  it('counts a turn only where the times of growth certainly follow each other', () => {
    const book = new ServingBook();
    book.look('n1', 'cam', 0, 0, 1);
    book.look('n2', 'cam', 0, 0, 1);
    book.look('n1', 'cam', 5, 10, 11); // grew between 0 and 11
    book.look('n2', 'cam', 2, 8, 9); // between 0 and 9: which of them first, nobody knows
    expect(book.switches('cam')).toBe(0);
    book.look('n2', 'cam', 4, 30, 31); // between 8 and 31
    expect(book.switches('cam')).toBe(0);
    book.look('n2', 'cam', 6, 40, 41); // between 30 and 41
    expect(book.switches('cam')).toBe(1);
  });
});

describe('being served', () => {
  it('begins again with the first answer to a frame sent after it', () => {
    const answers = [
      result(90, [], { at: 130, latencyMs: 40 }),
      result(120, [], { kind: 'dropped' }),
      result(200, [], { at: 240, latencyMs: 40 }),
    ];
    const again = servedAgain(answers, ['cam', 'other'], 100);
    expect(again.times).toMatchObject({ count: 1, max: 140 });
    expect(again.never).toEqual(['other']);
  });

  it('is counted by the second', () => {
    const answers = [result(0, []), result(100, []), result(1_500, [])];
    expect(servedPerS(answers, 0, 2_000)).toEqual({ mean: 1.5, least: 1 });
  });
});

describe('hand-offs in the event log', () => {
  it('last from begin to stopped to started, and may be withdrawn', () => {
    const event = (at: number, kind: string, shard: number, why = 'balance') => ({
      ...{ id: `${at}`, at, node: 'n1', kind, message: '', data: { shard, why } },
    });
    const log = [
      event(100, 'shard_begun', 1),
      event(110, 'shard_begun', 2, 'drain'),
      event(130, 'shard_stopped', 1),
      event(150, 'shard_withdrawn', 2),
      event(170, 'shard_started', 1),
    ];
    expect(handOffs(log.reverse(), 0)).toMatchObject({
      begun: { balance: 1, drain: 1 },
      withdrawn: 1,
      toStopped: { max: 30 },
      whole: { count: 1, max: 70 },
    });
  });
});
