import { markdownTable, megabytes, ms, type Target } from '../lib/report.ts';
import type { DurationSummary } from '../lib/statistics.ts';
import type { LoadOutcome } from './load.ts';
import type { Times } from './served.ts';

/** A target, and whether missing it is a fault whatever the machine was doing. */
export interface HardTarget extends Target {
  readonly hard: boolean;
}

export interface ScenarioResult {
  readonly name: string;
  /** One line. */
  readonly what: string;
  /** Its own figures, in words. */
  readonly figures: readonly (readonly [what: string, measured: string])[];
  readonly targets: readonly HardTarget[];
  /** For the JSON. */
  readonly data: unknown;
  readonly load: LoadOutcome;
}

export interface Tolerance {
  /** A node died with what it had not delivered: alerts may be missing, numbers may have holes. */
  readonly alertsLost: boolean;
  /** State of some seconds may be gone. */
  readonly stateLost: boolean;
}

/** What holds in every scenario. */
export function commonTargets(load: LoadOutcome, tolerance: Tolerance): readonly HardTarget[] {
  const { swarm, alerts, continuity } = load;
  const { ledger } = swarm;
  return [
    hard('every frame sent is accounted for', ledger?.closed === true ? [] : (ledger?.problems ?? ['no ledger']), {
      good: `${swarm.sent} frames`,
    }),
    hard('no shard had two owners, no old epoch was served', load.split, {
      good: `${load.claims} claims watched, ${load.ownerChanges} changes of owner`,
    }),
    hard('no alert is doubled past its id', alerts.doubled, { good: `${alerts.distinct} events` }),
    hard('no effect of an older epoch after one of a later', alerts.epochsBack, { good: `${alerts.distinct} events` }),
    {
      ...hard('every alert raised is on the stream', alerts.missing, { good: `${alerts.raised} raised` }),
      hard: !tolerance.alertsLost,
    },
    {
      ...hard('opening numbers of alerts have no holes', alerts.holes, { good: 'none' }),
      hard: !tolerance.alertsLost,
    },
    {
      ...hard(
        'trackers went on where they were',
        continuity.wentBack.map(({ camera, tracks }) => `${camera} went back by ${tracks} tracks`),
        { good: `${continuity.tracks} tracks of ${continuity.cameras} cameras` },
      ),
      hard: !tolerance.stateLost,
    },
    soft('the cluster is settled at the end', load.settledAtEnd, load.settledAtEnd ? 'yes' : 'no'),
  ];
}

const SHOWN_MAX = 3;

/** Met where there are no faults. */
export function hard(what: string, faults: readonly string[], { good }: { readonly good: string }): HardTarget {
  const more = faults.length > SHOWN_MAX ? `; ${faults.length} in all` : '';
  const shown = faults.slice(0, SHOWN_MAX).join('; ') + more;
  return { what, measured: faults.length === 0 ? good : shown, met: faults.length === 0, hard: true };
}

export const soft = (what: string, met: boolean, measured: string): HardTarget => ({
  what,
  measured,
  met,
  hard: false,
});

/** A figure of time that must stay under a bound; null is a miss. */
export function within(what: string, value: number | null, boundMs: number): HardTarget {
  return soft(`${what} < ${ms(boundMs)}`, value !== null && value < boundMs, ms(value));
}

export const timesText = (t: Pick<Times | DurationSummary, 'count' | 'p50' | 'p99' | 'max'>): string =>
  t.count === 0 ? '-' : `${ms(t.p50)} / ${ms(t.p99)} / ${ms(t.max)} (${t.count})`;

const counts = (of: Readonly<Record<string, number>>): string =>
  Object.entries(of)
    .map(([what, n]) => `${what} ${n}`)
    .join(', ') || 'none';

/** The figures that all scenarios have. */
export function commonFigures(load: LoadOutcome): readonly (readonly [string, string])[] {
  const { swarm, alerts, continuity } = load;
  const { gaps, ledger } = swarm;
  return [
    [
      'frames sent / results / dropped',
      `${swarm.sent} / ${swarm.results} / ${counts(swarm.dropped)}; cut off ${swarm.cutOff}, unanswered ${swarm.unanswered}, kept back ${swarm.withheld}, not connected ${swarm.notConnected}`,
    ],
    [
      'ledger',
      ledger === null
        ? '-'
        : `received ${ledger.received}, lost(node_death) ${ledger.lostToDeath}, sent and in no ledger ${ledger.unaccounted}`,
    ],
    [
      'gap of a redirect, p50 / p99 / max',
      `${timesText(gaps.moved)}, of ${gaps.camerasMoved} cameras; redirects ${swarm.redirects}`,
    ],
    ['gap of a lost connection', `${timesText(gaps.lost)}, of ${gaps.camerasLost} cameras`],
    [
      'largest gap of each camera, whatever from',
      `${ms(gaps.largest.p50)} / ${ms(gaps.largest.p99)} / ${ms(gaps.largest.max)}; never served again ${gaps.neverServedAgain}`,
    ],
    ['latency of results from sending, p50 / p99 / max', timesText(swarm.latencyMs.fromSend)],
    [
      'alerts',
      `raised ${alerts.raised}, on the stream ${alerts.distinct}, copies ${alerts.copies} there and ${alerts.channelCopies} on the channel, ` +
        `unheard on the channel ${alerts.unheard}, missing ${alerts.missing.length}, closed twice ${alerts.closedTwice}, ` +
        `numbers missing ${alerts.holes.length}, refused for their epoch ${load.fenced}, still waiting ${load.alertsWaiting}`,
    ],
    [
      'hand-offs begun',
      `${counts(load.handOffs.begun)}; withdrawn ${load.handOffs.withdrawn}; taken over ${load.handOffs.takenOver}`,
    ],
    [
      'begun to stopped; stopped to started; whole',
      [load.handOffs.toStopped, load.handOffs.toStarted, load.handOffs.whole].map(timesText).join('; '),
    ],
    [
      'track numbers',
      `${continuity.tracks} of ${continuity.cameras} cameras, went back ${continuity.wentBack.length} times ` +
        `(by ${continuity.backP50 ?? 0}, at most ${continuity.backMax ?? 0}), not told of ${continuity.holes}`,
    ],
    [
      'processes',
      `most memory of a node ${megabytes(load.rssBytesMax)}, event loop p99 ${ms(load.loopP99Ms)}, generator lag p99 ${ms(swarm.generatorLagMs.p99)}`,
    ],
  ];
}

export function resultTable(result: ScenarioResult): string {
  return markdownTable(
    ['figure', 'measured'],
    [...result.figures, ...commonFigures(result.load)].map(([a, b]) => [a, b]),
  );
}

export const targetText = (targets: readonly HardTarget[]): string =>
  targets
    .map((t) => `- ${t.met ? 'met' : t.hard ? '**BROKEN**' : '**not met**'}: ${t.what} (${t.measured})`)
    .join('\n');
