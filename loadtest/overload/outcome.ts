import type { NodeConfigInput } from '../../config/schema.ts';
import { describeSizes, type LoadFigures, othersCores } from '../lib/measure.ts';
import { rssGrowth, rssSlices } from '../lib/proc-stats.ts';
import { markdownTable, megabytes, ms, percent, type Target } from '../lib/report.ts';
import { EVERY_FRAME } from '../lib/servers.ts';
import { medianOrNull, round } from '../lib/statistics.ts';

/**
 * How much of the ladder a run may use: all of it; all but smaller inputs; none. What smaller inputs give under
 * overload, and what shedding alone does, can then be told apart.
 */
export type Ladder = 'whole' | 'one_size' | 'none';

export const LADDER_CONFIG: Readonly<Record<Ladder, NodeConfigInput>> = {
  whole: EVERY_FRAME,
  one_size: { ...EVERY_FRAME, overload: { inputSizes: [] } },
  // The longest there is: no run lasts so long.
  none: { ...EVERY_FRAME, overload: { inputSizes: [], climbAfterMs: 600_000 } },
};

const LADDER_NAME: Readonly<Record<Ladder, string>> = {
  whole: 'whole ladder',
  one_size: 'one input size',
  none: 'no ladder',
};

/** One run of the plan: a share of the saturated rate, served with so much of the ladder. */
export interface OverloadRun {
  readonly repeat: number;
  readonly factor: number;
  readonly ladder: Ladder;
}

export const RATED = 0.7;
export const OVERLOAD = 3;

/** Every run in order; the loads take turns within a repeat, so that a machine that grows busy treats them alike. */
export function overloadPlan(repeats: number): readonly OverloadRun[] {
  return Array.from({ length: repeats }, (_, repeat): OverloadRun[] => [
    { repeat, factor: RATED, ladder: 'whole' },
    { repeat, factor: 1, ladder: 'whole' },
    { repeat, factor: OVERLOAD, ladder: 'whole' },
    { repeat, factor: 1, ladder: 'one_size' },
    { repeat, factor: OVERLOAD, ladder: 'one_size' },
    { repeat, factor: OVERLOAD, ladder: 'none' },
  ]).flat();
}

export interface OverloadOutcome {
  readonly run: OverloadRun;
  readonly figures: LoadFigures;
}

/** Medians over the repeats. */
export interface OverloadRow {
  readonly factor: number;
  readonly ladder: Ladder;
  readonly repeats: number;
  readonly sentPerS: number | null;
  readonly resultsPerS: number | null;
  readonly answeredShare: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly jain: number | null;
  readonly rssEndBytes: number | null;
  readonly cpuCores: number | null;
  readonly othersCores: number | null;
  readonly sizes: string;
  readonly ledgerClosed: boolean;
}

export function overloadRows(outcomes: readonly OverloadOutcome[]): readonly OverloadRow[] {
  const groups = new Map<string, OverloadOutcome[]>();
  for (const outcome of outcomes) {
    const key = `${outcome.run.ladder} ${outcome.run.factor}`;
    groups.set(key, [...(groups.get(key) ?? []), outcome]);
  }
  return [...groups.values()].flatMap((group) => {
    const run = group[0]?.run;
    if (run === undefined) return [];
    const of = (pick: (f: LoadFigures) => number | null | undefined): number | null =>
      medianOrNull(group.map((o) => pick(o.figures)));
    return [
      {
        factor: run.factor,
        ladder: run.ladder,
        repeats: group.length,
        sentPerS: of((f) => f.swarm.window.sentPerS),
        resultsPerS: of((f) => f.swarm.window.resultsPerS),
        answeredShare: of((f) => f.swarm.window.resultsOfThem / f.swarm.window.sent),
        p50Ms: of((f) => f.swarm.latencyMs.fromSend.p50),
        p99Ms: of((f) => f.swarm.latencyMs.fromSend.p99),
        jain: of((f) => f.swarm.groups[0]?.jain),
        rssEndBytes: of((f) => f.use.rssEndBytes),
        cpuCores: of((f) => f.use.cpuCores),
        othersCores: of(othersCores),
        sizes: describeSizes(group.flatMap((o) => o.figures.overload)),
        ledgerClosed: group.every((o) => o.figures.swarm.ledger?.closed === true),
      },
    ];
  });
}

const loadName = (factor: number): string =>
  factor === 1 ? 'saturation' : factor < 1 ? `${Math.round(factor * 100)} %` : `${factor}x`;

export function overloadTable(rows: readonly OverloadRow[]): string {
  const figure = (n: number | null, digits = 1): string => (n === null ? '-' : n.toFixed(digits));
  return markdownTable(
    [
      'load',
      'with',
      'sent /s',
      'results /s',
      'of those sent',
      'p50',
      'p99',
      'Jain',
      'input',
      'RSS end',
      'CPU cores',
      "others'",
      'ledger',
    ],
    rows.map((r) => [
      loadName(r.factor),
      LADDER_NAME[r.ladder],
      figure(r.sentPerS),
      figure(r.resultsPerS),
      r.answeredShare === null ? '-' : percent(r.answeredShare),
      ms(r.p50Ms),
      ms(r.p99Ms),
      figure(r.jain, 3),
      r.sizes,
      megabytes(r.rssEndBytes),
      figure(r.cpuCores, 2),
      figure(r.othersCores, 2),
      r.ledgerClosed ? 'closed' : '**open**',
    ]),
  );
}

/** The long run: resident memory by slices of it, the first and the last of which are compared. */
export interface LongRun {
  readonly seconds: number;
  readonly sliceSeconds: number;
  readonly rssBytes: readonly number[];
  /** Last slice against the first: 0.03 is 3 % more. */
  readonly growth: number;
  readonly p99Ms: number | null;
  readonly resultsPerS: number;
  readonly ledgerClosed: boolean;
}

export function longRun({ swarm, samples }: Pick<LoadFigures, 'swarm' | 'samples'>, sliceSeconds: number): LongRun {
  const slices = rssSlices(samples, samples[0]?.atMs ?? 0, sliceSeconds * 1000);
  return {
    seconds: swarm.window.seconds,
    sliceSeconds,
    rssBytes: slices.map((s) => Math.round(s.rssBytes)),
    growth: round(rssGrowth(slices), 4),
    p99Ms: swarm.latencyMs.fromSend.p99,
    resultsPerS: swarm.window.resultsPerS,
    ledgerClosed: swarm.ledger?.closed === true,
  };
}

/** Memory may differ by this share between the first minute and the last. */
const RSS_CHANGE_MAX = 0.05;

/** What issue 3 asks of overload; a row that is missing meets nothing. */
export function overloadTargets(rows: readonly OverloadRow[], long: LongRun | undefined): readonly Target[] {
  const at = (factor: number): OverloadRow | undefined => rows.find((r) => r.ladder === 'whole' && r.factor === factor);
  const [rated, full, over] = [at(RATED), at(1), at(OVERLOAD)];
  const p99Ratio = (over?.p99Ms ?? Number.NaN) / (rated?.p99Ms ?? Number.NaN);
  const open = rows.filter((r) => !r.ledgerClosed).length + (long?.ledgerClosed === false ? 1 : 0);
  return [
    {
      what: `p99 of served frames at ${OVERLOAD}x is under 2x the p99 at ${RATED * 100} %`,
      measured: `${ms(over?.p99Ms ?? null)} against ${ms(rated?.p99Ms ?? null)}, ${round(p99Ratio, 2)}x`,
      met: p99Ratio < 2,
    },
    {
      what: `results/s at ${OVERLOAD}x are no fewer than at saturation`,
      measured: `${over?.resultsPerS ?? 'not run'} against ${full?.resultsPerS ?? 'not run'}`,
      met: (over?.resultsPerS ?? Number.NaN) >= (full?.resultsPerS ?? Number.NaN),
    },
    {
      what: `memory at ${OVERLOAD}x stays within ${RSS_CHANGE_MAX * 100} % from the first minute to the last`,
      measured:
        long === undefined
          ? 'not run'
          : `${round(long.growth * 100, 1)} % over ${long.seconds} s in slices of ${long.sliceSeconds} s`,
      met: Math.abs(long?.growth ?? Number.NaN) <= RSS_CHANGE_MAX,
    },
    {
      what: 'every ledger is exact',
      measured: open === 0 ? `${rows.length} rows${long === undefined ? '' : ' and the long run'}` : `${open} open`,
      met: open === 0 && rows.length > 0,
    },
  ];
}
