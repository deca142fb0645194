import { describe, expect, it } from 'vitest';
import { parseCameraSettings } from '../../../config/camera-settings/parse-camera-settings.ts';
import { cameraDocument } from '../../../loadtest/outages/camera-documents.ts';
import { historyFaults, totalsFaults } from '../../../loadtest/outages/history-check.ts';
import { isDrained, nodeSample } from '../../../loadtest/outages/node-watch.ts';
import { drainMs, EXACT_TARGETS, outageTargets } from '../../../loadtest/outages/outcome.ts';
import { historyDrainMs, phaseOf } from '../../../loadtest/outages/phases.ts';
import {
  eventsOfView,
  leftOpen,
  lostByKill,
  outboxFaults,
  type Raised,
  sinkOutcome,
} from '../../../loadtest/outages/reconcile.ts';
import type { OutageRun } from '../../../loadtest/outages/run.ts';
import { lengthsOf, pickScenarios, SCENARIOS } from '../../../loadtest/outages/scenarios.ts';
import type { AnswerRecord } from '../../../loadtest/swarm/record.ts';

/** The `n`th thing raised: at place n, n seconds after the epoch. */
function raised(n: number, alert: string, state: Raised['state'], openedAtS = n): Raised {
  const [camera = '', rule = ''] = alert.split(':');
  return {
    position: n,
    id: `${alert}:${state}`,
    alert,
    camera,
    rule,
    state,
    atMs: n * 1_000,
    openedAtMs: openedAtS * 1_000,
  };
}

const four = [
  raised(1, 'a:jam:1', 'opened'),
  raised(2, 'b:jam:1', 'opened'),
  raised(3, 'a:jam:1', 'closed', 1),
  raised(4, 'b:jam:1', 'closed', 2),
];
const heard = (...ids: readonly string[]) => ids.map((id, i) => ({ id, atMs: 10_000 + i }));
const ALL = four.map(({ id }) => id);

describe('what a sink heard', () => {
  it('is everything raised, once, in order, where nothing went wrong', () => {
    expect(sinkOutcome('mqtt', four, heard(...ALL), 0)).toEqual({
      sink: 'mqtt',
      raised: 4,
      distinct: 4,
      missing: 0,
      missingIds: [],
      away: 0,
      doubled: 0,
      unknown: 0,
      outOfOrder: 0,
      waited: 0,
      drainMs: 0,
    });
  });

  it('lacks what never came, and has twice what came twice', () => {
    const outcome = sinkOutcome('mqtt', four, heard('a:jam:1:opened', 'a:jam:1:opened', 'b:jam:1:opened'), 0);
    expect(outcome).toMatchObject({ distinct: 2, missing: 2, doubled: 1, outOfOrder: 0 });
    expect(outcome.missingIds).toEqual(['a:jam:1:closed', 'b:jam:1:closed']);
  });

  it('is out of order by camera only: cameras may overtake one another', () => {
    const overtaking = heard('b:jam:1:opened', 'a:jam:1:opened', 'b:jam:1:closed', 'a:jam:1:closed');
    expect(sinkOutcome('mqtt', four, overtaking, 0).outOfOrder).toBe(0);
    const wrong = heard('a:jam:1:closed', 'a:jam:1:opened', 'b:jam:1:opened', 'b:jam:1:closed');
    expect(sinkOutcome('mqtt', four, wrong, 0).outOfOrder).toBe(1);
  });

  it('keeps no order where it is a view of the last state', () => {
    const rows = eventsOfView(
      [
        { id: 'b:jam:1', state: 'closed' },
        { id: 'a:jam:1', state: 'closed' },
      ],
      9_000,
    );
    expect(sinkOutcome('api', four, rows, 0)).toMatchObject({ distinct: 4, missing: 0, outOfOrder: 0 });
  });

  it('knows what nobody raised', () => {
    expect(sinkOutcome('mqtt', four, heard(...ALL, 'c:jam:1:opened'), 0).unknown).toBe(1);
  });

  it('does not lack what was published while the subscriber was away', () => {
    const away = (id: string) => id === 'a:jam:1:opened';
    const outcome = sinkOutcome('channel', four, heard(...ALL.slice(1)), 20_000, away);
    expect(outcome).toMatchObject({ missing: 0, away: 1, distinct: 3, drainMs: 0 });
  });

  it('is drained when the last of what was raised before the return has come', () => {
    const outcome = sinkOutcome(
      'redis',
      four,
      [...heard('a:jam:1:opened'), { id: 'b:jam:1:opened', atMs: 10_500 }],
      10_100,
    );
    expect(outcome).toMatchObject({ waited: 3, drainMs: Number.POSITIVE_INFINITY });
    const whole = heard(...ALL).map(({ id }, i) => ({ id, atMs: 9_000 + i * 1_000 }));
    expect(sinkOutcome('redis', four, whole, 10_100)).toMatchObject({ waited: 2, drainMs: 1_900 });
  });
});

describe('an outbox', () => {
  it('is in order where each opening has one name and one beginning', () => {
    expect(outboxFaults(four)).toEqual([]);
    expect(leftOpen(four)).toEqual([]);
    expect(leftOpen(four.slice(0, 3))).toEqual(['b:jam:1']);
  });

  it('never has an opening number twice', () => {
    expect(outboxFaults([...four, raised(5, 'a:jam:1', 'opened')])).toEqual(['a:jam:1:opened is raised twice']);
  });

  it('never has two names for one opening', () => {
    expect(outboxFaults([raised(1, 'a:jam:1', 'opened', 1), raised(2, 'a:jam:2', 'opened', 1)])).toEqual([
      'one opening is a:jam:1 and a:jam:2',
    ]);
  });

  it('has no end without a beginning, and no place twice', () => {
    expect(outboxFaults([raised(1, 'a:jam:1', 'closed')])).toEqual(['a:jam:1 ends and never began']);
    expect(outboxFaults([raised(2, 'a:jam:1', 'opened'), raised(2, 'b:jam:1', 'opened')])).toEqual([
      'place 2 comes after 2',
    ]);
  });

  it('has after a restart what it had right after the kill', () => {
    expect(lostByKill(four.slice(0, 3), four)).toEqual([]);
    expect(lostByKill(four, four.slice(0, 3))).toEqual(['b:jam:1:closed']);
    expect(lostByKill(four.slice(0, 1), [{ ...raised(1, 'c:jam:9', 'opened') }])).toEqual(['a:jam:1:opened']);
  });
});

const METRICS = `
# HELP camshard_alert_changes_total x
camshard_alert_changes_total 12
camshard_alert_changes_lost_total 0
camshard_alert_sink_behind_records{sink="redis"} 3
camshard_alert_sink_behind_records{sink="webhook:ops"} 0
camshard_alert_sink_lost_total{sink="redis"} 0
camshard_history_records_total{outcome="accepted",reason=""} 10
camshard_history_records_total{outcome="stored",reason=""} 7
camshard_history_records_total{outcome="dropped",reason="spool_full"} 2
camshard_history_records_total{outcome="dropped",reason="disk_full"} 1
camshard_history_spool_records 0
nodejs_eventloop_lag_p99_seconds 0.012
nodejs_eventloop_lag_max_seconds 0.02
process_resident_memory_bytes 200000000
`;

describe('what a node says of itself', () => {
  it('is read by name, label and sum', () => {
    const sample = nodeSample(METRICS, 5);
    expect(sample).toMatchObject({ raised: 12, unkept: 0, loopP99Ms: 12, loopMaxMs: 20, rssBytes: 2e8 });
    expect([...sample.behind]).toEqual([
      ['redis', 3],
      ['webhook:ops', 0],
    ]);
    expect(sample.history).toMatchObject({ accepted: 10, stored: 7, dropped: 3 });
    expect(isDrained(sample)).toBe(false);
    expect(isDrained({ ...sample, behind: new Map() })).toBe(true);
  });
});

describe('a phase', () => {
  const answers = (fromMs: number, toMs: number, latencyMs: number): AnswerRecord[] =>
    Array.from({ length: (toMs - fromMs) / 100 }, (_, i) => ({
      camera: 'a',
      at: fromMs + i * 100,
      kind: 'result',
      latencyMs,
    }));

  it('is judged by the median of its slices: one stall does not decide it', () => {
    const all = [...answers(0, 5_000, 20), ...answers(5_000, 10_000, 900), ...answers(10_000, 15_000, 22)];
    expect(phaseOf(all, [], 0, 15_000)).toMatchObject({ p99Ms: 22, p99AllMs: 900, resultsPerS: 10, loopP99Ms: null });
  });

  it('has no p99 without results', () => {
    expect(phaseOf([], [], 0, 5_000)).toMatchObject({ p99Ms: null, resultsPerS: 0 });
  });

  it('ends for the history when all that was taken before the return is stored', () => {
    const sample = (atMs: number, accepted: number, stored: number) => ({
      ...nodeSample('', atMs),
      history: { accepted, stored, stale: 0, aside: 0, dropped: 0, waiting: accepted - stored },
    });
    const samples = [sample(1_000, 50, 10), sample(2_500, 60, 40), sample(3_000, 65, 51)];
    expect(historyDrainMs(samples, 2_000)).toBe(1_000);
    expect(historyDrainMs(samples.slice(0, 2), 2_000)).toBe(Number.POSITIVE_INFINITY);
    // A node that was killed begins counting anew.
    expect(historyDrainMs([...samples.slice(0, 1), sample(3_000, 5, 5)], 2_000)).toBeNull();
  });
});

const ROWS = {
  alertsTwice: 0,
  frames: 9,
  objects: 4,
  leftMeasured: 4,
  left: 4,
  events: 8,
  eventsTwice: 0,
  tracksTwice: 0,
  objectsTwice: 0,
};

describe('the history', () => {
  it('says what does not add up', () => {
    expect(historyFaults({ ...ROWS, alerts: [] }, 9)).toEqual([]);
    expect(historyFaults({ ...ROWS, alerts: [], eventsTwice: 2 }, 10)).toEqual([
      'frames in intervals, frames in the ledger: 9 and 10',
      'events twice: 2 and 0',
    ]);
  });

  it('has as many records as the node took', () => {
    const totals = { events: 8, objects: 4, audit: 2, intervals: 3 };
    const records = { accepted: 21, stored: 21, stale: 0, aside: 0, dropped: 0, waiting: 0 };
    expect(totalsFaults(totals, records, 4)).toEqual([]);
    expect(totalsFaults({ ...totals, events: 9 }, records, 4)[0]).toContain('in the database 22');
    expect(totalsFaults(totals, { ...records, stored: 20, dropped: 1 }, 4)).toHaveLength(1);
  });
});

describe('the scenarios', () => {
  it('each end with more load than an open breaker waits', () => {
    expect(lengthsOf(60, 30, false).afterS).toBeGreaterThan(33);
    expect(lengthsOf(5, 3, true).afterS).toBeGreaterThan(3.3);
  });

  it('are picked by name', () => {
    expect(pickScenarios(undefined)).toBe(SCENARIOS);
    expect(pickScenarios('redis,node').map(({ name }) => name)).toEqual(['redis', 'node']);
    expect(() => pickScenarios('moon')).toThrow('no scenario moon');
  });

  it('have settings that a node takes', () => {
    expect(parseCameraSettings(cameraDocument())).toHaveProperty('settings.rules.length', 6);
  });
});

describe('the targets', () => {
  const phase = { p99Ms: 50, p99AllMs: 60, resultsPerS: 96, loopP99Ms: 11, loopMaxMs: 20, rssBytes: 2e8 };
  const run = (part: Partial<OutageRun> = {}): OutageRun => ({
    name: 'redis',
    what: 'redis',
    killNode: false,
    raised: 4,
    counted: 4,
    sinks: [sinkOutcome('mqtt', four, heard(...ALL), 9_999)],
    historyDrainMs: 500,
    before: phase,
    during: phase,
    after: phase,
    hung: 0,
    received: 9,
    rows: ROWS,
    restartMs: null,
    ledgerProblems: [],
    outboxProblems: [],
    historyProblems: [],
    problems: [],
    ...part,
  });
  const unmet = (runs: readonly OutageRun[]): string[] =>
    outageTargets(runs).flatMap((target, i) =>
      target.met ? [] : [`${i < EXACT_TARGETS ? 'exact' : 'time'}: ${target.measured}`],
    );

  it('are met where everything is delivered and nobody waits longer', () => {
    expect(unmet([run()])).toEqual([]);
    expect(drainMs(run())).toBe(500);
  });

  it('are not met by no run at all', () => {
    expect(outageTargets([]).some(({ met }) => met)).toBe(false);
  });

  it('tell what is lost from what is late', () => {
    expect(
      unmet([run({ sinks: [sinkOutcome('mqtt', four, heard(...ALL.slice(1)), 9_000)], historyDrainMs: 0 })]),
    ).toEqual(['exact: redis: mqtt 1 missing', 'time: redis: **never**']);
    expect(unmet([run({ during: { ...phase, p99Ms: 58 } })])).toEqual(['time: redis: 50.0 ms to 58.0 ms']);
    expect(unmet([run({ historyDrainMs: 31_000 })])).toEqual(['time: redis: 31,000 ms']);
  });

  it('ask no ledger, count or p99 of a node that is killed', () => {
    const killed = run({
      name: 'node',
      killNode: true,
      counted: null,
      ledgerProblems: ['x'],
      during: { ...phase, p99Ms: null },
    });
    expect(unmet([run(), killed])).toEqual([]);
  });
});
