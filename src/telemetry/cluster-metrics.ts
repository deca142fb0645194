import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CameraBook } from '../../actors/camera-book.ts';
import type { Clock } from '../../core/clock.ts';
import type { ClusterEvent, Standing } from '../../shards/cluster/brain-io.ts';
import type { OpenRedis } from '../adapters/redis/open-redis.ts';
import type { ClusterMember } from '../cluster/cluster-member.ts';
import type { ClusterEventLog } from '../cluster/port.ts';
import type { JobQueue } from '../jobs/port.ts';
import { HandOffMeter } from './hand-off-meter.ts';
import { registerLinks } from './link-metrics.ts';
import { pulled, single } from './pulled-metric.ts';
import { registerRedisClients } from './redis-client-metrics.ts';

/** What a member of a cluster counts; what is made only as it joins is undefined before. */
export interface ClusterMetricSources {
  readonly clock: Clock;
  readonly member: Pick<
    ClusterMember,
    'node' | 'view' | 'remainingMs' | 'standing' | 'shards' | 'driver' | 'links' | 'relayCounts'
  >;
  readonly book: Pick<CameraBook, 'unknownGaps'>;
  readonly jobs: Pick<JobQueue, 'stats'>;
  readonly log: Pick<ClusterEventLog, 'lost'>;
  readonly ledgers: { readonly failures: number; readonly adopted: number };
  /** By what they are for. */
  readonly redis: Readonly<Record<string, OpenRedis>>;
  readonly joined: () => JoinedSources | undefined;
}

export interface JoinedSources {
  readonly held: { readonly size: number; readonly bytes: number };
  readonly checkpoints: {
    readonly saved: number;
    readonly failures: number;
    readonly fenced: number;
    readonly bytes: number;
  };
  /** Alert records given to the nodes that own their cameras. */
  readonly alertsHanded: () => number;
  readonly live: {
    readonly pictures: {
      readonly followed: number;
      readonly watched: number;
      readonly counts: { readonly sent: number; readonly skipped: number; readonly received: number };
    };
    readonly news: { readonly counts: { readonly sent: number; readonly lost: number; readonly received: number } };
  };
}

/** Upper ends, s: a hand-off takes tens of ms, a takeover waits for checkpoints. */
const HAND_OFF_BUCKETS_S = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * A node as one of several: its lease, its shards and what moves, links, relays, jobs, checkpoints and Redis clients.
 * @returns what is to be told of each event of the cluster that this node tells
 */
export function registerCluster(registry: Registry, sources: ClusterMetricSources): (event: ClusterEvent) => void {
  const seconds = new Histogram({
    name: 'camshard_cluster_hand_off_seconds',
    help: 'Seconds from the begin of a hand-off to its end at the old owner; from a takeover to serving at the new one.',
    labelNames: ['outcome'],
    buckets: HAND_OFF_BUCKETS_S,
    registers: [registry],
  });
  const outcomes = { handed_over: 0, withdrawn: 0, taken_over: 0 };
  const meter = new HandOffMeter({
    clock: sources.clock,
    onEnd: (outcome, took) => {
      outcomes[outcome]++;
      seconds.observe({ outcome }, took);
    },
  });
  registerLease(registry, sources, meter);
  registerShards(registry, sources, outcomes);
  registerLinks(registry, sources.member);
  registerKept(registry, sources);
  registerLive(registry, sources.joined);
  registerJobs(registry, sources.jobs);
  registerRedisClients(registry, sources.redis);
  return (event) => meter.observe(event);
}

function registerLease(registry: Registry, { member, log }: ClusterMetricSources, { events }: HandOffMeter): void {
  const gauge = gauges(registry);
  const counter = counters(registry);
  gauge(
    'camshard_cluster_lease_remaining_seconds',
    'Seconds the node may serve yet where it hears nothing; 0 where it may not.',
    () => (Number.isFinite(member.remainingMs) ? Math.max(0, member.remainingMs / 1_000) : 0),
  );
  counter(
    'camshard_cluster_lease_losses_total',
    'Times the node lost its lease, and stopped serving.',
    () => events.get('lease_lost') ?? 0,
  );
  gauge(
    'camshard_cluster_islanded',
    'Whether nobody of the cluster reaches Redis, and the node serves on: 0 or 1.',
    () => (member.driver?.islanded === true ? 1 : 0),
  );
  gauge('camshard_cluster_coordinator', 'Whether the node coordinates the cluster: 0 or 1.', () =>
    member.view.coordinates ? 1 : 0,
  );
  pulled(
    registry,
    Gauge,
    'camshard_cluster_members',
    'Members of the cluster, as this node sees them.',
    ['state'],
    () => {
      const alive = member.view.members.filter((seen) => seen.alive).length;
      const names = new Set([...member.view.map.members, ...member.view.members.flatMap(livingName)]);
      return [
        [{ state: 'alive' }, alive],
        [{ state: 'dead' }, names.size - alive],
      ];
    },
  );
  pulled(
    registry,
    Counter,
    'camshard_cluster_events_total',
    'Events of the cluster that this node told, by kind.',
    ['kind'],
    function* () {
      for (const [kind, n] of events) yield [{ kind }, n] as const;
    },
  );
  counter('camshard_cluster_events_lost_total', 'Events that could not be kept in the cluster’s log.', () => log.lost);
}

const livingName = ({ alive, info }: { alive: boolean; info: { node: string } }): string[] =>
  alive ? [info.node] : [];

function registerShards(
  registry: Registry,
  { member }: ClusterMetricSources,
  outcomes: Readonly<Record<string, number>>,
): void {
  const gauge = gauges(registry);
  gauge('camshard_cluster_map_version', 'Version of the shard map that the node has.', () => member.view.map.version);
  pulled(
    registry,
    Gauge,
    'camshard_cluster_shards',
    'Shards by what they are to this node: owned and served, held while they move or start, another’s, or nobody’s.',
    ['standing'],
    () => {
      const counts: Record<Standing['kind'], number> = { owned: 0, held: 0, remote: 0, nobody: 0 };
      for (const shard of member.shards()) counts[member.standing(shard).kind]++;
      return Object.entries(counts).map(([standing, n]) => [{ standing }, n] as const);
    },
  );
  pulled(
    registry,
    Gauge,
    'camshard_cluster_moves',
    'Hand-offs under way, to this node and from it.',
    ['direction'],
    () => {
      const moving = member.view.map.shards.filter(({ move }) => move !== null);
      return [
        [{ direction: 'in' }, moving.filter(({ move }) => move?.to === member.node).length],
        [{ direction: 'out' }, moving.filter(({ owner }) => owner === member.node).length],
      ];
    },
  );
  pulled(
    registry,
    Counter,
    'camshard_cluster_hand_offs_total',
    'Shards this node handed over, kept after all, or took over from a dead node.',
    ['outcome'],
    () => Object.entries(outcomes).map(([outcome, n]) => [{ outcome }, n] as const),
  );
  counters(registry)(
    'camshard_cluster_refused_effects_total',
    'Results that had no effect, as their shard was another’s by then or the lease had ended.',
    () => member.driver?.refusedEffects ?? 0,
  );
}

function registerKept(registry: Registry, { joined, ledgers, book }: ClusterMetricSources): void {
  const gauge = gauges(registry);
  const counter = counters(registry);
  gauge('camshard_held_frames', 'Frames held for shards that move or start.', () => joined()?.held.size ?? 0);
  gauge('camshard_held_bytes', 'Bytes of these frames.', () => joined()?.held.bytes ?? 0);
  const kept = (name: string, help: string, of: keyof JoinedSources['checkpoints']): void =>
    counter(name, help, () => joined()?.checkpoints[of] ?? 0);
  kept('camshard_checkpoints_saved_total', 'Checkpoints of cameras kept for the next owner.', 'saved');
  kept('camshard_checkpoint_save_failures_total', 'Saves of a shard’s checkpoints that failed.', 'failures');
  kept('camshard_checkpoints_fenced_total', 'Saves refused as the shard is another’s.', 'fenced');
  kept('camshard_checkpoint_bytes_total', 'Bytes of state in checkpoints that were kept.', 'bytes');
  counter('camshard_ledger_save_failures_total', 'Saves of the account of frames that failed.', () => ledgers.failures);
  counter('camshard_ledgers_adopted_total', 'Accounts of cameras taken over from dead nodes.', () => ledgers.adopted);
  counter(
    'camshard_unknown_gaps_total',
    'Times a camera’s node died and nobody can tell what the camera had sent since.',
    () => book.unknownGaps,
  );
  counter(
    'camshard_alerts_handed_total',
    'Alert records left behind that were given to the owner of their cameras.',
    () => joined()?.alertsHanded() ?? 0,
  );
}

function registerLive(registry: Registry, joined: ClusterMetricSources['joined']): void {
  pulled(
    registry,
    Gauge,
    'camshard_live_link_cameras',
    'Cameras of other nodes that watchers here follow, and cameras served here that other nodes follow.',
    ['direction'],
    () => [
      [{ direction: 'in' }, joined()?.live.pictures.followed ?? 0],
      [{ direction: 'out' }, joined()?.live.pictures.watched ?? 0],
    ],
  );
  const outcomes = (name: string, help: string, counts: () => Readonly<Record<string, number>>): void =>
    pulled(registry, Counter, name, help, ['outcome'], () =>
      Object.entries(counts()).map(([outcome, n]) => [{ outcome }, n] as const),
    );
  outcomes(
    'camshard_live_link_frames_total',
    'Watched pictures between nodes: sent, skipped as the link had no room, received.',
    () => {
      const { sent, skipped, received } = joined()?.live.pictures.counts ?? { sent: 0, skipped: 0, received: 0 };
      return { sent, skipped, received };
    },
  );
  outcomes(
    'camshard_live_link_messages_total',
    'Messages of the topics alerts, events and cluster between nodes: sent, lost as the link had no room, received.',
    () => joined()?.live.news.counts ?? { sent: 0, lost: 0, received: 0 },
  );
}

function registerJobs(registry: Registry, jobs: ClusterMetricSources['jobs']): void {
  pulled(
    registry,
    Counter,
    'camshard_jobs_total',
    'Jobs of the control plane, by what became of them here.',
    ['outcome'],
    () => {
      const { submitted, completed, failed, retried } = jobs.stats;
      return Object.entries({ submitted, completed, failed, retried }).map(([outcome, n]) => [{ outcome }, n] as const);
    },
  );
  gauges(registry)('camshard_jobs_waiting', 'Jobs that wait to be worked on.', () => jobs.stats.waiting);
  counters(registry)(
    'camshard_job_worker_revivals_total',
    'Times the watchdog made the worker of jobs anew.',
    () => jobs.stats.revived,
  );
}

const gauges = (registry: Registry) => (name: string, help: string, read: () => number) =>
  pulled(registry, Gauge, name, help, [], single(read));
const counters = (registry: Registry) => (name: string, help: string, read: () => number) =>
  pulled(registry, Counter, name, help, [], single(read));
