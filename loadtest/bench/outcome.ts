import type { WatchedUse } from '../lib/proc-stats.ts';
import { markdownTable, megabytes, ms, percent, type Target } from '../lib/report.ts';
import { medianOrNull, round } from '../lib/statistics.ts';
import type { SwarmSummary } from '../swarm/swarm.ts';
import type { BenchRun } from './plan.ts';

/** What one run gave; `swarm` and `use` are absent of a bare loop, `framesPerS` of a server. */
export interface BenchOutcome {
  readonly run: BenchRun;
  readonly swarm?: SwarmSummary;
  /** Of the serving process. */
  readonly use?: WatchedUse;
  /** Of the bare loop. */
  readonly framesPerS?: number;
}

/** Medians over the repeats of one subject under one load. */
export interface BenchRow {
  readonly subject: BenchRun['subject'];
  readonly offeredFps: number;
  readonly credits: BenchRun['credits'];
  readonly repeats: number;
  readonly sentPerS: number | null;
  readonly resultsPerS: number | null;
  /** Frames of the measured window that got a result, of those sent in it. */
  readonly answeredShare: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly p99IntendedMs: number | null;
  readonly p99NodeMs: number | null;
  readonly rssStartBytes: number | null;
  readonly rssEndBytes: number | null;
  readonly rssMaxBytes: number | null;
  readonly rssGrowthBytesPerS: number | null;
  readonly cpuCores: number | null;
  /** Of everything else on the machine, and what its hypervisor withheld: near 0 in a run worth trusting. */
  readonly othersCores: number | null;
  readonly generatorLagP99Ms: number | null;
  readonly generatorCpuCores: number | null;
  readonly unanswered: number | null;
  /** null where the server has no ledger. */
  readonly ledgerClosed: boolean | null;
}

export function benchRows(outcomes: readonly BenchOutcome[]): readonly BenchRow[] {
  const groups = new Map<string, BenchOutcome[]>();
  for (const outcome of outcomes) {
    const { subject, offeredFps, credits } = outcome.run;
    const key = `${offeredFps} ${credits} ${subject}`;
    groups.set(key, [...(groups.get(key) ?? []), outcome]);
  }
  const rows = [...groups.values()].flatMap((group) => {
    const run = group[0]?.run;
    return run === undefined ? [] : [rowOf(run, group)];
  });
  const rank = (r: BenchRow): number =>
    r.offeredFps * 10 + (r.credits === 'obeyed' ? 5 : 0) + SUBJECTS.indexOf(r.subject);
  return rows.sort((a, b) => rank(a) - rank(b));
}

const SUBJECTS: readonly BenchRun['subject'][] = ['camshard', 'baseline', 'bare-loop'];

function rowOf(run: BenchRun, group: readonly BenchOutcome[]): BenchRow {
  const of = (pick: (o: BenchOutcome) => number | null | undefined): number | null => medianOrNull(group.map(pick));
  const verdicts = group.flatMap((o) => (o.swarm?.ledger == null ? [] : [o.swarm.ledger.closed]));
  return {
    subject: run.subject,
    offeredFps: run.offeredFps,
    credits: run.credits,
    repeats: group.length,
    sentPerS: of((o) => o.swarm?.window.sentPerS),
    resultsPerS: of((o) => o.framesPerS ?? o.swarm?.window.resultsPerS),
    answeredShare: of((o) => (o.swarm === undefined ? null : o.swarm.window.resultsOfThem / o.swarm.window.sent)),
    p50Ms: of((o) => o.swarm?.latencyMs.fromSend.p50),
    p99Ms: of((o) => o.swarm?.latencyMs.fromSend.p99),
    p99IntendedMs: of((o) => o.swarm?.latencyMs.fromIntended.p99),
    p99NodeMs: of((o) => o.swarm?.latencyMs.node.p99),
    rssStartBytes: of((o) => o.use?.rssStartBytes),
    rssEndBytes: of((o) => o.use?.rssEndBytes),
    rssMaxBytes: of((o) => o.use?.rssMaxBytes),
    rssGrowthBytesPerS: of((o) => o.use?.rssGrowthBytesPerS),
    cpuCores: of((o) => o.use?.cpuCores),
    othersCores: of((o) => {
      if (o.use === undefined || o.swarm === undefined) return null;
      const ours = o.use.cpuCores + o.swarm.generatorCpuCores;
      return Math.max(0, o.use.machineCores - ours) + o.use.stolenCores;
    }),
    generatorLagP99Ms: of((o) => o.swarm?.generatorLagMs.p99),
    generatorCpuCores: of((o) => o.swarm?.generatorCpuCores),
    unanswered: of((o) => o.swarm?.unanswered),
    ledgerClosed: verdicts.length === 0 ? null : verdicts.every((closed) => closed),
  };
}

export function benchTable(rows: readonly BenchRow[]): string {
  const figure = (n: number | null, digits = 1): string => (n === null ? '-' : n.toFixed(digits));
  return markdownTable(
    [
      'load',
      'server',
      'sent /s',
      'results /s',
      'of those sent',
      'p50',
      'p99',
      'p99 from plan',
      'RSS start',
      'end',
      'max',
      'growth',
      'CPU cores',
      "others'",
      'generator lag p99',
      'ledger',
    ],
    rows.map((r) => [
      `${r.offeredFps} fps${r.credits === 'obeyed' ? ', credits obeyed' : ''}`,
      r.subject,
      figure(r.sentPerS),
      figure(r.resultsPerS),
      r.answeredShare === null ? '-' : percent(r.answeredShare),
      ms(r.p50Ms),
      ms(r.p99Ms),
      ms(r.p99IntendedMs),
      megabytes(r.rssStartBytes),
      megabytes(r.rssEndBytes),
      megabytes(r.rssMaxBytes),
      r.rssGrowthBytesPerS === null ? '-' : `${figure(r.rssGrowthBytesPerS / 1e6, 2)} MB/s`,
      figure(r.cpuCores, 2),
      figure(r.othersCores, 2),
      ms(r.generatorLagP99Ms),
      r.ledgerClosed === null ? 'has none' : r.ledgerClosed ? 'closed' : '**open**',
    ]),
  );
}

/** Growth that counts as none: allocators breathe, a leak of one frame in ten at 160 fps is 1 MB/s. */
const FLAT_BYTES_PER_S = 500_000;

/** The project's own bar for this bench, held against the rows; a row that is missing meets nothing. */
export function benchTargets(rows: readonly BenchRow[]): readonly Target[] {
  const at = (subject: BenchRow['subject'], offeredFps: number): BenchRow | undefined =>
    rows.find((r) => r.subject === subject && r.offeredFps === offeredFps && r.credits === 'ignored');
  const node40 = at('camshard', 40);
  const base40 = at('baseline', 40);
  const node160 = at('camshard', 160);
  const bare = at('bare-loop', 160);
  const baseBest = Math.max(0, ...rows.filter((r) => r.subject === 'baseline').map((r) => r.resultsPerS ?? 0));
  const ratio = (a: number | null | undefined, b: number | null | undefined): number =>
    typeof a === 'number' && typeof b === 'number' && b > 0 ? round(a / b, 3) : Number.NaN;
  const p99Ratio = ratio(node40?.p99Ms, base40?.p99Ms);
  const ceiling = ratio(node160?.resultsPerS, bare?.resultsPerS);
  return [
    {
      what: 'at 40 fps everything is answered with a result',
      measured: node40?.answeredShare == null ? 'not run' : percent(node40.answeredShare),
      met: node40?.answeredShare === 1,
    },
    {
      what: "at 40 fps p99 is at most 1.1x the baseline's",
      measured: `${p99Ratio}x`,
      met: p99Ratio <= 1.1,
    },
    {
      what: "at 160 fps results/s are at least the baseline's best",
      measured: `${node160?.resultsPerS ?? 'not run'} against ${baseBest}`,
      met: baseBest > 0 && (node160?.resultsPerS ?? 0) >= baseBest,
    },
    {
      what: 'at 160 fps p99 of results is under 300 ms',
      measured: ms(node160?.p99Ms ?? null),
      met: (node160?.p99Ms ?? Number.POSITIVE_INFINITY) < 300,
    },
    {
      what: 'at 160 fps memory is flat',
      measured: `${round((node160?.rssGrowthBytesPerS ?? Number.NaN) / 1e6, 2)} MB/s in the second half`,
      met: (node160?.rssGrowthBytesPerS ?? Number.POSITIVE_INFINITY) <= FLAT_BYTES_PER_S,
    },
    {
      what: 'sustained results are at least 0.9 of the bare loop',
      measured: `${ceiling}, ${node160?.resultsPerS ?? '-'} against ${bare?.resultsPerS ?? '-'}`,
      met: ceiling >= 0.9,
    },
    {
      what: 'every ledger closes',
      measured: `${rows.filter((r) => r.ledgerClosed === true).length} of ${rows.filter((r) => r.ledgerClosed !== null).length} rows`,
      met: rows.some((r) => r.ledgerClosed !== null) && rows.every((r) => r.ledgerClosed !== false),
    },
  ];
}
