import type { TemplatedApp } from 'uWebSockets.js';
import { randomBytes } from 'node:crypto';
import type { CameraBook } from '../../actors/camera-book.ts';
import type { CameraRelays } from '../../actors/camera-relays.ts';
import type { Ownership } from '../../actors/ownership.ts';
import type { NodeConfig } from '../../config/schema.ts';
import type { Alert } from '../../core/alert.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { CamshardError, errorCode } from '../../core/errors.ts';
import { type Epoch, type NodeId, nodeId, type ShardId, shardId } from '../../core/ids.ts';
import type { EmitEvent } from '../../core/node-event.ts';
import type { ClusterEvent, ClusterView, LocalInfo, Standing } from '../../shards/cluster/brain-io.ts';
import { ClusterBrain } from '../../shards/cluster/cluster-brain.ts';
import { emptyMap } from '../../shards/cluster/cluster-map.ts';
import type { ClusterStore, MemberInfo } from '../../shards/cluster/store.ts';
import { rendezvousAllocation } from '../../shards/rendezvous-allocation.ts';
import type { DeliveryRight } from '../alerts/delivery-right.ts';
import type { CheckpointStore } from '../checkpoints/port.ts';
import type { JobQueue } from '../jobs/port.ts';
import { createNodeLinks, type ServedNodeLinks } from '../links/node-links.ts';
import type { LinkStreamEvents } from '../links/port.ts';
import { takeRelayed } from '../links/relay-in.ts';
import { RelaysOut } from '../links/relay-out.ts';
import type { RelayHead } from '../links/relay-protocol.ts';
import { serveLinks } from '../links/uws-wire.ts';
import type { Logger } from '../telemetry/log.ts';
import { ClusterDriver } from './driver.ts';
import type { ClusterEventLog } from './port.ts';
import type { ShardSnapshot, ShardWorld } from './shard-world.ts';

/** What a member keeps outside itself, and shares with the others. */
export interface SharedStores {
  readonly store: ClusterStore;
  readonly checkpoints: CheckpointStore;
  readonly log: ClusterEventLog;
  readonly jobs: JobQueue;
}

export interface ClusterMemberOptions extends SharedStores {
  readonly config: NodeConfig & { readonly cluster: { readonly secret: string } };
  readonly version: string;
  readonly book: CameraBook;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly emit: EmitEvent;
  readonly onFatal: (error: Error) => void;
}

/** What comes to a member once the rest of the node is there. */
export interface JoinOptions {
  readonly world: ShardWorld;
  /** Where this node listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly relayIn: Parameters<typeof takeRelayed>[0];
  readonly info: () => LocalInfo;
  readonly onView: (view: ClusterView) => void;
  /** The lease has ended, though this node did not. */
  readonly onLapse: () => void;
}

/** What this node says of itself goes to the others this often. */
const INFO_MS = 1_000;
/** Lives that ended longer ago are forgotten: their accounts were taken over by then. */
const ACCOUNT_KEPT_MS = 600_000;

const NOBODY: Standing = { kind: 'nobody' };

/** A node's part in a cluster of several: brain, driver, links, and what the others may know. */
export class ClusterMember implements Ownership {
  readonly incarnation = randomBytes(8).toString('hex');
  readonly node: NodeId;
  readonly links: ServedNodeLinks;
  readonly relays: CameraRelays;
  readonly relayCounts: RelaysOut['counts'];
  readonly #o: ClusterMemberOptions;
  readonly #answers = new Map<string, (body: unknown, from: NodeId) => unknown>();
  readonly #streamKinds = new Map<string, StreamTaker>();
  /** Lives of nodes that were seen, by their accounts. */
  readonly #lives = new Map<NodeId, Life>();
  /** Peers whose link is gone, and since when, monotonic ms. */
  readonly #unlinkedSinceMs = new Map<NodeId, number>();
  #brain: ClusterBrain<ShardSnapshot> | undefined;
  #driver: ClusterDriver | undefined;
  #view: ClusterView;
  #infoTimer: Timer | undefined;
  #onEventHook: (event: ClusterEvent) => void = () => {};
  #onRound: (round: Parameters<ClusterDriverRound>[0]) => void = () => {};

  constructor(options: ClusterMemberOptions) {
    this.#o = options;
    const { config, clock, logger, book } = options;
    this.node = nodeId(config.node.id);
    this.#view = { map: emptyMap(config.cluster.shardCount), members: [], coordinator: null, coordinates: false };
    this.links = createNodeLinks({
      node: this.node,
      cluster: config.cluster.name,
      secret: config.cluster.secret,
      creditBytes: config.cluster.linkCreditBytes,
      clock,
      log: logger,
    });
    const out = new RelaysOut({ links: this.links, book, clock, addressOf: (node) => this.addressOf(node) });
    this.relays = out;
    this.relayCounts = out.counts;
    this.links.onPeer((node, connected) => {
      if (connected) this.#unlinkedSinceMs.delete(node);
      else this.#unlinkedSinceMs.set(node, clock.nowMs());
    });
    this.links.onStream((stream, head, from) => {
      const taker = this.#streamKinds.get(String((head as { kind?: unknown }).kind));
      if (taker !== undefined) return taker(stream, head, from);
      stream.end();
      return { told: () => {}, pushed: (_head, _bytes, done) => done(), ended: () => {} };
    });
  }

  get view(): ClusterView {
    return this.#view;
  }

  get driver(): ClusterDriver | undefined {
    return this.#driver;
  }

  /** ms until this node may not serve any more, where nothing is heard. */
  get remainingMs(): number {
    return (this.#brain?.validUntilMs ?? Number.NEGATIVE_INFINITY) - this.#o.clock.nowMs();
  }

  /** Nobody else can have taken over this node's account of frames. */
  get accountIsOurs(): boolean {
    return this.#o.clock.nowMs() < (this.#driver?.leaseUntilMs ?? Number.NEGATIVE_INFINITY);
  }

  standing(shard: ShardId): Standing {
    return this.#brain?.standing(shard, this.#o.clock.nowMs()) ?? NOBODY;
  }

  mayAct(shard: ShardId, epoch: Epoch): boolean {
    return this.#driver?.mayAct(shard, epoch) ?? false;
  }

  mayDeliver({ shard, epoch }: Pick<Alert, 'shard' | 'epoch'>): DeliveryRight {
    const entry = this.#view.map.shards[shard];
    if (entry === undefined || entry.owner === null || this.remainingMs <= 0) return 'not_now';
    if (entry.owner === this.node) return 'yes';
    return entry.epoch >= epoch ? 'never' : 'not_now';
  }

  /**
   * Where cameras reach a node; undefined where they cannot be sent there, or it may be dead: its link is gone, and what
   * the store says of it may be from before.
   */
  addressOf(node: NodeId): string | undefined {
    const seen = this.#view.members.find(({ info }) => info.node === node);
    const { clock, config } = this.#o;
    const lostForMs = clock.nowMs() - (this.#unlinkedSinceMs.get(node) ?? clock.nowMs());
    const isThere = this.links.connected(node) || (seen?.alive === true && lostForMs > 2 * config.cluster.leaseTtlMs);
    return isThere ? (seen?.info.advertiseUrl ?? undefined) : undefined;
  }

  serveLinks(app: TemplatedApp, onFault: (error: unknown) => void): void {
    serveLinks(app, this.links, onFault);
  }

  /** Takes streams of one kind that peers open. */
  onStream(kind: string, taker: StreamTaker): void {
    this.#streamKinds.set(kind, taker);
  }

  /** What this node answers to a question of its peers, and of itself. */
  answer(question: string, answer: (body: unknown, from: NodeId) => unknown): void {
    this.#answers.set(question, answer);
    this.links.onAsk(question, async (body, from) => answer(body, from));
  }

  /** Asks a node, this one included. */
  async ask(node: NodeId, question: string, body: unknown, timeoutMs: number): Promise<unknown> {
    if (node !== this.node) return this.links.ask(node, question, body, timeoutMs);
    const answer = this.#answers.get(question);
    if (answer === undefined) throw new CamshardError('unknown_question', `nobody answers ${question}`);
    return answer(body, node);
  }

  set onRound(listener: (round: Parameters<ClusterDriverRound>[0]) => void) {
    this.#onRound = listener;
  }

  set onEvent(listener: (event: ClusterEvent) => void) {
    this.#onEventHook = listener;
  }

  /** This node's account, by life: others take it over when it ends. */
  get account(): NodeId {
    return accountOf(this.node, this.incarnation);
  }

  /**
   * Accounts of lives that have ended, as far as this node has seen them.
   * @returns since when, monotonic ms
   */
  deadAccounts(): ReadonlyMap<NodeId, number> {
    const dead = new Map<NodeId, number>();
    for (const [account, { deadSinceMs }] of this.#lives) if (deadSinceMs !== undefined) dead.set(account, deadSinceMs);
    return dead;
  }

  /**
   * Accounts of the lives of `node` that have ended. A shard was taken over from it: where no life of it is known to have
   * ended, this node has not heard of it yet.
   */
  endedAccounts(node: NodeId): NodeId[] {
    const lives = [...this.#lives].filter(([, life]) => life.node === node);
    const ended = lives.filter(([, { deadSinceMs }]) => deadSinceMs !== undefined);
    return (ended.length > 0 ? ended : lives).map(([account]) => account).filter((account) => account !== this.account);
  }

  /** Begins to take part: from here on shards may come. */
  join(options: JoinOptions): void {
    const { config, clock, logger, version, store, onFatal } = this.#o;
    const { cluster } = config;
    this.onStream('camera', (stream, head) => takeRelayed(options.relayIn, stream, head as RelayHead));
    const wsUrl = options.url.replace(/^http/, 'ws');
    const info: MemberInfo = {
      node: this.node,
      incarnation: this.incarnation,
      advertiseUrl: cluster.advertiseUrl ?? wsUrl,
      linkUrl: cluster.linkUrl ?? cluster.advertiseUrl ?? wsUrl,
      version,
      startedAt: Math.round(clock.wallMs()),
      draining: false,
      mapVersion: 0,
      ...options.info(),
    };
    const brain = new ClusterBrain<ShardSnapshot>({
      info,
      shardCount: cluster.shardCount,
      leaseTtlMs: cluster.leaseTtlMs,
      leaseRenewMs: cluster.leaseRenewMs,
      leaseGuardMs: cluster.leaseGuardMs,
      sealTimeoutMs: cluster.sealTimeoutMs,
      moveTimeoutMs: cluster.moveTimeoutMs,
      movesPerRound: cluster.movesPerRound,
      rebalanceEveryMs: cluster.rebalanceEveryMs,
      formationMs: cluster.formationMs,
      random: Math.random,
      allocation: rendezvousAllocation,
    });
    this.#brain = brain;
    const driver = new ClusterDriver({
      brain,
      store,
      links: this.links,
      world: options.world,
      clock,
      log: logger,
      node: this.node,
      incarnation: this.incarnation,
      leaseRenewMs: cluster.leaseRenewMs,
      leaseGuardMs: cluster.leaseGuardMs,
      onEvent: (event) => this.#event(event),
      onRound: (round) => this.#onRound(round),
      onView: (view) => {
        this.#see(view);
        options.onView(view);
      },
      onLapse: options.onLapse,
      onFatal: (code, message) => onFatal(new CamshardError(code, message)),
    });
    this.#driver = driver;
    this.#infoTimer = clock.every(INFO_MS, () => driver.input({ kind: 'info', info: options.info() }));
    driver.start();
  }

  /** Hands what this node serves to others; resolves when it has nothing left, or nobody takes it. */
  leave(): Promise<void> {
    return this.#driver?.leave() ?? Promise.resolve();
  }

  /** Ends: the lease is given back, so that others need not wait for its end. */
  async close(): Promise<void> {
    const { logger, jobs, store, checkpoints, log } = this.#o;
    this.#infoTimer?.cancel();
    for (const end of [
      () => jobs.close(),
      () => this.#driver?.close(),
      () => this.links.close(),
      () => checkpoints.close(),
      () => log.close(),
      () => store.close(),
    ]) {
      try {
        await end();
      } catch (error) {
        logger.warn({ err: error, code: errorCode(error) }, 'a part of the cluster could not be closed');
      }
    }
  }

  #see(view: ClusterView): void {
    this.#view = view;
    const { clock } = this.#o;
    const nowMs = clock.nowMs();
    const peers: { node: NodeId; url: string }[] = [];
    const living = new Set<NodeId>([this.account]);
    for (const { info, alive } of view.members) {
      const account = accountOf(info.node, info.incarnation);
      if (!this.#lives.has(account)) this.#lives.set(account, { node: info.node, deadSinceMs: undefined });
      if (alive) living.add(account);
      // The partition rule asks every member, alive or not as the store last said.
      const isMember = alive || view.map.members.includes(info.node);
      if (info.node !== this.node && isMember) peers.push({ node: info.node, url: info.linkUrl });
    }
    for (const [account, life] of this.#lives) {
      if (living.has(account)) life.deadSinceMs = undefined;
      else life.deadSinceMs ??= nowMs;
      if (nowMs - (life.deadSinceMs ?? nowMs) > ACCOUNT_KEPT_MS) this.#lives.delete(account);
    }
    for (const node of this.#unlinkedSinceMs.keys()) {
      if (!peers.some((peer) => peer.node === node)) this.#unlinkedSinceMs.delete(node);
    }
    this.links.setPeers(peers);
  }

  #event(event: ClusterEvent): void {
    const { emit, log, clock } = this.#o;
    const { severity, message, kind, data } = event;
    emit({ severity, kind: 'cluster', message, data: { ...data, what: kind } });
    log.append({
      at: Math.round(clock.wallMs()),
      node: this.node,
      ...{ severity, kind, message, data },
      who: null,
      why: null,
    });
    this.#onEventHook(event);
  }

  /** Every shard there is. */
  shards(): ShardId[] {
    return this.#view.map.shards.map((_, shard) => shardId(shard));
  }
}

interface Life {
  readonly node: NodeId;
  /** Monotonic ms; undefined while it lives. */
  deadSinceMs: number | undefined;
}

type StreamTaker = (...opened: Parameters<Parameters<ServedNodeLinks['onStream']>[0]>) => LinkStreamEvents;
type ClusterDriverRound = ConstructorParameters<typeof ClusterDriver>[0]['onRound'];

/** The account of frames that came in during one life of a node. */
export const accountOf = (node: NodeId, incarnation: string): NodeId => nodeId(`${node}@${incarnation}`);
