import { describe, expect, it } from 'vitest';
import { type BenchOutcome, benchRows, benchTable, benchTargets } from '../../../loadtest/bench/outcome.ts';
import { type BenchRun, benchPlan } from '../../../loadtest/bench/plan.ts';
import type { SwarmSummary } from '../../../loadtest/swarm/swarm.ts';
import { newCameraTally, Tally } from '../../../loadtest/swarm/tally.ts';

describe('benchPlan', () => {
  const plan = benchPlan({ repeats: 3, loadsFps: [20, 40, 80, 160] });

  it('gives both servers every load in every repeat, right after one another', () => {
    const servers = plan.filter((r) => r.subject !== 'bare-loop' && r.credits === 'ignored');
    expect(servers).toHaveLength(3 * 4 * 2);
    for (let i = 0; i < servers.length; i += 2) {
      expect(servers[i]?.offeredFps).toBe(servers[i + 1]?.offeredFps);
      expect(servers[i]?.subject).not.toBe(servers[i + 1]?.subject);
    }
  });

  it('changes who goes first from one repeat of a load to the next', () => {
    const first = (repeat: number): string | undefined =>
      plan.find((r) => r.repeat === repeat && r.offeredFps === 40 && r.subject !== 'bare-loop')?.subject;
    expect(first(0)).not.toBe(first(1));
    expect(first(1)).not.toBe(first(2));
  });

  it('runs the bare loop and the load with credits obeyed once a repeat, at the highest load', () => {
    for (const pick of [(r: BenchRun) => r.subject === 'bare-loop', (r: BenchRun) => r.credits === 'obeyed']) {
      const runs = plan.filter(pick);
      expect(runs.map((r) => r.repeat)).toEqual([0, 1, 2]);
      expect(new Set(runs.map((r) => r.offeredFps))).toEqual(new Set([160]));
    }
  });
});

/** A run in which each of `latenciesMs` is one frame's answer, at `perS` results a second. */
function outcome(run: BenchRun, perS: number, latencyMs: number, closed: boolean | null = null): BenchOutcome {
  if (run.subject === 'bare-loop') return { run, framesPerS: perS };
  const tally = new Tally({ fromMs: 0, toMs: 10_000 });
  const camera = newCameraTally('c');
  for (let i = 0; i < perS * 10; i++) {
    const sentMs = (i * (10_000 - latencyMs)) / (perS * 10);
    tally.planned(camera, sentMs);
    tally.sent(camera, { intendedMs: sentMs, sentMs });
    tally.answered(
      camera,
      { intendedMs: sentMs, sentMs },
      { kind: 'result', nodeLatencyMs: 1, detections: 0 },
      sentMs + latencyMs,
    );
  }
  const ledger =
    closed === null
      ? null
      : {
          closed,
          sent: 0,
          received: 0,
          inferred: 0,
          inFlight: 0,
          lostToDeath: 0,
          unaccounted: 0,
          problemCount: 0,
          problems: [],
        };
  const swarm: SwarmSummary = {
    ...tally.summary([camera]),
    drained: true,
    generatorCpuCores: 0,
    generatorRssBytes: 0,
    storm: null,
    ledger,
  };
  const use = {
    rssStartBytes: 1e8,
    rssEndBytes: 1e8,
    rssMaxBytes: 1e8,
    rssGrowthBytesPerS: 0,
    cpuCores: 2,
    mainThreadCores: 0.3,
    machineCores: 2,
    stolenCores: 0,
    samples: 9,
  };
  return { run, swarm, use };
}

const run = (subject: BenchRun['subject'], offeredFps: number, repeat = 0): BenchRun => ({
  repeat,
  subject,
  offeredFps,
  credits: 'ignored',
});

describe('benchRows and benchTargets', () => {
  it('take the median of the repeats', () => {
    const rows = benchRows([
      outcome(run('camshard', 40, 0), 40, 30, true),
      outcome(run('camshard', 40, 1), 40, 500, true),
      outcome(run('camshard', 40, 2), 40, 40, true),
    ]);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.p99Ms).toBeCloseTo(40, 0);
    expect(rows[0]?.resultsPerS).toBe(40);
    expect(rows[0]?.answeredShare).toBe(1);
  });

  it('count one open ledger as open whatever the other repeats say', () => {
    const rows = benchRows([
      outcome(run('camshard', 40, 0), 40, 30, true),
      outcome(run('camshard', 40, 1), 40, 30, false),
      outcome(run('camshard', 40, 2), 40, 30, true),
    ]);
    expect(rows[0]?.ledgerClosed).toBe(false);
    expect(benchTable(rows)).toContain('**open**');
  });

  it('meet every target where the node is as good as asked, and say which is missed where it is not', () => {
    const good = [
      outcome(run('camshard', 40), 40, 50, true),
      outcome(run('baseline', 40), 40, 50),
      outcome(run('camshard', 160), 80, 200, true),
      outcome(run('baseline', 160), 70, 9_000),
      outcome(run('bare-loop', 160), 85, 0),
    ];
    expect(benchTargets(benchRows(good)).filter((t) => !t.met)).toEqual([]);
    const slow = good.map((o) =>
      o.run.subject === 'camshard' && o.run.offeredFps === 160 ? outcome(o.run, 60, 400, true) : o,
    );
    expect(
      benchTargets(benchRows(slow))
        .filter((t) => !t.met)
        .map((t) => t.what),
    ).toEqual([
      "at 160 fps results/s are at least the baseline's best",
      'at 160 fps p99 of results is under 300 ms',
      'sustained results are at least 0.9 of the bare loop',
    ]);
  });

  it('meet no target that was not measured', () => {
    expect(benchTargets([]).every((t) => !t.met)).toBe(true);
  });
});
