import { z } from 'zod';
import { CAMERAS_MAX, PAGE_ROWS_MAX, SHARDS_MAX } from '../../../config/limits.ts';
import type { AutoscaleSignal } from '../../../shards/autoscale.ts';
import type { LoggedClusterEvent } from '../../cluster/port.ts';
import type { RoundStatus } from '../../jobs/port.ts';
import { moveRequest, pinRequest, plannedMove, reasonRequest, rebalanceRequest } from '../api/cluster/bodies.ts';
import type { MemberRow, ShardRow } from '../api/cluster/rows.ts';
import { cameraIdSchema, count, wallMs } from './scalars.ts';

/** What the API says of the cluster. */

const shardNumber = () => z.int().min(0).max(SHARDS_MAX);
const fps = () => z.number().min(0);
const epochNumber = () => count().meta({ description: 'Fencing token: grows when the owner changes. 0: never owned.' });

export const member = z
  .object({
    node: z.string(),
    alive: z.boolean().meta({ description: 'Its lease has not ended.' }),
    coordinator: z.boolean(),
    cordoned: z.boolean().meta({ description: 'It is to get no more shards, and to lose those it has.' }),
    draining: z.boolean().meta({ description: 'It stops, and hands its shards over.' }),
    shards: count().meta({ description: 'Shards it owns.' }),
    movesIn: count().meta({ description: 'Hand-offs under way to it.' }),
    movesOut: count(),
    cameras: count().nullable().meta({ description: 'What follows it said itself, null where it never did.' }),
    capacityFps: fps().nullable(),
    demandFps: fps().nullable(),
    rung: count().nullable(),
    version: z.string().nullable(),
    startedAt: wallMs().nullable(),
    incarnation: z.string().nullable().meta({ description: 'Names this life of the node.' }),
    advertiseUrl: z.string().nullable().meta({ description: 'Where cameras reach it.' }),
    linkUrl: z.string().nullable(),
    mapVersion: count().nullable().meta({ description: 'Newest shard map it has seen.' }),
  })
  .meta({ description: 'One member of the cluster.' }) satisfies z.ZodType<MemberRow>;

const shardFields = {
  shard: shardNumber(),
  node: z.string().nullable().meta({ description: 'Its owner; null before the first allocation.' }),
  epoch: epochNumber(),
  state: z.enum(['unowned', 'starting', 'moving', 'running']),
  move: z
    .object({ id: z.string(), to: z.string(), why: z.string() })
    .nullable()
    .meta({ description: 'The hand-off that has begun.' }),
  pin: z.string().nullable().meta({ description: 'The operator wants it there.' }),
  from: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('nothing') }),
      z.object({ kind: z.literal('hand-off'), node: z.string(), move: z.string() }),
      z.object({ kind: z.literal('takeover'), node: z.string() }),
    ])
    .meta({ description: 'Where the owner took its state from.' }),
  cameras: z.int().min(0).max(CAMERAS_MAX).nullable().meta({ description: 'Null where the owner did not answer.' }),
};
const shardRow = z.object(shardFields).meta({ description: 'One shard.' }) as unknown as z.ZodType<ShardRow>;

const moves = () => z.array(plannedMove).max(SHARDS_MAX);

const jobState = () => z.enum(['waiting', 'active', 'completed', 'failed', 'cancelled']);
const round = z
  .object({
    id: z.string(),
    why: z.string(),
    who: z.string(),
    submittedAt: wallMs(),
    state: jobState(),
    moves: z.array(
      z.object({
        shard: shardNumber(),
        from: z.string().nullable(),
        to: z.string(),
        state: jobState(),
        step: z.string().nullable().meta({ description: 'begun, sealed, stopped, started.' }),
        attempts: count(),
        error: z.string().nullable(),
      }),
    ),
  })
  .meta({ description: 'One round of moves.' }) satisfies z.ZodType<RoundStatus>;

const clusterEvent = z
  .object({
    id: z.string(),
    at: wallMs(),
    node: z.string().meta({ description: 'Who noted it.' }),
    severity: z.enum(['info', 'warning', 'critical']),
    kind: z.string(),
    message: z.string().meta({ description: 'One sentence, for people.' }),
    who: z.string().nullable().meta({ description: 'Of an operator’s action.' }),
    why: z.string().nullable(),
    data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  })
  .meta({ description: 'Something that happened in the cluster.' }) satisfies z.ZodType<LoggedClusterEvent>;

const load = { demandFps: fps(), capacityFps: fps(), utilisation: fps().meta({ description: 'demand / capacity.' }) };

const autoscale = z
  .object({
    cluster: z.string(),
    ...load,
    nodes: count(),
    desiredNodes: count(),
    recommendation: z.enum(['scale_up', 'hold', 'scale_down']),
    triggers: z.array(
      z.object({
        name: z.enum(['gpu_busy', 'latency_p99', 'queue_depth', 'quiet']),
        sinceMs: wallMs(),
        value: z.number(),
      }),
    ),
    perNode: z.array(z.object({ node: z.string(), ...load })),
  })
  .meta({ description: 'Whether there should be more nodes, or fewer.' }) satisfies z.ZodType<AutoscaleSignal>;

export const CLUSTER_SCHEMAS = {
  Member: member,
  Shard: shardRow,
  Cluster: z.object({
    name: z.string(),
    kind: z.enum(['local', 'redis']),
    node: z.string().meta({ description: 'The node that answers.' }),
    coordinator: z.string().nullable(),
    coordinates: z.boolean().meta({ description: 'The answering node holds the office.' }),
    mapVersion: count(),
    shardCount: count(),
    shards: z.object({ unowned: count(), starting: count(), moving: count(), running: count() }),
    pinned: count(),
    moves: z.array(z.object({ shard: shardNumber(), from: z.string().nullable(), to: z.string(), why: z.string() })),
    members: z.array(member),
    lease: z
      .object({
        held: z.boolean(),
        islanded: z.boolean().meta({ description: 'It serves without the store, as all others lack it too.' }),
        remainingMs: z.number().nullable(),
      })
      .meta({ description: 'Of the node that answers.' }),
  }),
  Shards: z.object({
    version: count().meta({ description: 'Grows with each change of the map.' }),
    shards: z.array(shardRow).max(SHARDS_MAX),
    missing: z.array(z.string()).meta({ description: 'Nodes that did not answer: the cameras of theirs are null.' }),
  }),
  ShardDetail: z.object({
    ...shardFields,
    version: count().meta({ description: 'Of the map when this shard last changed.' }),
    cameraIds: z.array(cameraIdSchema).max(PAGE_ROWS_MAX),
  }),
  MoveRequest: moveRequest,
  PinRequest: pinRequest,
  Reason: reasonRequest,
  OrderDone: z.object({
    answer: z.enum(['done', 'begun']).meta({ description: 'begun: it goes on, watch the shards.' }),
  }),
  RebalanceRequest: rebalanceRequest,
  Rebalanced: z.object({
    round: z.string().nullable().meta({ description: 'Null where nothing moves, or only the plan was asked for.' }),
    moves: moves(),
  }),
  Plan: z.object({ moves: moves() }),
  Rounds: z.object({ rounds: z.array(round) }),
  Round: round,
  RoundCancelled: z.object({ cancelled: count().meta({ description: 'Moves that had not begun.' }) }),
  ClusterEvents: z.object({ items: z.array(clusterEvent), next: z.string().nullable() }),
  Autoscale: autoscale,
} as const;
