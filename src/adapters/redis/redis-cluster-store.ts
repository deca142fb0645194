import type { Clock } from '../../../core/clock.ts';
import { ConfigError, errorMessage } from '../../../core/errors.ts';
import type { NodeId } from '../../../core/ids.ts';
import { type ClusterMap, emptyMap } from '../../../shards/cluster/cluster-map.ts';
import type {
  ClusterStore,
  CommitAnswer,
  CommitRequest,
  MemberInfo,
  MemberSeen,
  RenewAnswer,
  RenewRequest,
} from '../../../shards/cluster/store.ts';
import { COMMIT, clusterKeys, READ_MAP, RENEW, RESIGN } from './cluster-scripts.ts';
import { entryTail, parseEntry } from './map-json.ts';
import type { OpenRedis } from './open-redis.ts';
import { StoreScripts, StoreUnavailableError } from './store-scripts.ts';

export interface RedisClusterStoreOptions {
  /** A client for leases and nothing else, so that nothing else holds up a renewal; opened with `once`. Closed with the store. */
  readonly leases: OpenRedis;
  /** For the map; opened with `once`. Closed with the store. */
  readonly map: OpenRedis;
  readonly cluster: string;
  readonly shardCount: number;
  /** Of the ring: nodes with another number would give cameras to other shards. */
  readonly virtualNodes: number;
  /** For one renewal. */
  readonly leaseTimeoutMs: number;
  /** For reading or changing the map. */
  readonly mapTimeoutMs: number;
  readonly clock: Clock;
}

/**
 * The cluster on Redis. Leases end by the server's clock; what is written is on a replica too before it counts, where the
 * server has one that is well.
 *
 * A server whose clock was set forward, or that has taken over from another, is not believed that anybody has died whom
 * this adapter has just seen alive: for one ttl, in which whoever lives renews.
 */
export class RedisClusterStore implements ClusterStore {
  readonly #o: RedisClusterStoreOptions;
  readonly #leases: StoreScripts;
  readonly #map: StoreScripts;
  /** Who lived at the last answer, and until when they are not called dead. */
  #lived: ReadonlySet<NodeId> = new Set();
  #trustedFromMs = Number.NEGATIVE_INFINITY;

  constructor(options: RedisClusterStoreOptions) {
    this.#o = options;
    const { leases, map, cluster, leaseTimeoutMs, mapTimeoutMs, clock } = options;
    const keys = clusterKeys(cluster);
    this.#leases = new StoreScripts({ redis: leases, keys, timeoutMs: leaseTimeoutMs, clock });
    this.#map = new StoreScripts({ redis: map, keys, timeoutMs: mapTimeoutMs, clock });
  }

  async renew({ info, ttlMs, wantsOffice }: RenewRequest): Promise<RenewAnswer> {
    const { kind, rest, store } = await this.#leases.run({
      script: RENEW,
      args: [info.node, info.incarnation, String(ttlMs), wantsOffice ? '1' : '0', JSON.stringify(info)],
      confirm: ['held'],
    });
    if (kind === 'taken') return { kind: 'taken', incarnation: String(rest[0]) };
    const nowMs = this.#o.clock.nowMs();
    if (store !== 'same') this.#trustedFromMs = nowMs + ttlMs;
    const [token, coordinator, office, mapVersion, ...told] = rest as [number, NodeId | '', number, number];
    return {
      kind: 'held',
      token,
      coordinator: coordinator === '' ? null : { node: coordinator, token: office },
      mapVersion,
      members: this.#members(told, nowMs < this.#trustedFromMs),
    };
  }

  async readMap(): Promise<ClusterMap> {
    const { rest } = await this.#map.run({ script: READ_MAP, args: [], confirm: [] });
    const [version, shards, members, cordoned, ...entries] = rest as [number, string, string, string];
    const { shardCount } = this.#o;
    if (shards !== '' && shards !== this.#ring) throw this.#otherRing(shards);
    const all = [...emptyMap(shardCount).shards];
    try {
      for (let i = 0; i < entries.length; i += 2) all[Number(entries[i])] = parseEntry(String(entries[i + 1]));
      return { version, shards: all, members: JSON.parse(members), cordoned: JSON.parse(cordoned) };
    } catch (cause) {
      throw new StoreUnavailableError(`the map in redis cannot be read: ${errorMessage(cause)}`, { cause });
    }
  }

  async commit({ as, shards, lists, versionMin }: CommitRequest): Promise<CommitAnswer> {
    const { shardCount } = this.#o;
    for (const { shard } of shards) {
      if (!(shard >= 0 && shard < shardCount)) throw new RangeError(`no shard ${shard} in a map of ${shardCount}`);
    }
    const { kind, rest } = await this.#map.run({
      script: COMMIT,
      args: [
        ...[as.kind, as.node, String(as.token), String(versionMin ?? 0), this.#ring],
        ...(lists === undefined
          ? ['', '', '']
          : [String(lists.expectedMap), JSON.stringify(lists.members), JSON.stringify(lists.cordoned)]),
        ...shards.flatMap(({ shard, expected, entry }) => [String(shard), String(expected), entryTail(entry)]),
      ],
      confirm: ['committed'],
    });
    switch (kind) {
      case 'committed':
      case 'conflict':
        return { kind, version: Number(rest[0]) };
      case 'shards':
        throw this.#otherRing(String(rest[0]));
      default:
        return { kind: 'no_authority' };
    }
  }

  async resign(request: { readonly node: NodeId; readonly incarnation: string; readonly lease: boolean }) {
    const { node, incarnation, lease } = request;
    await this.#leases.run({ script: RESIGN, args: [node, incarnation, lease ? '1' : '0'], confirm: [] });
  }

  async close(): Promise<void> {
    await Promise.all([this.#o.leases.close(), this.#o.map.close()]);
  }

  /** By name, as every store answers it. */
  #members(told: readonly unknown[], untrusted: boolean): readonly MemberSeen[] {
    const seen: MemberSeen[] = [];
    for (let i = 0; i < told.length; i += 2) {
      const info = JSON.parse(String(told[i])) as MemberInfo;
      seen.push({ info, alive: told[i + 1] === 1 || (untrusted && this.#lived.has(info.node)) });
    }
    this.#lived = new Set(seen.filter(({ alive }) => alive).map(({ info }) => info.node));
    return seen.sort((a, b) => (a.info.node < b.info.node ? -1 : 1));
  }

  /** What every node has to have alike, as the map keeps it: `256x160`. */
  get #ring(): string {
    return `${this.#o.shardCount}x${this.#o.virtualNodes}`;
  }

  #otherRing(theirs: string): ConfigError {
    const [shards, virtualNodes] = theirs.split('x');
    return new ConfigError(
      'cluster_shard_count',
      `cluster ${this.#o.cluster} has ${shards} shards of ${virtualNodes} virtual nodes, this node ${this.#ring.replace('x', ' of ')}: ` +
        'cluster.shardCount and cluster.virtualNodes are never changed',
    );
  }
}
