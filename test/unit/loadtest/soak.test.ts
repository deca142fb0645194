import { describe, expect, it } from 'vitest';
import { type SoakEnd, type SoakNotes, soakRows, soakTable, soakTargets } from '../../../loadtest/soak/outcome.ts';
import { soakSchedule, stormEveryS } from '../../../loadtest/soak/schedule.ts';

describe('soakSchedule', () => {
  const schedule = soakSchedule({ warmupS: 60, seconds: 1_800, faultEveryS: 30 });

  it('does one thing each half minute, in turn, on one device and then on the other', () => {
    expect(schedule.slice(0, 8).map((d) => `${d.atS} ${d.what} ${d.device ?? ''}`.trim())).toEqual([
      '30 exit cpu-0',
      '60 hang cpu-0',
      '90 out_of_memory cpu-0',
      '120 storm',
      '150 exit cpu-1',
      '180 hang cpu-1',
      '210 out_of_memory cpu-1',
      '240 storm',
    ]);
  });

  it('says of storms when the swarm makes them', () => {
    const storms = schedule.filter((d) => d.what === 'storm').map((d) => d.atS);
    expect(storms).toEqual(storms.map((_, i) => (i + 1) * stormEveryS(30)));
  });

  it('leaves the end in peace, to recover', () => {
    expect(schedule.at(-1)?.atS).toBeLessThanOrEqual(60 + 1_800 - 15);
  });
});

const end: SoakEnd = { ledgerProblems: [], sent: 100, exit: '0', exitMs: 900, left: [], sameProcess: true };

function notes(lastRss: number, lastFds: number): SoakNotes {
  const minutes = [0, 1, 2];
  const of = (minute: number, first: number, last: number): number => (minute === 2 ? last : first);
  return {
    fromMs: 10_000,
    fromAt: 1_000_000,
    sliceMs: 60_000,
    seconds: 180,
    samples: Array.from({ length: 37 }, (_, i) => ({
      atMs: 10_000 + i * 5_000,
      rssBytes: of(Math.floor(i / 12), 100, lastRss),
      cpuMs: 0,
      mainThreadCpuMs: 0,
    })),
    handles: minutes.map((m) => ({ atMs: 40_000 + m * 60_000, fds: of(m, 40, lastFds), threads: 20, rung: m })),
    answers: minutes.flatMap((m) => [
      { camera: 'a', at: 1_000_000 + m * 60_000, kind: 'result' as const, latencyMs: 20 + m },
      { camera: 'a', at: 1_030_000 + m * 60_000, kind: 'dropped' as const, reason: 'device_failed', latencyMs: 5 },
    ]),
    disturbances: [{ atS: 90, what: 'exit', device: 'cpu-0', warmupS: 60 }],
  };
}

const unmet = (n: SoakNotes, e: SoakEnd): readonly string[] =>
  soakTargets(soakRows({ ...n, sliceMs: n.sliceMs }), e)
    .filter((t) => !t.met)
    .map((t) => t.what);

describe('the soak', () => {
  it('puts what happened into the minute in which it happened, the warm-up apart', () => {
    const rows = soakRows(notes(100, 40));
    expect(rows.map((r) => [r.slice, r.p99Ms, r.lost, r.rungMax, r.fds])).toEqual([
      [1, 20, 1, 0, 40],
      [2, 21, 1, 1, 40],
      [3, 22, 1, 2, 40],
    ]);
    expect(rows[0]?.disturbances).toEqual(['exit cpu-0']);
    expect(soakTable(rows).split('\n')).toHaveLength(5);
  });

  it('is met where memory and handles end as they began and every frame is accounted for', () => {
    // One result a minute is shown as 0.0/s.
    const busy = (n: SoakNotes): SoakNotes => ({ ...n, answers: n.answers.flatMap((a) => Array(10).fill(a)) });
    expect(unmet(busy(notes(109, 42)), end)).toEqual([]);
    expect(unmet(busy(notes(112, 42)), end)).toHaveLength(1);
    expect(unmet(busy(notes(100, 48)), end)).toHaveLength(1);
    expect(unmet(busy(notes(100, 40)), { ...end, exit: '1', left: [7], ledgerProblems: ['x'] })).toHaveLength(2);
    expect(unmet(busy(notes(100, 40)), { ...end, sameProcess: false })).toHaveLength(1);
  });

  it('is missed where a minute went by without a result', () => {
    const silent = { ...notes(100, 40), answers: [] };
    expect(unmet(silent, end)).toHaveLength(1);
  });
});
