import { z } from 'zod';
import { int, key, num } from '../key.ts';
import * as limits from '../limits.ts';

/** Section `cluster`: how nodes find each other, and who owns what. */

const wsUrl = z
  .string()
  .regex(/^wss?:\/\//)
  .max(2_048);

export const cluster = z.strictObject({
  name: key(
    z
      .string()
      .regex(/^[a-z0-9-]{1,32}$/)
      .default('local'),
    { reason: 'Name of the cluster: in Redis keys, channels and alerts.' },
  ),
  adapter: key(z.enum(['local', 'redis']).default('local'), {
    reason: 'local: this node is all there is. redis: nodes with the same redis.url, name and secret are one cluster.',
  }),
  secret: key(z.string().min(16).max(512).nullable().default(null), {
    reason: 'Shared by the nodes, asked of whoever opens a node link. Needed with adapter: redis.',
  }),
  advertiseUrl: key(wsUrl.nullable().default(null), {
    reason: 'Where cameras reach this node, for redirects; its own address where it binds a loopback one.',
  }),
  linkUrl: key(wsUrl.nullable().default(null), {
    reason: 'Where other nodes reach this node; advertiseUrl where not set.',
  }),
  shardCount: key(int(1, limits.SHARDS_MAX).default(256), {
    reason: 'Fixed slices of all cameras; the unit that moves between nodes. Never changed in a living cluster.',
  }),
  virtualNodes: key(int(1, limits.VIRTUAL_NODES_MAX).default(160), {
    reason: 'Points per shard on the ring; 160 keeps max/mean near what a perfectly uniform hash gives.',
  }),
  leaseTtlMs: key(int(500, 600_000).default(3_000), {
    unit: 'ms',
    reason: 'How long a node may serve without being heard of: what a death costs at least.',
  }),
  leaseRenewMs: key(int(50, 200_000).default(1_000), {
    unit: 'ms',
    reason: 'Between renewals; three times this fits the TTL, so that two may be lost.',
  }),
  leaseGuardMs: key(int(10, 60_000).default(300), {
    unit: 'ms',
    reason:
      'A lease is trusted for this much less than its TTL: clocks that run at different rates, timers that are late.',
  }),
  leaseTimeoutMs: key(int(20, 60_000).default(800), {
    unit: 'ms',
    reason: 'For one renewal; the next is tried after it.',
  }),
  sealTimeoutMs: key(int(10, 60_000).default(500), {
    unit: 'ms',
    reason: 'For frames in flight when a shard is handed over; later ones are lost(handoff).',
  }),
  moveTimeoutMs: key(int(100, 600_000).default(10_000), {
    unit: 'ms',
    reason: 'A hand-off that has not come to its stop by then is withdrawn.',
  }),
  movesPerRound: key(int(1, limits.SHARDS_MAX).default(32), {
    reason: 'Shards a round moves at most; draining nodes are exempt.',
  }),
  rebalanceEveryMs: key(int(500, 3_600_000).default(2_000), {
    unit: 'ms',
    reason: 'Between looks at the loads; a round follows another as soon as that is through.',
  }),
  formationMs: key(int(0, 600_000).default(2_000), {
    unit: 'ms',
    reason: 'A new cluster waits so long for further nodes before it gives out its shards.',
  }),
  checkpointMs: key(int(500, 600_000).default(5_000), {
    unit: 'ms',
    reason: 'How often trackers and counters go to Redis: what the death of a node costs of them.',
  }),
  ledgerMs: key(int(50, 60_000).default(500), { unit: 'ms', reason: 'How often the account of frames goes there.' }),
  drainMsMax: key(int(0, 600_000).default(25_000), {
    unit: 'ms',
    reason: 'After SIGTERM shards are handed to other nodes for so long at most; shutdown.graceMs comes after it.',
  }),
  holdBytesMax: key(int(0, 4 * 1024 ** 3).default(64 * 1024 ** 2), {
    unit: 'bytes',
    reason: 'Frames held for shards on the move, the newest of each camera; past it they are shed.',
  }),
  linkCreditBytes: key(int(64 * 1024, 4 * 1024 ** 3).default(32 * 1024 ** 2), {
    unit: 'bytes',
    reason: 'Relayed frames unanswered on one node link; past it they are shed as link_full.',
  }),
  scaling: z
    .strictObject({
      utilisationTarget: key(num(0.1, 1).default(0.7), { reason: 'Demand over capacity that nodes are planned for.' }),
      busyShare: key(num(0.1, 1).default(0.9), { reason: 'A device busy for more than this share ...' }),
      busyS: key(int(1, 86_400).default(600), { unit: 's', reason: '... for this long asks for another node.' }),
      latencyMs: key(num(1, 60_000).default(90), { unit: 'ms', reason: 'p99 over this ...' }),
      latencyS: key(int(1, 86_400).default(300), { unit: 's', reason: '... for this long asks for another node.' }),
      queueDepth: key(int(1, 1_000_000).default(600), {
        reason: 'More frames waiting than this ask for another node.',
      }),
      quietS: key(int(1, 86_400).default(300), { unit: 's', reason: 'Quiet for this long, a node fewer would do.' }),
    })
    .prefault({}),
});
