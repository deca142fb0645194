import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../core/clock.ts';
import { childOf, isAlive } from '../lib/proc-stats.ts';
import { startSwarm } from '../lib/servers.ts';
import { readAnswers } from '../swarm/record.ts';
import { INTERVAL_S, putSettings } from './camera-documents.ts';
import { type HistoryRows, historyFaults, historyRows, historyTotals, totalsFaults } from './history-check.ts';
import { isDrained, type NodeSample, NodeWatch, readNode } from './node-watch.ts';
import { historyDrainMs, type Phase, phaseOf } from './phases.ts';
import { readOutbox } from './read-outbox.ts';
import { leftOpen, lostByKill, outboxFaults, type Raised, type SinkOutcome, sinkOutcome } from './reconcile.ts';
import type { Lengths, Scenario } from './scenarios.ts';
import { readStream } from './subscribers/redis.ts';
import { CLUSTER, type World } from './world.ts';

export interface OutageRun {
  readonly name: string;
  readonly what: string;
  readonly killNode: boolean;
  /** Beginnings and ends of alerts of this scenario's cameras, by the outbox. */
  readonly raised: number;
  /** By the node's own count, of the same time; null where the node was killed. */
  readonly counted: number | null;
  readonly sinks: readonly SinkOutcome[];
  /** Until the history had what it was given before the return. */
  readonly historyDrainMs: number | null;
  readonly before: Phase;
  readonly during: Phase;
  readonly after: Phase;
  /** Requests the webhook let hang. */
  readonly hung: number;
  readonly received: number;
  readonly rows: Omit<HistoryRows, 'alerts'>;
  /** Node killed until it was ready again, ms. */
  readonly restartMs: number | null;
  readonly ledgerProblems: readonly string[];
  readonly outboxProblems: readonly string[];
  readonly historyProblems: readonly string[];
  /** The rest: waiting that did not end, alerts left open, records given up. */
  readonly problems: readonly string[];
}

export interface RunOptions {
  readonly lengths: Lengths;
  readonly cameras: number;
  /** Of each. */
  readonly fps: number;
  readonly frames: string;
  readonly scratch: string;
}

const SAMPLE_MS = 500;
/** Intervals of 10 s end at most so long after the last frame, grace included. */
const QUIET_MS_MIN = 14_000;
const QUIET_MS_MAX = 75_000;
/** Left out at the beginning: connections, first batches. */
const WARM_MS = 2_000;
const SPARE_S = 3;

/** One outage on a running world: load, the outage, its end, and what became of everything. */
export async function outageRun(world: World, scenario: Scenario, prefix: string, o: RunOptions): Promise<OutageRun> {
  const { node } = world;
  const { beforeS, outageS, afterS } = o.lengths;
  const cameras = Array.from({ length: o.cameras }, (_, i) => `${prefix}-${i}`);
  await putSettings(node.httpUrl, cameras);
  const atStart = await readNode(node.httpUrl);
  const hungBefore = world.webhook.hung;
  const record = join(o.scratch, `${prefix}.jsonl`);
  const load = startSwarm({
    url: node.wsUrl,
    cameras: o.cameras,
    fps: o.fps,
    seconds: beforeS + outageS + afterS + SPARE_S,
    frames: o.frames,
    flags: [
      ...['--results', '--ignore-credits', '--warmup', '0', '--prefix', prefix, '--record', record],
      // The account of a process that was killed is gone with it.
      ...(scenario.killNode ? ['--no-ledger'] : []),
    ],
  });
  await load.sending;
  const fromMs = systemClock.wallMs() + WARM_MS;
  const watch = new NodeWatch(node.httpUrl, SAMPLE_MS);
  await sleep(beforeS * 1_000);
  const goneAtMs = systemClock.wallMs();
  await Promise.all(scenario.away.map((part) => world.begin(part)));
  let killed: Killed | undefined;
  if (scenario.killNode) {
    await sleep(outageS * 500);
    killed = await killNode(world);
  }
  await sleep(Math.max(0, goneAtMs + outageS * 1_000 - systemClock.wallMs()));
  await Promise.all(scenario.away.map((part) => world.end(part)));
  const returnedAtMs = systemClock.wallMs();
  const swarm = await load.summary;
  await load.child.exited;
  const endedAtMs = systemClock.wallMs();
  const last = await quiet(world);
  const samples = await watch.stop();

  const answers = readAnswers(record);
  const outbox = await readOutbox(world.dataDir);
  const raised = outbox.filter((r) => r.camera.startsWith(`${prefix}-`));
  const rows = await historyRows(world.postgres, prefix);
  const sinks = await outcomes(world, raised, rows, returnedAtMs);
  const received = swarm.ledger?.received ?? answers.length;
  // What a killed process had not yet written (20 ms of it) is gone with it, and what it had and its last checkpoint did
  // not know is found again: there only its alerts must all be there, once.
  const historyProblems =
    killed === undefined
      ? [...historyFaults(rows, received), ...(await wholeHistory(world, last, outbox.length))]
      : historyFaults({ ...rows, ...NOT_COMPARED }, 0);
  const { alerts: _alerts, ...counts } = rows;
  return {
    name: scenario.name,
    what: scenario.what,
    killNode: scenario.killNode,
    raised: raised.length,
    counted: killed === undefined && last !== undefined ? last.raised - (atStart?.raised ?? 0) : null,
    sinks,
    historyDrainMs: historyDrainMs(samples, returnedAtMs),
    before: phaseOf(answers, samples, fromMs, goneAtMs),
    during: phaseOf(answers, samples, goneAtMs, returnedAtMs),
    after: phaseOf(answers, samples, returnedAtMs, endedAtMs),
    hung: world.webhook.hung - hungBefore,
    received,
    rows: counts,
    restartMs: killed?.restartMs ?? null,
    ledgerProblems: swarm.ledger === null ? [] : swarm.ledger.problems,
    outboxProblems: [
      ...outboxFaults(raised),
      ...(killed === undefined ? [] : lostByKill(killed.outbox, outbox).map((id) => `${id} was kept, and is gone`)),
    ],
    historyProblems,
    problems: [
      ...(last === undefined
        ? ['the node does not say what waits']
        : isDrained(last)
          ? []
          : [`still waiting: ${waiting(last)}`]),
      ...leftOpen(raised).map((alert) => `${alert} never closed`),
    ],
  };
}

const NOT_COMPARED = { frames: 0, leftMeasured: 0, left: 0, eventsTwice: 0, objectsTwice: 0, tracksTwice: 0 };

interface Killed {
  /** As it was on the disk right after. */
  readonly outbox: readonly Raised[];
  readonly restartMs: number;
}

const RESTART_MS_MAX = 30_000;

async function killNode({ node, dataDir }: World): Promise<Killed> {
  const pid = childOf(node.child.pid);
  const startMs = systemClock.nowMs();
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid)) await sleep(1);
  const outbox = await readOutbox(dataDir);
  while (systemClock.nowMs() < startMs + RESTART_MS_MAX) {
    const ready = await fetch(`${node.httpUrl}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return { outbox, restartMs: systemClock.nowMs() - startMs };
    await sleep(50);
  }
  throw new Error(`the node was not ready again ${RESTART_MS_MAX} ms after it was killed`);
}

/** Waits until the last intervals have ended and nothing waits for anybody. @returns what the node said last */
async function quiet({ node }: World): Promise<NodeSample | undefined> {
  const startMs = systemClock.nowMs();
  await sleep(QUIET_MS_MIN);
  for (;;) {
    const sample = await readNode(node.httpUrl);
    if (sample !== undefined && isDrained(sample)) return sample;
    if (systemClock.nowMs() > startMs + QUIET_MS_MAX) return sample;
    await sleep(SAMPLE_MS);
  }
}

async function outcomes(
  world: World,
  raised: readonly Raised[],
  rows: HistoryRows,
  returnedAtMs: number,
): Promise<readonly SinkOutcome[]> {
  const own = new Set(raised.map((r) => r.id));
  const cameras = new Set(raised.map((r) => r.camera));
  const ofThese = (id: string): boolean => own.has(id) || cameras.has(id.split(':')[0] ?? '');
  const stream = (await readStream(world.redis.url, CLUSTER)).filter(({ id }) => ofThese(id));
  const publishedAt = new Map(stream.map(({ id, atMs }) => [id, atMs]));
  const wasAway = (id: string): boolean => {
    const atMs = publishedAt.get(id);
    return atMs !== undefined && !world.channel.heardAt(atMs);
  };
  return [
    ...world.subscribers.map((subscriber) =>
      sinkOutcome(
        subscriber.sink,
        raised,
        subscriber.heard.filter(({ id }) => ofThese(id)),
        returnedAtMs,
        subscriber === world.channel ? wasAway : undefined,
      ),
    ),
    sinkOutcome('redis stream', raised, stream, returnedAtMs),
    // Rows have no moment of arrival: whether they are there is all that is asked.
    { ...sinkOutcome('history', raised, rows.alerts, returnedAtMs), waited: 0, drainMs: 0 },
  ];
}

/** Every record the node has taken must be in the database: since its start, whatever scenario they are from. */
async function wholeHistory(world: World, last: NodeSample | undefined, alerts: number): Promise<readonly string[]> {
  if (last === undefined) return ['the node does not say what became of its records'];
  return totalsFaults(await historyTotals(world.postgres, INTERVAL_S), last.history, alerts);
}

function waiting({ behind, history }: NodeSample): string {
  const sinks = [...behind].filter(([, n]) => n > 0).map(([sink, n]) => `${n} for ${sink}`);
  return [...sinks, `${history.waiting} records for the database`].join(', ');
}
