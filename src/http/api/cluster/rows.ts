import type { ShardId } from '../../../../core/ids.ts';
import type { ClusterView } from '../../../../shards/cluster/brain-io.ts';
import { type ClusterMap, entryOf, type ShardEntry } from '../../../../shards/cluster/cluster-map.ts';
import type { ClusterService } from '../../../cluster/port.ts';

/** What the API shows of the cluster, made of its view alone: nothing is asked of anybody. */

/** A member as `/v1/cluster` and `/v1/nodes` show it. Figures are null where it never told of itself. */
export interface MemberRow {
  readonly node: string;
  /** Its lease has not ended. */
  readonly alive: boolean;
  readonly coordinator: boolean;
  readonly cordoned: boolean;
  /** It stops, and hands its shards over. */
  readonly draining: boolean;
  readonly shards: number;
  readonly movesIn: number;
  readonly movesOut: number;
  readonly cameras: number | null;
  readonly capacityFps: number | null;
  readonly demandFps: number | null;
  readonly rung: number | null;
  readonly version: string | null;
  readonly startedAt: number | null;
  readonly incarnation: string | null;
  readonly advertiseUrl: string | null;
  readonly linkUrl: string | null;
  /** Newest map it has seen. */
  readonly mapVersion: number | null;
}

/** Everybody who is a member, or lives: by name. */
export function memberRows({ map, members, coordinator }: ClusterView): readonly MemberRow[] {
  const seen = new Map(members.map((member) => [member.info.node as string, member]));
  // Who left for good is remembered by the store for a while, and is no member any more.
  const living = members.filter((member) => member.alive).map((member) => member.info.node as string);
  const names = new Set<string>([...map.members, ...living]);
  for (const { owner } of map.shards) if (owner !== null) names.add(owner);
  const owned = new Map<string, { shards: number; movesIn: number; movesOut: number }>();
  for (const name of names) owned.set(name, { shards: 0, movesIn: 0, movesOut: 0 });
  for (const { owner, move } of map.shards) {
    const from = owner === null ? undefined : owned.get(owner);
    if (from !== undefined) from.shards++;
    if (move === null) continue;
    if (from !== undefined) from.movesOut++;
    const to = owned.get(move.to);
    if (to !== undefined) to.movesIn++;
  }
  const cordoned = new Set<string>(map.cordoned);
  return [...names].sort().map((node) => {
    const member = seen.get(node);
    const info = member?.info;
    return {
      node,
      alive: member?.alive ?? false,
      coordinator: coordinator === node,
      cordoned: cordoned.has(node),
      draining: info?.draining ?? false,
      ...(owned.get(node) ?? { shards: 0, movesIn: 0, movesOut: 0 }),
      cameras: info?.cameras ?? null,
      capacityFps: info?.capacityFps ?? null,
      demandFps: info?.demandFps ?? null,
      rung: info?.rung ?? null,
      version: info?.version ?? null,
      startedAt: info?.startedAt ?? null,
      incarnation: info?.incarnation ?? null,
      advertiseUrl: info?.advertiseUrl ?? null,
      linkUrl: info?.linkUrl ?? null,
      mapVersion: info?.mapVersion ?? null,
    };
  });
}

/** What a shard is doing: `unowned` before the first allocation, `moving` from `begin` to `stopped`. */
export type ShardState = 'unowned' | 'starting' | 'moving' | 'running';

export interface ShardRow {
  readonly shard: number;
  readonly node: string | null;
  readonly epoch: number;
  readonly state: ShardState;
  readonly move: { readonly id: string; readonly to: string; readonly why: string } | null;
  readonly pin: string | null;
  readonly from: ShardEntry['from'];
  /** Null where its owner did not answer. */
  readonly cameras: number | null;
}

export function stateOf({ owner, state, move }: ShardEntry): ShardState {
  if (owner === null) return 'unowned';
  if (state === 'starting') return 'starting';
  return move === null ? 'running' : 'moving';
}

/** @param cameras of each node that answered, by shard */
export function shardRow(
  map: ClusterMap,
  shard: ShardId,
  cameras: ReadonlyMap<string, Readonly<Record<string, number>>>,
): ShardRow {
  const entry = entryOf(map, shard);
  const { owner, epoch, move, pin, from } = entry;
  const counts = owner === null ? undefined : cameras.get(owner);
  return {
    shard,
    node: owner,
    epoch,
    state: stateOf(entry),
    move: move === null ? null : { id: move.id, to: move.to, why: move.why },
    pin,
    from,
    cameras: counts === undefined ? null : (counts[shard] ?? 0),
  };
}

/** `GET /v1/cluster`. */
export function clusterStatus(cluster: ClusterService) {
  const view = cluster.view();
  const { map, coordinator, coordinates } = view;
  const states: Record<ShardState, number> = { unowned: 0, starting: 0, moving: 0, running: 0 };
  for (const entry of map.shards) states[stateOf(entry)]++;
  return {
    name: cluster.name,
    kind: cluster.kind,
    node: cluster.node,
    coordinator,
    coordinates,
    mapVersion: map.version,
    shardCount: map.shards.length,
    shards: states,
    pinned: map.shards.filter((entry) => entry.pin !== null).length,
    moves: map.shards.flatMap(({ owner, move }, shard) =>
      move === null ? [] : [{ shard, from: owner, to: move.to, why: move.why }],
    ),
    members: memberRows(view),
    lease: cluster.lease(),
  };
}
