import type { NodeId } from '../../core/ids.ts';
import type { KnownMap } from './known-map.ts';
import type { MemberInfo, MemberSeen } from './store.ts';

/** Who is alive, as of the newest renewal that was answered, and who may be given shards. */
export class MembersSeen {
  readonly #me: NodeId;
  readonly #known: KnownMap;
  #seen: readonly MemberSeen[] = [];
  readonly #alive = new Map<NodeId, MemberInfo>();
  #own: MemberInfo;
  #key = '';
  #asOfVersion = 0;
  /** Version of a map that has this node among its members, and since which it was never missing there. */
  #listedSince: number | undefined;

  constructor(info: MemberInfo, known: KnownMap) {
    this.#me = info.node;
    this.#own = info;
    this.#known = known;
  }

  get seen(): readonly MemberSeen[] {
    return this.#seen;
  }

  get own(): MemberInfo {
    return this.#own;
  }

  /** What this node says of itself is known here first. */
  set own(info: MemberInfo) {
    this.#own = info;
    if (this.#alive.has(info.node)) this.#alive.set(info.node, info);
  }

  alive(): IterableIterator<MemberInfo> {
    return this.#alive.values();
  }

  /**
   * Version of the map at the instant this was so. Who was dead then may have come back since, and has then changed every
   * entry it owns: only older entries may be taken from it.
   */
  get asOfVersion(): number {
    return this.#asOfVersion;
  }

  /** This node's lease had ended: it may have been taken off the list, and be put on it again. */
  relisted(): void {
    this.#listedSince = undefined;
  }

  /** Who belongs to the cluster as of `version`, which is not older than the lease. */
  listed(members: readonly NodeId[], version: number): void {
    if (members.includes(this.#me)) this.#listedSince ??= version;
    else this.#listedSince = undefined;
  }

  /**
   * Whether a node surely has this one among those whom it asks before it goes on without the store: it has told of a
   * map that is as new as the one this node is in, and has read as much as it told of ({@link ClusterBrain}).
   */
  knowsMe(node: NodeId): boolean {
    const told = this.#seen.find((m) => m.info.node === node)?.info.mapVersion;
    return told !== undefined && this.#listedSince !== undefined && told >= this.#listedSince;
  }

  /** @returns whether who is alive, or stays, has changed */
  renewed(seen: readonly MemberSeen[], mapVersion: number): boolean {
    this.#asOfVersion = mapVersion;
    this.#seen = seen;
    this.#alive.clear();
    let key = '';
    for (const { info, alive } of seen) {
      if (!alive) continue;
      const known = info.node === this.#me ? this.#own : info;
      this.#alive.set(info.node, known);
      key += known.draining ? `${known.node}-,` : `${known.node},`;
    }
    const changed = key !== this.#key;
    this.#key = key;
    return changed;
  }

  isAlive(node: NodeId): boolean {
    return this.#alive.has(node);
  }

  infoOf(node: NodeId): MemberInfo | undefined {
    return this.#alive.get(node);
  }

  isKnown(node: NodeId): boolean {
    return this.#alive.has(node) || this.#known.map.members.includes(node);
  }

  /** Alive, and neither leaving nor to be emptied. */
  mayTake(node: NodeId): boolean {
    const info = this.#alive.get(node);
    return info !== undefined && !info.draining && !this.#known.map.cordoned.includes(node);
  }

  /** Somebody else is there who could serve what this node leaves. */
  get hasSuccessor(): boolean {
    for (const info of this.#alive.values()) if (info.node !== this.#me && this.mayTake(info.node)) return true;
    return false;
  }

  /** Everybody in the map, and everybody who ever told of itself, is alive. */
  get areAllAlive(): boolean {
    return this.#seen.every((m) => m.alive) && this.#known.map.members.every((node) => this.#alive.has(node));
  }

  /** Newest version of the map that anybody has told of. */
  get newestTold(): number {
    let newest = 0;
    for (const { info } of this.#seen) newest = Math.max(newest, info.mapVersion);
    return newest;
  }
}
