import { type HandleCount, type ProcessSample, rssGrowth, rssSlices } from '../lib/proc-stats.ts';
import { markdownTable, megabytes, ms, type Target } from '../lib/report.ts';
import { median, percentileOf, round } from '../lib/statistics.ts';
import type { AnswerRecord } from '../swarm/record.ts';
import type { Disturbance } from './schedule.ts';

export interface HandleSample extends HandleCount {
  readonly atMs: number;
  /** Of the ladder; null where the node does not say. */
  readonly rung: number | null;
}

/** Everything the soak noted; all times ms on the runner's monotonic clock, except `at` of answers. */
export interface SoakNotes {
  /** When the warm-up was over, on both clocks. */
  readonly fromMs: number;
  readonly fromAt: number;
  readonly sliceMs: number;
  readonly seconds: number;
  readonly samples: readonly ProcessSample[];
  readonly handles: readonly HandleSample[];
  readonly answers: readonly AnswerRecord[];
  readonly disturbances: readonly (Disturbance & { readonly warmupS: number })[];
}

/** One minute (slice) of the soak. */
export interface SoakRow {
  readonly slice: number;
  readonly resultsPerS: number;
  readonly gatedPerS: number;
  readonly droppedPerS: number;
  readonly lost: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly rssBytes: number | null;
  readonly fds: number | null;
  readonly threads: number | null;
  readonly rungMax: number | null;
  readonly disturbances: readonly string[];
}

export function soakRows(notes: SoakNotes): readonly SoakRow[] {
  const { fromMs, fromAt, sliceMs, seconds } = notes;
  const slices = rssSlices(notes.samples, fromMs, sliceMs);
  const perS = (n: number): number => round((n * 1000) / sliceMs, 1);
  return Array.from({ length: Math.floor((seconds * 1000) / sliceMs) }, (_, slice) => {
    const startMs = slice * sliceMs;
    const within = (t: number): boolean => t >= startMs && t < startMs + sliceMs;
    const answers = notes.answers.filter((a) => within(a.at - fromAt));
    const handles = notes.handles.filter((h) => within(h.atMs - fromMs));
    const latencies = answers.filter((a) => a.kind === 'result').map((a) => a.latencyMs);
    const dropped = answers.filter((a) => a.kind === 'dropped');
    const rungs = handles.flatMap((h) => (h.rung === null ? [] : [h.rung]));
    const middle = (values: readonly number[]): number | null => (values.length === 0 ? null : median(values));
    return {
      slice: slice + 1,
      resultsPerS: perS(latencies.length),
      gatedPerS: perS(answers.filter((a) => a.kind === 'acked').length),
      droppedPerS: perS(dropped.length),
      lost: dropped.filter((a) => a.reason === 'device_failed').length,
      p50Ms: percentileOf(latencies, 0.5),
      p99Ms: percentileOf(latencies, 0.99),
      rssBytes: slices.find((s) => s.fromMs === startMs)?.rssBytes ?? null,
      fds: middle(handles.map((h) => h.fds)),
      threads: middle(handles.map((h) => h.threads)),
      rungMax: rungs.length === 0 ? null : Math.max(...rungs),
      disturbances: notes.disturbances
        .filter((d) => within((d.atS - d.warmupS) * 1000))
        .map((d) => (d.device === undefined ? d.what : `${d.what} ${d.device}`)),
    };
  });
}

export function soakTable(rows: readonly SoakRow[]): string {
  const count = (n: number | null): string => (n === null ? '-' : String(n));
  return markdownTable(
    [
      'minute',
      'done to it',
      'results /s',
      'gated /s',
      'dropped /s',
      'lost',
      'p50',
      'p99',
      'RSS',
      'fds',
      'threads',
      'highest rung',
    ],
    rows.map((r) => [
      String(r.slice),
      r.disturbances.join(', ') || '-',
      r.resultsPerS.toFixed(1),
      r.gatedPerS.toFixed(1),
      r.droppedPerS.toFixed(1),
      String(r.lost),
      ms(r.p50Ms),
      ms(r.p99Ms),
      megabytes(r.rssBytes),
      count(r.fds),
      count(r.threads),
      count(r.rungMax),
    ]),
  );
}

export interface SoakEnd {
  readonly ledgerProblems: readonly string[];
  /** Frames of the cameras and of the storms. */
  readonly sent: number;
  readonly exit: string;
  readonly exitMs: number;
  /** Processes of the node or its parent that were left when the parent had ended. */
  readonly left: readonly number[];
  /** Whether the node process was the same from beginning to end. */
  readonly sameProcess: boolean;
}

const RSS_CHANGE_MAX = 0.1;
/** A connection that is just closing, a thread that is just being replaced. */
const HANDLES_SLACK = 3;
const EXIT_MS_MAX = 7_000;

/** What issue 3 asks of the soak. */
export function soakTargets(rows: readonly SoakRow[], end: SoakEnd): readonly Target[] {
  const [first, last] = [rows[0], rows.at(-1)];
  const growth = rssGrowth(
    rows.flatMap((r) => (r.rssBytes === null ? [] : [{ fromMs: r.slice, rssBytes: r.rssBytes }])),
  );
  const grown = (pick: (r: SoakRow) => number | null): number =>
    last === undefined || first === undefined ? Number.NaN : (pick(last) ?? Number.NaN) - (pick(first) ?? Number.NaN);
  const starved = rows.filter((r) => r.resultsPerS === 0);
  return [
    {
      what: `memory of the last minute is within ${RSS_CHANGE_MAX * 100} % of the first`,
      measured: `${megabytes(last?.rssBytes ?? null)} against ${megabytes(first?.rssBytes ?? null)}, ${round(growth * 100, 1)} %`,
      met: Math.abs(growth) <= RSS_CHANGE_MAX,
    },
    {
      what: 'no handle and no thread is left over',
      measured: `fds ${first?.fds} to ${last?.fds}, threads ${first?.threads} to ${last?.threads}`,
      met: grown((r) => r.fds) <= HANDLES_SLACK && grown((r) => r.threads) <= HANDLES_SLACK,
    },
    {
      what: 'no minute without results, and the node process never ended',
      measured: `${starved.length} minutes without, ${end.sameProcess ? 'one process' : 'another process at the end'}`,
      met: rows.length > 0 && starved.length === 0 && end.sameProcess,
    },
    {
      what: `SIGTERM: exit 0 within ${EXIT_MS_MAX / 1000} s, no process left`,
      measured: `exit ${end.exit} after ${Math.round(end.exitMs)} ms, ${end.left.length} left`,
      met: end.exit === '0' && end.exitMs <= EXIT_MS_MAX && end.left.length === 0,
    },
    {
      what: 'the ledger is exact against what the swarm sent, storms included',
      measured: end.ledgerProblems.length === 0 ? `${end.sent} frames` : end.ledgerProblems.slice(0, 3).join('; '),
      met: end.ledgerProblems.length === 0,
    },
  ];
}
