import { CrossingCounter, type CrossingOptions } from '../lib/crossings.ts';
import { describeSizes, type LoadFigures } from '../lib/measure.ts';
import { markdownTable, ms, percent, type Target } from '../lib/report.ts';
import { round } from '../lib/statistics.ts';
import type { AnswerRecord } from '../swarm/record.ts';

/** Line crossings found by all cameras of one run, over whole rounds of the footage. */
export interface CrossingCount {
  readonly crossings: number;
  /** Whole rounds that were seen, of all cameras together. */
  readonly rounds: number;
  /** Crossings a round; NaN where none was whole. */
  readonly perRound: number;
}

/**
 * Counts crossings downwards, camera by camera and round by round: a round is counted where the camera saw all of it,
 * and the tracker starts anew with each, because the end of a recording and its beginning are no continuous scene.
 * @param loopMs length of the recording
 */
export function countCrossings(
  answers: readonly AnswerRecord[],
  loopMs: number,
  options: CrossingOptions,
): CrossingCount {
  const byCamera = new Map<string, { atMs: number; answer: AnswerRecord }[]>();
  for (const answer of answers) {
    if (answer.positionMs === undefined) continue;
    const list = byCamera.get(answer.camera) ?? [];
    list.push({ atMs: answer.positionMs, answer });
    byCamera.set(answer.camera, list);
  }
  let crossings = 0;
  let rounds = 0;
  for (const seen of byCamera.values()) {
    seen.sort((a, b) => a.atMs - b.atMs);
    // A frame of any answer says that the camera was there; a second's grace, for cameras that are asked for few.
    const first = Math.ceil(((seen[0]?.atMs ?? 0) - EDGE_MS) / loopMs);
    const end = Math.floor(((seen.at(-1)?.atMs ?? 0) + EDGE_MS) / loopMs);
    for (let round = first; round < end; round++) {
      const counter = new CrossingCounter(options);
      for (const { atMs, answer } of seen) {
        if (answer.kind !== 'result' || Math.floor(atMs / loopMs) !== round) continue;
        counter.add(answer.detections ?? [], atMs);
      }
      crossings += counter.crossings.filter((c) => c.direction === 'down').length;
      rounds++;
    }
  }
  return { crossings, rounds, perRound: crossings / rounds };
}

const EDGE_MS = 1_000;

export interface StreamsStep {
  readonly server: 'camshard' | 'baseline';
  readonly streams: number;
  readonly figures: Pick<LoadFigures, 'swarm' | 'use' | 'overload'>;
  readonly crossings: CrossingCount;
}

export const P99_MS_MAX = 150;
export const CROSSINGS_OFF_MAX = 0.05;
/** Streams the baseline holds, and how many times that the node is to hold. */
const BASELINE_STREAMS = 10;
const RATIO_MIN = 3;

/** How far a run's crossings are from the reference's: -0.03 is 3 % fewer. */
export const crossingsOff = (step: Pick<StreamsStep, 'crossings'>, reference: CrossingCount): number =>
  step.crossings.perRound / reference.perRound - 1;

/**
 * Whether these streams are held: in time, and nothing missed that the unsampled run finds. The baseline leaves nothing
 * out, so being in time is all that is asked of it.
 */
export function holds(step: StreamsStep, reference: CrossingCount): boolean {
  const p99Ms = step.figures.swarm.latencyMs.fromSend.p99;
  if (p99Ms === null || p99Ms >= P99_MS_MAX) return false;
  return step.server === 'baseline' || Math.abs(crossingsOff(step, reference)) <= CROSSINGS_OFF_MAX;
}

/** The most streams held, all fewer held too. */
export function held(steps: readonly StreamsStep[], server: StreamsStep['server'], reference: CrossingCount): number {
  let most = 0;
  for (const step of steps.filter((s) => s.server === server).sort((a, b) => a.streams - b.streams)) {
    if (!holds(step, reference)) break;
    most = step.streams;
  }
  return most;
}

export function streamsTable(steps: readonly StreamsStep[], reference: CrossingCount): string {
  return markdownTable(
    [
      'streams',
      'server',
      'sent /s',
      'results /s',
      'withheld',
      'gated',
      'shed',
      'p50',
      'p99',
      'input',
      'crossings a round',
      'off',
      'CPU cores',
      'held',
      'ledger',
    ],
    steps.map((step) => {
      const { swarm, use, overload } = step.figures;
      const group = swarm.groups[0];
      // It answers out of order and has no acks, so what it skipped cannot be told from what came late.
      const plain = step.server === 'baseline';
      const counted = step.crossings.rounds > 0;
      const shed = Math.max(0, 1 - (group?.answeredShare ?? 0) - (group?.gatedShare ?? 0));
      return [
        String(step.streams),
        step.server,
        swarm.window.sentPerS.toFixed(1),
        swarm.window.resultsPerS.toFixed(1),
        percent(group?.withheldShare ?? 0),
        plain ? '-' : percent(group?.gatedShare ?? 0),
        plain ? '-' : percent(shed),
        ms(swarm.latencyMs.fromSend.p50),
        ms(swarm.latencyMs.fromSend.p99),
        plain ? '320 px' : describeSizes(overload),
        counted ? `${round(step.crossings.perRound, 2)} (${step.crossings.rounds} rounds)` : '-',
        counted ? `${round(crossingsOff(step, reference) * 100, 1)} %` : '-',
        use.cpuCores.toFixed(2),
        holds(step, reference) ? 'yes' : '**no**',
        swarm.ledger === null ? 'has none' : swarm.ledger.closed ? 'closed' : '**open**',
      ];
    }),
  );
}

export function streamsTargets(steps: readonly StreamsStep[], reference: CrossingCount): readonly Target[] {
  const most = held(steps, 'camshard', reference);
  const baseline = held(steps, 'baseline', reference);
  const ledgers = steps.flatMap(({ figures }) => (figures.swarm.ledger === null ? [] : [figures.swarm.ledger.closed]));
  return [
    {
      what:
        `at least ${RATIO_MIN}x the ${BASELINE_STREAMS} streams of the baseline, p99 under ${P99_MS_MAX} ms and ` +
        `crossings within ${CROSSINGS_OFF_MAX * 100} % of the unsampled run`,
      measured: `${most} streams; the baseline here holds ${baseline}`,
      met: most >= RATIO_MIN * BASELINE_STREAMS,
    },
    {
      what: 'every ledger is exact',
      measured: `${ledgers.filter((closed) => closed).length} of ${ledgers.length}`,
      met: ledgers.length > 0 && ledgers.every((closed) => closed),
    },
  ];
}
