import type { LoadFigures } from '../lib/measure.ts';
import { markdownTable, ms, percent, type Target } from '../lib/report.ts';
import { medianOrNull, round } from '../lib/statistics.ts';
import type { GroupSummary } from '../swarm/tally-summary.ts';

/** What is run: equal cameras; one of them hot; priorities without and with the ladder, ignoring credits or obeying. */
export type HotRunKind = 'equal' | 'hot' | 'priorities' | 'priorities_obeying' | 'priorities_ladder';

export const HOT_RUN_NAME: Readonly<Record<HotRunKind, string>> = {
  equal: 'all cameras equal',
  hot: 'one at 10x',
  priorities: 'priorities, ladder off',
  priorities_obeying: 'priorities, ladder off, credits obeyed',
  priorities_ladder: 'priorities, whole ladder',
};

export interface HotOutcome {
  readonly kind: HotRunKind;
  readonly figures: Pick<LoadFigures, 'swarm'>;
}

/** Medians over the repeats of one group of cameras in one kind of run. */
export interface HotRow {
  readonly kind: HotRunKind;
  readonly group: string;
  readonly cameras: number;
  readonly wantedPerSPerCamera: number | null;
  readonly sentPerSPerCamera: number | null;
  readonly resultsPerSPerCamera: number | null;
  readonly answeredShare: number | null;
  readonly withheldShare: number | null;
  readonly jain: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly ledgerClosed: boolean;
}

export function hotRows(outcomes: readonly HotOutcome[]): readonly HotRow[] {
  const kinds = [...new Set(outcomes.map((o) => o.kind))];
  return kinds.flatMap((kind) => {
    const runs = outcomes.filter((o) => o.kind === kind).map((o) => o.figures.swarm);
    const names = runs[0]?.groups.map((g) => g.name) ?? [];
    return names.map((group) => {
      const groups = runs.flatMap((run) => run.groups.filter((g) => g.name === group));
      const cameras = groups[0]?.cameras ?? 0;
      const of = (pick: (g: GroupSummary) => number | null): number | null => medianOrNull(groups.map(pick));
      return {
        kind,
        group,
        cameras,
        wantedPerSPerCamera: of((g) => g.wantedPerS / cameras),
        sentPerSPerCamera: of((g) => g.sentPerS / cameras),
        resultsPerSPerCamera: of((g) => g.resultsPerSPerCamera),
        answeredShare: of((g) => g.answeredShare),
        withheldShare: of((g) => g.withheldShare),
        jain: of((g) => g.jain),
        p50Ms: of((g) => g.latencyMs.p50),
        p99Ms: of((g) => g.latencyMs.p99),
        ledgerClosed: runs.every((run) => run.ledger?.closed === true),
      };
    });
  });
}

export function hotTable(rows: readonly HotRow[]): string {
  const figure = (n: number | null, digits: number): string => (n === null ? '-' : n.toFixed(digits));
  return markdownTable(
    [
      'run',
      'cameras',
      'wanted /s each',
      'sent /s each',
      'results /s each',
      'of those sent',
      'withheld',
      'Jain',
      'p50',
      'p99',
      'ledger',
    ],
    rows.map((r) => [
      HOT_RUN_NAME[r.kind],
      `${r.cameras} ${r.group}`,
      figure(r.wantedPerSPerCamera, 2),
      figure(r.sentPerSPerCamera, 2),
      figure(r.resultsPerSPerCamera, 2),
      r.answeredShare === null ? '-' : percent(r.answeredShare),
      r.withheldShare === null ? '-' : percent(r.withheldShare),
      figure(r.jain, 4),
      ms(r.p50Ms),
      ms(r.p99Ms),
      r.ledgerClosed ? 'closed' : '**open**',
    ]),
  );
}

const JAIN_MIN = 0.95;
/** How far the shares may be from 4:2:1, and the equal cameras' p99 with a hot one above that without. */
const SHARE_TOLERANCE = 0.15;
const P99_RATIO_MAX = 1.5;

/** What issue 3 asks of fairness; a row that is missing meets nothing. */
export function hotTargets(rows: readonly HotRow[]): readonly Target[] {
  const at = (kind: HotRunKind, group: string): HotRow | undefined =>
    rows.find((r) => r.kind === kind && r.group === group);
  const alone = at('equal', 'all');
  const others = at('hot', 'others');
  const ratio = (a: number | null | undefined, b: number | null | undefined): number =>
    round((a ?? Number.NaN) / (b ?? Number.NaN), 2);
  const p99Ratio = ratio(others?.p99Ms, alone?.p99Ms);
  const shares = ['critical', 'normal', 'low'].map((g) => at('priorities', g)?.resultsPerSPerCamera);
  const [critical, normal, low] = shares;
  const steps = [ratio(critical, normal), ratio(normal, low)];
  const ladder = ['critical', 'normal', 'low'].map((g) => at('priorities_ladder', g)?.answeredShare ?? Number.NaN);
  const open = rows.filter((r) => !r.ledgerClosed).length;
  return [
    {
      what: `Jain's index of the equal cameras is at least ${JAIN_MIN} beside a hot one`,
      measured: `${others?.jain ?? 'not run'}; without it ${alone?.jain ?? 'not run'}`,
      met: (others?.jain ?? Number.NaN) >= JAIN_MIN,
    },
    {
      what: 'a hot camera costs the equal ones no results',
      measured: `${others?.resultsPerSPerCamera ?? '-'}/s each against ${alone?.resultsPerSPerCamera ?? '-'}/s`,
      met: ratio(others?.resultsPerSPerCamera, alone?.resultsPerSPerCamera) >= JAIN_MIN,
    },
    {
      what: `their p99 beside a hot one is at most ${P99_RATIO_MAX}x that without`,
      measured: `${ms(others?.p99Ms ?? null)} against ${ms(alone?.p99Ms ?? null)}, ${p99Ratio}x`,
      met: p99Ratio <= P99_RATIO_MAX,
    },
    {
      what: `under overload critical : normal : low get 4 : 2 : 1, within ${SHARE_TOLERANCE * 100} %`,
      measured: `${shares.map((s) => s ?? '-').join(' : ')} results/s each, ${steps.join('x and ')}x`,
      met: steps.every((s) => Math.abs(s / 2 - 1) <= SHARE_TOLERANCE),
    },
    {
      what: 'with the whole ladder nobody of lower priority is served better',
      measured: ladder.map((s) => (Number.isNaN(s) ? '-' : percent(s))).join(' : '),
      met: (ladder[0] ?? Number.NaN) >= (ladder[1] ?? Number.NaN) && (ladder[1] ?? 0) >= (ladder[2] ?? Number.NaN),
    },
    {
      what: 'every ledger is exact',
      measured: open === 0 ? `${rows.length} rows` : `${open} rows open`,
      met: open === 0 && rows.length > 0,
    },
  ];
}
