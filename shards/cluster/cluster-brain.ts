import type { NodeId, ShardId } from '../../core/ids.ts';
import type { Allocation } from '../allocation.ts';
import type { BrainOptions, ClusterEffect, ClusterInput, ClusterView, Standing } from './brain-io.ts';
import type { ClusterMap } from './cluster-map.ts';
import { Coordinator, type Proposal } from './coordinator.ts';
import { Island } from './island.ts';
import { KnownMap, type ShardChange } from './known-map.ts';
import { Lease } from './lease.ts';
import { MembersSeen } from './members-seen.ts';
import type { PeerMessage } from './messages.ts';
import { Office } from './office.ts';
import { Orders } from './orders.ts';
import { OwnedShards } from './owned-shards.ts';
import { say } from './say.ts';
import type { CommitAnswer, CommitRequest, RenewAnswer } from './store.ts';
import { CommitSlot, StoreDesk } from './store-desk.ts';

/** The nonce of questions that only want to know whether somebody lives; those of the island begin at 1. */
const ALIVE_NONCE = 0;
/** The whole map is read again this many TTLs after the last time, whatever its version says. */
const READ_EVERY_TTLS = 10;

/**
 * A node's part in the cluster, without I/O: told what happened, it answers what is to be done. Its parts, each in a
 * file with its reasons:
 *
 *     Lease, Island        until when this node may serve
 *     Office, Coordinator  whether it coordinates, and what it then commits     (Suspects, Orders, repairOf)
 *     KnownMap             the newest map it knows of
 *     OwnedShards          what it does with the shards that are its own        (HandOffSource, HandOffTarget)
 *     StoreDesk, CommitSlot  what is asked of the store: one reading, one commit as member, one as coordinator at a time
 *
 * `handle` looks at the clock first (a process that was paused finds its lease lapsed before anything else), takes the
 * input in, and then does whatever is due ({@link #advance}). All instants are ms of one monotonic clock.
 *
 * @typeParam S what a shard's cameras hold, opaque here
 */
export class ClusterBrain<S> {
  readonly #me: NodeId;
  readonly #options: BrainOptions;
  readonly #lease: Lease;
  readonly #island: Island;
  readonly #office: Office;
  readonly #known: KnownMap;
  readonly #members: MembersSeen;
  readonly #owned: OwnedShards<S>;
  readonly #orders = new Orders<S>();
  readonly #coordinator: Coordinator<S>;
  readonly #desk: StoreDesk<S>;
  readonly #asMember: CommitSlot<{ readonly claim: boolean }>;
  readonly #asCoordinator: CommitSlot<Proposal>;

  #view: ClusterView;
  #viewStale = false;
  #nowMs = Number.NEGATIVE_INFINITY;
  /** Something has changed that the coordinator may have to act on. */
  #toCoordinate = false;
  /** Number of the newest request when the claim's reading was asked for; a later reading will do. */
  #claimReadAfter: number | undefined;
  #claimReady = false;
  /** The claim waits so long for others to say what they know of the map, where their leases have ended too. */
  #witnessesUntilMs = Number.NEGATIVE_INFINITY;
  #everClaimed = false;
  #everHeld = false;
  #takenSinceMs: number | undefined;
  #membersAsOfMs = Number.NEGATIVE_INFINITY;
  #newestWhenSent = 0;
  /** The highest version told of in a renewal. */
  #toldVersion = 0;
  /** Token of the lease as last renewed; a new one means that the lease had ended. */
  #tokenSeen: number | undefined;
  /** Number of the newest request when that token came: what is read later is not older than the lease. */
  #listedReadAfter = 0;
  #storeBehindSinceMs: number | undefined;
  #tellSeenAtMs = Number.NEGATIVE_INFINITY;
  #readAgainAtMs = Number.POSITIVE_INFINITY;
  #isIslanded = false;
  #leaving = false;
  #saidLeft = false;
  #over = false;

  constructor(options: BrainOptions & { readonly allocation: Allocation }) {
    this.#me = options.info.node;
    this.#options = options;
    this.#lease = new Lease(options);
    this.#island = new Island(options.leaseRenewMs / 4);
    this.#office = new Office(this.#me, options);
    this.#known = new KnownMap(options.shardCount);
    this.#members = new MembersSeen(options.info, this.#known);
    this.#owned = new OwnedShards(this.#me, this.#known, options);
    this.#desk = new StoreDesk(options.leaseRenewMs / 4);
    this.#asMember = new CommitSlot(options.leaseRenewMs);
    this.#asCoordinator = new CommitSlot(options.leaseRenewMs);
    this.#coordinator = new Coordinator(options, {
      known: this.#known,
      members: this.#members,
      lease: this.#lease,
      office: this.#office,
      orders: this.#orders,
    });
    this.#view = { map: this.#known.map, members: [], coordinator: null, coordinates: false };
  }

  get view(): ClusterView {
    return this.#view;
  }

  /** Every dispatch and effect of the node compares this with now: past it nothing of any shard may leave the node. */
  get validUntilMs(): number {
    return this.#over ? Number.NEGATIVE_INFINITY : this.#lease.validUntilMs;
  }

  /** It serves past its lease, because nobody at all has the store. */
  get isIslanded(): boolean {
    return this.#isIslanded;
  }

  /** When it wants to be woken, at the latest. Always later than the last input. */
  get wakeAtMs(): number {
    if (this.#over) return Number.POSITIVE_INFINITY;
    const validUntilMs = this.#lease.validUntilMs;
    const officeUntilMs = this.#office.untilMs;
    const at = Math.min(
      this.#lease.nextAtMs,
      validUntilMs > this.#nowMs ? validUntilMs : Number.POSITIVE_INFINITY,
      officeUntilMs > this.#nowMs ? officeUntilMs : Number.POSITIVE_INFINITY,
      this.#lease.failing && validUntilMs > this.#nowMs ? this.#island.nextAskMs : Number.POSITIVE_INFINITY,
      this.#claimReady && this.#witnessesUntilMs > this.#nowMs ? this.#witnessesUntilMs : Number.POSITIVE_INFINITY,
      this.#owned.source.wakeAtMs,
      this.#owned.target.wakeAtMs,
      this.#orders.wakeAtMs,
      this.#desk.wakeAtMs,
      this.#asMember.wakeAtMs,
      this.#asCoordinator.wakeAtMs,
      this.#office.isHeld(this.#nowMs) && this.#asCoordinator.isFree(this.#nowMs)
        ? this.#coordinator.wakeAtMs(this.#nowMs)
        : Number.POSITIVE_INFINITY,
    );
    return Math.max(at, this.#nowMs + 1);
  }

  /** What a frame of the shard meets with here. Cheap. @throws RangeError where the map has no such shard */
  standing(shard: ShardId, nowMs: number): Standing {
    const entry = this.#known.entry(shard);
    const { owner, epoch } = entry;
    const here = this.#owned.servedUnder(shard);
    if (here !== undefined || owner === this.#me) {
      if (nowMs >= this.validUntilMs) return NOBODY;
      if (here === undefined) return HELD_STARTING;
      return this.#owned.source.isSealed(shard) ? HELD_MOVING : { kind: 'owned', epoch: here };
    }
    if (owner === null) return NOBODY;
    // A node that has left hears no more of the map: whoever was to start serves by now.
    const isStarting = entry.state === 'starting' && !this.#over;
    return isStarting ? HELD_STARTING : { kind: 'remote', node: owner, epoch };
  }

  handle(input: ClusterInput<S>, nowMs: number): ClusterEffect<S>[] {
    const out: ClusterEffect<S>[] = [];
    if (this.#over) return out;
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    this.#lapse(nowMs, out);
    this.#take(input, nowMs, out);
    if (!this.#over) this.#advance(nowMs, out);
    if (this.#viewStale) this.#showView(nowMs, out);
    return out;
  }

  /** What ended while nobody looked. */
  #lapse(nowMs: number, out: ClusterEffect<S>[]): void {
    if (this.#lease.lapse(nowMs)) {
      this.#claimReadAfter = undefined;
      this.#claimReady = false;
      this.#isIslanded = false;
      const message = `${this.#me} has lost its lease, and serves nothing until it has it back`;
      say(out, 'critical', 'lease_lost', message, { node: this.#me });
    }
    if (this.#office.lapse(nowMs)) this.#officeLost(out);
  }

  #take(input: ClusterInput<S>, nowMs: number, out: ClusterEffect<S>[]): void {
    switch (input.kind) {
      case 'wake':
        return;
      case 'renewed':
        return this.#renewed(input.id, input.answer, nowMs, out);
      case 'map-read':
        return this.#mapRead(input.id, input.map, nowMs, out);
      case 'committed':
        return this.#committed(input.id, input.answer, nowMs, out);
      case 'peer':
        return this.#heard(input.from, input.message, nowMs, out);
      case 'info':
        this.#members.own = { ...this.#members.own, ...input.info };
        return;
      case 'sealed':
        return this.#owned.source.sealed(input.shard, input.move, input.snapshot, nowMs, out);
      case 'started':
        return this.#owned.started(input.shard, input.epoch, input.failed, nowMs, out);
      case 'order': {
        const coordinator = this.#office.isHeld(nowMs) ? 'me' : this.#office.holder;
        this.#toCoordinate = true;
        return this.#orders.taken(input.id, input.order, coordinator, nowMs, out);
      }
      case 'leave':
        this.#leaving = true;
        this.#members.own = { ...this.#members.own, draining: true };
        this.#coordinator.membersChanged(nowMs);
        this.#lease.hurry(nowMs);
        this.#toCoordinate = true;
        return;
    }
  }

  #renewed(id: number, answer: RenewAnswer | undefined, nowMs: number, out: ClusterEffect<S>[]): void {
    const sentAtMs = this.#lease.answered(id, answer, nowMs);
    if (sentAtMs === undefined) return;
    if (answer === undefined) return this.#tellOwed(out);
    if (answer.kind === 'taken') return this.#taken(answer.incarnation, nowMs, out);
    this.#everHeld = true;
    this.#membersAsOfMs = sentAtMs;
    this.#island.storeIsBack();
    this.#isIslanded = false;
    if (this.#lease.unconfirmed && !this.#claimReady && this.#claimReadAfter === undefined) this.#wantClaimRead();

    if (answer.token !== this.#tokenSeen) {
      this.#tokenSeen = answer.token;
      this.#listedReadAfter = this.#desk.lastId;
      this.#members.relisted();
      this.#desk.wantRead();
    }
    const change = this.#office.renewed(answer, sentAtMs, nowMs);
    if (change === 'lost') this.#officeLost(out);
    if (change === 'taken') {
      this.#coordinator.officeTaken(nowMs);
      say(out, 'info', 'office_taken', `${this.#me} coordinates the cluster`, { node: this.#me });
    }
    if (this.#members.renewed(answer.members, answer.mapVersion)) this.#coordinator.membersChanged(nowMs);
    this.#coordinator.renewed(answer.mapVersion, nowMs);
    if (this.#members.newestTold <= answer.mapVersion) this.#storeBehindSinceMs = undefined;
    else this.#storeBehindSinceMs ??= nowMs;

    const isBehind = answer.mapVersion < this.#newestWhenSent;
    if (isBehind) this.#lease.doubt();
    if (answer.mapVersion > this.#known.version || isBehind || nowMs >= this.#readAgainAtMs) this.#desk.wantRead();
    if (this.#office.isHeld(nowMs)) this.#askSuspects(nowMs, out);
    this.#viewStale = true;
    this.#toCoordinate = true;
  }

  /** A process that was killed and started again waits for its own lease to end; any other has no business here. */
  #taken(by: string, nowMs: number, out: ClusterEffect<S>[]): void {
    this.#takenSinceMs ??= nowMs;
    const { leaseTtlMs, leaseRenewMs } = this.#options;
    if (!this.#everHeld && nowMs < this.#takenSinceMs + leaseTtlMs + 2 * leaseRenewMs) return;
    this.#end('node_id_taken', `another process (${by}) goes by the name of ${this.#me}`, out);
  }

  #end(code: string, message: string, out: ClusterEffect<S>[]): void {
    this.#over = true;
    this.#lease.end();
    out.push({ kind: 'fatal', code, message });
  }

  #mapRead(id: number, map: ClusterMap | undefined, nowMs: number, out: ClusterEffect<S>[]): void {
    const newestThen = this.#desk.answered(id, map === undefined, nowMs);
    if (newestThen === undefined || map === undefined) return;
    if (map.shards.length !== this.#options.shardCount) {
      const message = `the cluster has ${map.shards.length} shards, and this node is set up for ${this.#options.shardCount}`;
      return this.#end('shard_count_mismatch', message, out);
    }
    this.#readAgainAtMs = nowMs + READ_EVERY_TTLS * this.#options.leaseTtlMs;
    const { changed, lost } = this.#known.absorbRead(map, newestThen);
    const isBehind = lost.length > 0 || map.version < newestThen;
    this.#coordinator.mapRead(map, isBehind);
    if (id > this.#listedReadAfter) this.#members.listed(map.members, map.version);
    if (isBehind) this.#tellSeen(nowMs, out);
    this.#asMember.mapRead(id);
    this.#asCoordinator.mapRead(id);
    this.#toCoordinate = true;
    if (this.#claimReadAfter !== undefined && id > this.#claimReadAfter) {
      this.#claimReadAfter = undefined;
      this.#claimReady = true;
      this.#witnessesUntilMs = nowMs + this.#options.leaseRenewMs * 1.5;
    }
    this.#settle(changed, nowMs, out);
  }

  /** The store knows less than this node: whoever coordinates puts it back. */
  #tellSeen(nowMs: number, out: ClusterEffect<S>[]): void {
    const { holder } = this.#office;
    this.#readAgainAtMs = nowMs + this.#options.leaseRenewMs;
    if (holder === null || holder === this.#me || nowMs < this.#tellSeenAtMs) return;
    this.#tellSeenAtMs = nowMs + this.#options.leaseRenewMs / 2;
    out.push({ kind: 'send', to: holder, message: { kind: 'seen-map', map: this.#known.map } });
  }

  #committed(id: number, answer: CommitAnswer | undefined, nowMs: number, out: ClusterEffect<S>[]): void {
    const member = this.#asMember.answered(id, answer, this.#desk.lastId, nowMs);
    const coordinator = this.#asCoordinator.answered(id, answer, this.#desk.lastId, nowMs);
    const request = (member ?? coordinator)?.request;
    if (request === undefined) return;
    if (coordinator !== undefined) this.#toCoordinate = true;
    if (answer?.kind === 'committed') {
      this.#spread(request, answer.version, nowMs, out);
      if (member?.purpose.claim === true && request.as.token === this.#lease.token) this.#confirm(nowMs, out);
      if (coordinator !== undefined) this.#coordinator.settled(coordinator.purpose, true, out);
      return;
    }
    if (coordinator !== undefined) this.#coordinator.settled(coordinator.purpose, false, out);
    if (answer?.kind === 'no_authority') this.#lease.hurry(nowMs);
    this.#desk.wantRead();
  }

  /** What this node has committed: known here from now on, and told to everybody. */
  #spread(request: CommitRequest, version: number, nowMs: number, out: ClusterEffect<S>[]): void {
    const shards: ShardChange[] = request.shards.map(({ shard, entry }) => ({ shard, entry: { ...entry, version } }));
    const { changed } = this.#known.absorb(version, shards, request.lists);
    if (request.lists !== undefined) this.#members.listed(request.lists.members, version);
    this.#settle(changed, nowMs, out);
    this.#viewStale = true;
    const everybody = new Set<NodeId>(this.#known.map.members);
    for (const { node } of this.#members.alive()) everybody.add(node);
    everybody.delete(this.#me);
    for (const to of everybody) {
      if (shards.length > 0) out.push({ kind: 'send', to, message: { kind: 'changed', version, shards } });
      // Without shards: read it, who belongs to the cluster has changed.
      if (request.lists !== undefined || shards.length === 0)
        out.push({ kind: 'send', to, message: { kind: 'changed', version, shards: [] } });
    }
  }

  #heard(from: NodeId, message: PeerMessage<S>, nowMs: number, out: ClusterEffect<S>[]): void {
    switch (message.kind) {
      case 'changed':
        return this.#changed(from, message.version, message.shards, nowMs, out);
      case 'snapshot':
        if (message.shard >= this.#options.shardCount) return;
        return this.#owned.target.offered(from, message, this.#known.entry(message.shard), this.#me, nowMs, out);
      case 'snapshot-held':
        return this.#owned.source.held(message.shard, message.move, from);
      case 'withdrawn':
        return this.#owned.target.withdrawn(message.shard, message.move);
      case 'lacking?': {
        this.#island.askedBy(from);
        const lacks = this.#lease.lacksStore(nowMs);
        out.push({ kind: 'send', to: from, message: { kind: 'lacking', nonce: message.nonce, lacks } });
        if (lacks || message.nonce === ALIVE_NONCE) return;
        this.#island.owe(from, message.nonce);
        this.#lease.hurryIfOlder(this.#options.leaseRenewMs / 4, nowMs);
        return;
      }
      case 'lacking':
        if (message.nonce === ALIVE_NONCE) return this.#coordinator.suspects.heard(from, nowMs);
        return this.#islandAnswered(from, message.nonce, message.lacks, nowMs, out);
      case 'seen-map': {
        if (message.map.shards.length !== this.#options.shardCount) return;
        this.#settle(this.#known.absorbSeen(message.map), nowMs, out);
        if (this.#office.isHeld(nowMs)) this.#desk.wantRead();
        return;
      }
      case 'order':
        this.#toCoordinate = true;
        return this.#orders.received(from, message.id, message.order, this.#office.isHeld(nowMs), nowMs, out);
      case 'order-answer':
        return this.#orders.answered(message.id, message.answer, out);
    }
  }

  #changed(
    from: NodeId,
    version: number,
    shards: readonly ShardChange[],
    nowMs: number,
    out: ClusterEffect<S>[],
  ): void {
    if (shards.length === 0) {
      // Who belongs to the cluster has changed: that does not travel in messages.
      if (version >= this.#known.version) this.#desk.wantRead();
      return;
    }
    if (shards.some((c) => c.shard >= this.#options.shardCount)) return;
    const { changed, outdated } = this.#known.absorb(version, shards);
    this.#settle(changed, nowMs, out);
    const mistaken = outdated.filter((shard) => shards.some((c) => c.shard === shard && c.entry.owner === from));
    if (mistaken.length === 0) return;
    // It takes for its own what is another's since a later epoch: a store that lost that let it.
    const entries = mistaken.map((shard) => ({ shard, entry: this.#known.entry(shard) }));
    const newest = Math.max(...entries.map((e) => e.entry.version));
    out.push({ kind: 'send', to: from, message: { kind: 'changed', version: newest, shards: entries } });
  }

  /** Follows the map in what has changed. */
  #settle(changed: readonly ShardId[], nowMs: number, out: ClusterEffect<S>[]): void {
    const mayStart = !this.#lease.unconfirmed && this.#everClaimed;
    for (const shard of changed) this.#owned.settle(shard, mayStart, nowMs, out);
    if (changed.length > 0) this.#toCoordinate = true;
    if (this.#known.map !== this.#view.map) this.#viewStale = true;
  }

  #advance(nowMs: number, out: ClusterEffect<S>[]): void {
    this.#askIsland(nowMs, out);
    this.#claim(nowMs, out);
    this.#owned.source.tick(nowMs, this.#membersAsOfMs, (node) => this.#members.mayTake(node), out);
    this.#owned.target.tick(nowMs, !this.#lease.unconfirmed && !this.#lease.failing, out);
    this.#tellSteps(nowMs, out);
    this.#orders.tick(nowMs, out);
    this.#coordinate(nowMs, out);
    if (this.#leaving) this.#leave(out);
    if (!this.#over && nowMs >= this.#lease.nextAtMs) this.#renew(nowMs, out);
    this.#desk.flush(this.#known.newest, nowMs, out);
  }

  #renew(nowMs: number, out: ClusterEffect<S>[]): void {
    const id = this.#desk.nextId();
    this.#lease.sent(id, nowMs);
    this.#newestWhenSent = this.#known.newest;
    this.#toldVersion = Math.max(this.#toldVersion, this.#known.newest);
    const info = { ...this.#members.own, mapVersion: this.#known.newest };
    // One that leaves keeps the office until its shards are gone, and does not come into it.
    const wantsOffice = !this.#leaving || this.#office.isHeld(nowMs);
    out.push({ kind: 'renew', id, request: { info, ttlMs: this.#options.leaseTtlMs, wantsOffice } });
  }

  #wantClaimRead(): void {
    this.#claimReadAfter = this.#desk.lastId;
    this.#desk.wantRead();
  }

  /** The lease is held anew and the map was read since: what is owned is claimed, and served again from then on. */
  #claim(nowMs: number, out: ClusterEffect<S>[]): void {
    if (!this.#claimReady || !this.#lease.unconfirmed) return;
    const { token } = this.#lease;
    if (token === undefined) return;
    if (!this.#lease.needsClaim || this.#known.ownedBy(this.#me).size === 0) return this.#confirm(nowMs, out);
    const behindSinceMs = this.#storeBehindSinceMs;
    // Others know of changes that the store has lost: among them may be that these shards are somebody else's.
    if (behindSinceMs !== undefined && nowMs < behindSinceMs + this.#options.leaseTtlMs) return;
    // Where others lost their leases as well, the store itself may have failed, and come back without its last commits.
    if (nowMs < this.#witnessesUntilMs && this.#known.map.members.some((m) => !this.#members.isAlive(m))) return;
    if (!this.#asMember.isFree(nowMs)) return;
    this.#commitAsMember(this.#owned.claims(!this.#everClaimed), token, true, out);
  }

  #confirm(nowMs: number, out: ClusterEffect<S>[]): void {
    this.#claimReady = false;
    this.#lease.confirm();
    this.#everClaimed = true;
    say(out, 'info', 'lease_held', `${this.#me} holds its lease`, { node: this.#me });
    this.#settle([...this.#known.ownedBy(this.#me)], nowMs, out);
  }

  #tellSteps(nowMs: number, out: ClusterEffect<S>[]): void {
    const { token, unconfirmed, leaseUntilMs } = this.#lease;
    if (token === undefined || unconfirmed || nowMs >= leaseUntilMs || !this.#asMember.isFree(nowMs)) return;
    const steps = this.#owned.steps();
    if (steps.length > 0) this.#commitAsMember(steps, token, false, out);
  }

  #commitAsMember(shards: CommitRequest['shards'], token: number, claim: boolean, out: ClusterEffect<S>[]): void {
    const as = { kind: 'member', node: this.#me, token } as const;
    const request: CommitRequest = { as, shards, versionMin: this.#known.newest + 1 };
    const id = this.#desk.nextId();
    this.#asMember.sent(id, request, { claim });
    out.push({ kind: 'commit', id, request });
  }

  #coordinate(nowMs: number, out: ClusterEffect<S>[]): void {
    if (!this.#office.isHeld(nowMs) || !this.#asCoordinator.isFree(nowMs)) return;
    if (!this.#toCoordinate && !this.#coordinator.isDue(nowMs)) return;
    this.#toCoordinate = false;
    const proposal = this.#coordinator.next(nowMs, out);
    this.#coordinator.round(nowMs, out);
    if (proposal === undefined) return;
    const as = { kind: 'coordinator', node: this.#me, token: this.#office.token } as const;
    const request: CommitRequest = { as, versionMin: this.#known.newest + 1, ...proposal.changes };
    const id = this.#desk.nextId();
    this.#asCoordinator.sent(id, request, proposal);
    out.push({ kind: 'commit', id, request });
  }

  #askSuspects(nowMs: number, out: ClusterEffect<S>[]): void {
    for (const to of this.#coordinator.suspects.renewed(this.#known, this.#members, nowMs))
      out.push({ kind: 'send', to, message: { kind: 'lacking?', nonce: ALIVE_NONCE } });
  }

  #officeLost(out: ClusterEffect<S>[]): void {
    this.#coordinator.suspects.clear();
    this.#orders.officeLost(out);
    this.#viewStale = true;
    say(out, 'warning', 'office_lost', `${this.#me} does not coordinate the cluster any more`, { node: this.#me });
  }

  #askIsland(nowMs: number, out: ClusterEffect<S>[]): void {
    if (!this.#lease.failing || nowMs >= this.#lease.validUntilMs || nowMs < this.#island.nextAskMs) return;
    const asked = this.#island.ask(this.#me, this.#known.map.members, nowMs);
    if (asked.length === 0) this.#extend(nowMs, nowMs, out);
    for (const to of asked) out.push({ kind: 'send', to, message: { kind: 'lacking?', nonce: this.#island.nonce } });
  }

  /** Those who asked while this node still thought that it had the store. */
  #tellOwed(out: ClusterEffect<S>[]): void {
    for (const [to, nonce] of this.#island.takeOwed())
      out.push({ kind: 'send', to, message: { kind: 'lacking', nonce, lacks: true } });
  }

  #islandAnswered(from: NodeId, nonce: number, lacks: boolean, nowMs: number, out: ClusterEffect<S>[]): void {
    const askedAtMs = this.#island.answered(from, nonce, lacks);
    if (askedAtMs !== undefined) this.#extend(askedAtMs, nowMs, out);
  }

  #extend(askedAtMs: number, nowMs: number, out: ClusterEffect<S>[]): void {
    if (!this.#lease.failing || nowMs >= this.#lease.validUntilMs) return;
    // Others rely on it that who told of a version asks all the members of that ({@link MembersSeen.knowsMe}).
    if (this.#known.version < this.#toldVersion) return;
    this.#lease.extendAsIsland(askedAtMs);
    if (this.#isIslanded) return;
    this.#isIslanded = true;
    const message = `no node has the store: ${this.#me} serves on without it`;
    say(out, 'warning', 'islanded', message, { node: this.#me });
  }

  #leave(out: ClusterEffect<S>[]): void {
    if (this.#saidLeft) return;
    const isEmpty =
      this.#known.isRead && this.#owned.isEmpty && this.#known.ownedBy(this.#me).size === 0 && this.#everClaimed;
    const isAlone = this.#everHeld ? !this.#lease.failing && !this.#members.hasSuccessor : true;
    if (!isEmpty && !isAlone) return;
    this.#saidLeft = true;
    if (isEmpty) {
      this.#over = true;
      if (this.#office.end()) this.#officeLost(out);
      this.#lease.end();
      out.push({ kind: 'resign', lease: true });
    }
    out.push({ kind: 'left' });
  }

  #showView(nowMs: number, out: ClusterEffect<S>[]): void {
    this.#viewStale = false;
    this.#view = {
      map: this.#known.map,
      members: this.#members.seen,
      coordinator: this.#office.holder,
      coordinates: this.#office.isHeld(nowMs),
    };
    out.push({ kind: 'view', view: this.#view });
  }
}

const NOBODY: Standing = { kind: 'nobody' };
const HELD_MOVING: Standing = { kind: 'held', why: 'moving' };
const HELD_STARTING: Standing = { kind: 'held', why: 'starting' };
