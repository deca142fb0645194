import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { startSwarm } from '../lib/servers.ts';
import { percentileOf } from '../lib/statistics.ts';
import { readOutbox } from '../outages/read-outbox.ts';
import { type AnswerRecord, readAnswers } from '../swarm/record.ts';
import type { SwarmSummary } from '../swarm/swarm.ts';
import { type AlertVerdict, checkAlerts } from './alert-check.ts';
import type { AlertSeen } from './alert-log.ts';
import { putDocuments } from './camera-documents.ts';
import { type LoggedEvent, readCameras, readEvents } from './cluster-api.ts';
import { type Continuity, trackContinuity } from './continuity.ts';
import { type HandOffs, handOffs } from './hand-offs.ts';
import type { ClusterOptions } from './options.ts';
import type { World } from './world.ts';

/** What every scenario measures beside its own. */
export interface LoadOutcome {
  readonly swarm: SwarmSummary;
  readonly answers: readonly AnswerRecord[];
  readonly stream: readonly AlertSeen[];
  readonly alerts: AlertVerdict;
  readonly alertsWaiting: number;
  readonly continuity: Continuity;
  /** Ownership as watched from outside: what must not be, each a sentence. */
  readonly split: readonly string[];
  readonly claims: number;
  readonly ownerChanges: number;
  readonly settledAtEnd: boolean;
  readonly handOffs: HandOffs;
  /** The cluster's log while load lasted. */
  readonly events: readonly LoggedEvent[];
  readonly rssBytesMax: number | null;
  readonly loopP99Ms: number | null;
  /** Alerts refused for their epoch. */
  readonly fenced: number;
  /** When load began and ended, ms since the Unix epoch. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Answers are waited for so long after the last frame. */
const DRAIN_S = 20;
const ALERTS_MS_MAX = 90_000;

/** Cameras send to all nodes that run while `act` does what the scenario is about. */
export async function underLoad<T>(
  world: World,
  o: ClusterOptions,
  act: () => Promise<T>,
): Promise<{ readonly acted: T; readonly load: LoadOutcome }> {
  const prefix = 'cam';
  const watched = Array.from({ length: Math.min(o.watched, o.cameras) }, (_, i) => `${prefix}-${i}`);
  await putDocuments(
    world.running.map(({ httpUrl }) => httpUrl),
    watched,
  );
  const record = join(world.dir, 'answers.jsonl');
  const running = startSwarm({
    url: world.running.map(({ wsUrl }) => wsUrl).join(','),
    cameras: o.cameras,
    fps: o.fps,
    seconds: o.seconds,
    frames: o.framesDir,
    flags: [
      ...['--results', '--warmup', '0', '--prefix', prefix, '--record', record, '--drain', String(DRAIN_S)],
      // As a recording: only then the answers' detections are recorded, too.
      ...['--sequence', '--footage-fps', String(Math.max(1, o.fps))],
      ...(o.ignoreCredits ? ['--ignore-credits'] : []),
      ...(o.follow ? [] : ['--no-follow']),
    ],
  });
  await running.sending;
  const fromMs = systemClock.wallMs();
  const failed = running.summary.then(
    () => new Promise<never>(() => {}),
    (error: unknown) => Promise.reject(error),
  );
  const acted = await Promise.race([act(), failed]);
  const swarm = await running.summary;
  writeFileSync(join(world.dir, 'swarm.json'), JSON.stringify(swarm, null, 1));
  await running.child.exited;
  const toMs = systemClock.wallMs();
  const settledAtEnd = await world.settled(world.running.length, 30_000);
  const alertsWaiting = await world.alertsDelivered(ALERTS_MS_MAX);
  const homes = await readCameras(world.asked().httpUrl);
  // For whoever looks into what is told below.
  writeFileSync(join(world.dir, 'cameras.json'), JSON.stringify([...homes.values()], null, 1));
  const { ownership, serving, looks } = world.watch;
  const switched = [...homes.values()].flatMap(({ camera, shard }) => {
    const switches = serving.switches(camera);
    const changes = ownership.changes(shard);
    return switches <= changes
      ? []
      : [`${camera}: nodes took turns ${switches} times, its shard's owner changed ${changes} times`];
  });
  const events = await readEvents(world.asked().httpUrl, fromMs);
  const stream = await world.alerts.stream();
  const raised = (await Promise.all(world.nodes.map(({ dataDir }) => readOutbox(dataDir)))).flat();
  const answers = readAnswers(record);
  const watchedSet = new Set(watched);
  const all = (of: (look: (typeof looks)[number]) => number | null): readonly number[] =>
    looks.flatMap((look) => of(look) ?? []);
  return {
    acted,
    load: {
      swarm,
      answers,
      stream,
      alerts: checkAlerts(stream, world.alerts.heard, raised),
      alertsWaiting,
      continuity: trackContinuity(answers.filter(({ camera }) => watchedSet.has(camera))),
      split: [...ownership.faults, ...switched],
      claims: ownership.claims,
      ownerChanges: ownership.allChanges,
      settledAtEnd,
      handOffs: handOffs(events, fromMs),
      events,
      rssBytesMax: percentileOf(
        all((look) => look.rssBytes),
        1,
      ),
      loopP99Ms: percentileOf(
        all((look) => look.loopP99Ms),
        0.5,
      ),
      fenced: Math.max(0, ...all((look) => look.fenced)),
      fromMs,
      toMs,
    },
  };
}
