import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { epoch, nodeId, shardId } from '../../../../core/ids.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import type { ClusterEvent, Standing } from '../../../../shards/cluster/brain-io.ts';
import { LatencyCounts } from '../../../../src/adapters/redis/latency-counts.ts';
import type { LinkStats } from '../../../../src/links/port.ts';
import { type ClusterMetricSources, registerCluster } from '../../../../src/telemetry/cluster-metrics.ts';
import { FakeCluster } from '../../../support/fake-cluster.ts';

const link: LinkStats = {
  ...{ node: nodeId('node-2'), connected: true, streams: 3, outstandingBytes: 40, creditBytes: 100 },
  ...{ sent: 5, received: 6, refused: 7, reconnects: 8, breaker: 'open', roundTripMs: 12 },
};
const latency = new LatencyCounts();
latency.record(3);
const redis = {
  calls: { breaker: 'half_open' },
  stats: {
    ...{ ready: true, connections: 1, inFlight: 2, latency },
    counts: { errors: 1, connected: 1, commands: 9, failures: 4, timeouts: 3, refused: 2 },
  },
};
const STANDINGS: readonly Standing[] = [
  { kind: 'owned', epoch: epoch(1) },
  { kind: 'held', why: 'moving' },
  { kind: 'remote', node: nodeId('node-2'), epoch: epoch(1) },
  { kind: 'nobody' },
];

async function scrape(tell: (told: (event: ClusterEvent) => void, clock: ManualClock) => void, joined = true) {
  const clock = new ManualClock();
  const cluster = new FakeCluster();
  cluster.begin(0, 'node-2');
  cluster.begin(1, 'node-1');
  const sources = {
    clock,
    member: {
      ...{ node: nodeId('node-1'), view: cluster.view(), remainingMs: 2_500 },
      standing: (shard: number) => STANDINGS[shard % STANDINGS.length],
      shards: () => cluster.map.shards.map((_, shard) => shardId(shard)),
      driver: { islanded: true, refusedEffects: 11 },
      links: {
        stats: [link, { ...link, node: 'node-3', roundTripMs: undefined }],
        refusals: new Map([['bad_proof', 2]]),
      },
      relayCounts: { opened: 1, frames: 2, lost: 3 },
    },
    book: { unknownGaps: 4 },
    jobs: { stats: { submitted: 1, completed: 2, failed: 3, retried: 4, revived: 5, waiting: 6 } },
    log: { lost: 7 },
    ledgers: { failures: 8, adopted: 9 },
    redis: { leases: redis },
    joined: () =>
      joined
        ? {
            held: { size: 10, bytes: 11 },
            checkpoints: { saved: 12, failures: 13, fenced: 14, bytes: 15 },
            alertsHanded: () => 16,
            live: {
              pictures: { followed: 17, watched: 18, counts: { sent: 19, skipped: 20, received: 21 } },
              news: { counts: { sent: 22, lost: 23, received: 24 } },
            },
          }
        : undefined,
  };
  const registry = new Registry();
  tell(registerCluster(registry, sources as unknown as ClusterMetricSources), clock);
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

const event = (kind: ClusterEvent['kind'], shard = 0): ClusterEvent => ({
  ...{ severity: 'info', kind, message: '', data: { shard } },
});

const EXPECTED: Readonly<Record<string, number>> = {
  camshard_cluster_lease_remaining_seconds: 2.5,
  camshard_cluster_lease_losses_total: 0,
  camshard_cluster_islanded: 1,
  camshard_cluster_coordinator: 1,
  camshard_cluster_map_version: 3,
  'camshard_cluster_members{state="alive"}': 3,
  'camshard_cluster_members{state="dead"}': 0,
  'camshard_cluster_shards{standing="owned"}': 3,
  'camshard_cluster_shards{standing="held"}': 3,
  'camshard_cluster_shards{standing="remote"}': 3,
  'camshard_cluster_shards{standing="nobody"}': 3,
  'camshard_cluster_moves{direction="in"}': 1,
  'camshard_cluster_moves{direction="out"}': 1,
  'camshard_cluster_hand_offs_total{outcome="handed_over"}': 0,
  camshard_cluster_refused_effects_total: 11,
  camshard_cluster_events_lost_total: 7,
  camshard_relays_opened_total: 1,
  camshard_relayed_frames_total: 2,
  camshard_relayed_frames_lost_total: 3,
  camshard_held_frames: 10,
  camshard_held_bytes: 11,
  'camshard_link_connected{peer="node-2"}': 1,
  'camshard_link_streams{peer="node-2"}': 3,
  'camshard_link_outstanding_bytes{peer="node-2"}': 40,
  'camshard_link_credit_bytes{peer="node-2"}': 100,
  'camshard_link_round_trip_seconds{peer="node-2"}': 0.012,
  'camshard_link_messages_sent_total{peer="node-2"}': 5,
  'camshard_link_messages_received_total{peer="node-2"}': 6,
  'camshard_link_messages_refused_total{peer="node-2"}': 7,
  'camshard_link_reconnects_total{peer="node-2"}': 8,
  'camshard_link_breaker{peer="node-2"}': 2,
  'camshard_link_handshakes_refused_total{reason="bad_proof"}': 2,
  'camshard_live_link_cameras{direction="in"}': 17,
  'camshard_live_link_cameras{direction="out"}': 18,
  'camshard_live_link_frames_total{outcome="sent"}': 19,
  'camshard_live_link_frames_total{outcome="skipped"}': 20,
  'camshard_live_link_frames_total{outcome="received"}': 21,
  'camshard_live_link_messages_total{outcome="lost"}': 23,
  'camshard_jobs_total{outcome="submitted"}': 1,
  'camshard_jobs_total{outcome="completed"}': 2,
  'camshard_jobs_total{outcome="failed"}': 3,
  'camshard_jobs_total{outcome="retried"}': 4,
  camshard_job_worker_revivals_total: 5,
  camshard_jobs_waiting: 6,
  'camshard_redis_client_calls_total{client="leases"}': 9,
  'camshard_redis_client_failures_total{client="leases"}': 4,
  'camshard_redis_client_timeouts_total{client="leases"}': 3,
  'camshard_redis_client_in_flight{client="leases"}': 2,
  'camshard_redis_client_breaker{client="leases"}': 1,
  'camshard_redis_client_call_seconds_bucket{client="leases",le="0.005"}': 1,
  camshard_checkpoints_saved_total: 12,
  camshard_checkpoint_save_failures_total: 13,
  camshard_checkpoints_fenced_total: 14,
  camshard_checkpoint_bytes_total: 15,
  camshard_ledger_save_failures_total: 8,
  camshard_ledgers_adopted_total: 9,
  camshard_unknown_gaps_total: 4,
  camshard_alerts_handed_total: 16,
};

describe('the metrics of a member of a cluster', () => {
  it('show each figure', async () => {
    const series = await scrape(() => {});
    for (const [name, value] of Object.entries(EXPECTED)) expect([name, series.get(name)]).toEqual([name, value]);
    expect(series.has('camshard_link_round_trip_seconds{peer="node-3"}')).toBe(false);
  });

  it('are there before the node has joined', async () => {
    const series = await scrape(() => {}, false);
    expect(series.get('camshard_held_frames')).toBe(0);
    expect(series.get('camshard_checkpoints_saved_total')).toBe(0);
  });

  it('tell how hand-offs and takeovers end, and how long they take', async () => {
    const series = await scrape((told, clock) => {
      told(event('shard_begun', 1));
      clock.advance(40);
      told(event('shard_stopped', 1));
      told(event('shard_begun', 2));
      clock.advance(2_000);
      told(event('shard_withdrawn', 2));
      told(event('shard_taken_over', 3));
      clock.advance(300);
      told(event('shard_started', 3));
      // Of a hand-off from elsewhere: nobody here knows when it began.
      told(event('shard_started', 4));
      told(event('lease_lost'));
    });
    const outcomes = { handed_over: 0.04, withdrawn: 2, taken_over: 0.3 };
    for (const [outcome, seconds] of Object.entries(outcomes)) {
      expect(series.get(`camshard_cluster_hand_offs_total{outcome="${outcome}"}`)).toBe(1);
      expect(series.get(`camshard_cluster_hand_off_seconds_sum{outcome="${outcome}"}`)).toBeCloseTo(seconds);
    }
    expect(series.get('camshard_cluster_events_total{kind="shard_begun"}')).toBe(2);
    expect(series.get('camshard_cluster_lease_losses_total')).toBe(1);
  });
});
