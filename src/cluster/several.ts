import type { TemplatedApp } from 'uWebSockets.js';
import { setMaxListeners } from 'node:events';
import type { Registry } from 'prom-client';
import type { Clock, Timer } from '../../core/clock.ts';
import { CamshardError, errorCode } from '../../core/errors.ts';
import { hashText } from '../../core/hash.ts';
import type { CameraId, NodeId, ShardId } from '../../core/ids.ts';
import type { AutoscaleObservation, AutoscaleSignal } from '../../shards/autoscale.ts';
import { BullmqJobQueue } from '../adapters/bullmq/bullmq-job-queue.ts';
import { type OpenRedis, openRedis } from '../adapters/redis/open-redis.ts';
import { RedisCheckpointStore } from '../adapters/redis/redis-checkpoint-store.ts';
import { RedisClusterStore } from '../adapters/redis/redis-cluster-store.ts';
import { RedisEventLog } from '../adapters/redis/redis-event-log.ts';
import type { AlertCarry } from '../alerts/carry.ts';
import type { OpenAlerts } from '../alerts/open-alerts.ts';
import type { AnalysisOptions } from '../analysis.ts';
import { LedgerKeeper } from '../checkpoints/ledger-keeper.ts';
import type { JobQueue } from '../jobs/port.ts';
import { LiveLinks } from '../live/live-links.ts';
import { registerAutoscale } from '../telemetry/autoscale-metrics.ts';
import { type JoinedSources, registerCluster } from '../telemetry/cluster-metrics.ts';
import { AutoscaleWatch } from './autoscale-watch.ts';
import { ClusterMember } from './cluster-member.ts';
import { moveProcessor } from './move-processor.ts';
import type { JoinParts, NodeCluster } from './node-cluster.ts';
import type { NodeLoadFigures } from './node-load.ts';
import { NodeWorld } from './node-world.ts';
import type { OpenClusterOptions } from './open-cluster.ts';
import type { ClusterEventLog } from './port.ts';
import { reliefProcessor } from './relief-processor.ts';
import { ReliefWatch } from './relief-watch.ts';
import { sharedCluster } from './shared-service.ts';

/** Lives that ended leave an account of frames; those of the shards owned here are looked for this often. */
const ADOPT_MS = 2_000;
/** A node that is dead for so long writes nothing into its account any more. */
const SETTLED_MS = 15_000;
const ASK_MS_MAX = 3_000;
/** Who has not given an account back by then is asked no more. */
const GIVE_BACK_MS_MAX = 30_000;
const GIVE_BACK_QUESTION = 'ledger-give-back';
const AUTOSCALE_QUESTION = 'autoscale';
const LOAD_QUESTION = 'node-load';
/** Alerts that another node has to deliver are given to it this often. */
const HAND_BACK_MS = 5_000;
const ADOPT_QUESTION = 'alerts-adopt';

/** A node that is one of several, on Redis. */
export class SeveralNodes implements NodeCluster {
  readonly service;
  readonly forAnalysis: NonNullable<AnalysisOptions['cluster']>;
  readonly #o: OpenClusterOptions;
  readonly #member: ClusterMember;
  readonly #jobs: JobQueue;
  /** Of Redis, by what they are for. */
  readonly #clients: Readonly<Record<string, OpenRedis>>;
  readonly #log: ClusterEventLog;
  readonly #shared: OpenRedis;
  readonly #ledgers: LedgerKeeper;
  readonly #watch: AutoscaleWatch;
  readonly #timers: { cancel(): void }[] = [];
  /** Accounts of the dead that were asked for when nothing could come any more, and for which shards. */
  readonly #adopted = new Map<NodeId, Set<ShardId>>();
  readonly #end = new AbortController();
  #joined: JoinedSources | undefined;
  /** Its lease had ended, and its account of frames may be with others. */
  #lapsed = false;
  #backSinceMs: number | undefined;

  constructor(options: OpenClusterOptions, { url, secret }: { readonly url: string; readonly secret: string }) {
    this.#o = options;
    // One listener a move that is waited for.
    setMaxListeners(0, this.#end.signal);
    const { config, version, book, clock, log, emit, onFatal } = options;
    const { cluster, node } = config;
    const open = (name: string, more: { readonly once?: boolean } = {}): OpenRedis =>
      openRedis({ config: { ...config.redis, url }, name: `camshard-${node.id}-${name}`, clock, log, ...more });
    // Leases have a client of their own: nothing else may hold up a renewal.
    const leases = open('leases', { once: true });
    const map = open('map', { once: true });
    this.#shared = open('cluster');
    this.#clients = { leases, map, cluster: this.#shared };
    const store = new RedisClusterStore({
      ...{ leases, map, cluster: cluster.name, shardCount: cluster.shardCount, clock },
      ...{
        virtualNodes: cluster.virtualNodes,
        leaseTimeoutMs: cluster.leaseTimeoutMs,
        mapTimeoutMs: config.redis.commandTimeoutMs,
      },
    });
    const checkpoints = new RedisCheckpointStore({ redis: this.#shared, cluster: cluster.name });
    const eventLog = new RedisEventLog({ redis: this.#shared, cluster: cluster.name, clock });
    this.#log = eventLog;
    this.#jobs = new BullmqJobQueue({
      ...{ config: { ...config.redis, url }, cluster: cluster.name, node: node.id, clock, log },
    });
    this.#member = new ClusterMember({
      ...{ store, checkpoints, log: eventLog, jobs: this.#jobs, version, book, clock, logger: log, emit, onFatal },
      config: { ...config, cluster: { ...cluster, secret } },
    });
    this.#ledgers = new LedgerKeeper({
      ...{ store: checkpoints, book, clock, log, everyMs: cluster.ledgerMs },
      account: this.#member.account,
      isAlive: () => this.#member.accountIsOurs,
    });
    this.forAnalysis = { checkpoints, mayDeliver: (alert) => this.#member.mayDeliver(alert) };
    this.service = sharedCluster({
      ...{ member: this.#member, name: cluster.name, jobs: this.#jobs, log: eventLog, clock },
      movesPerRound: cluster.movesPerRound,
      autoscale: () => this.#autoscale(),
    });
    this.#watch = new AutoscaleWatch({
      clock,
      settings: cluster.scaling,
      looks: () => this.#member.view.coordinates,
      observe: () => this.#observe(),
    });
  }

  get ownership(): ClusterMember {
    return this.#member;
  }

  get relays() {
    return this.#member.relays;
  }

  readonly notReady = (): { readonly code: string; readonly why: string } | undefined =>
    this.#member.remainingMs > 0
      ? undefined
      : { code: 'no_lease', why: 'this node has no lease: it may not serve before it reaches Redis or all its peers' };

  serveLinks(app: TemplatedApp, onFault: (error: unknown) => void): void {
    this.#member.serveLinks(app, onFault);
  }

  readonly answer = (question: string, answer: (body: unknown) => unknown): void => {
    this.#member.answer(question, answer);
  };

  join(parts: JoinParts): void {
    const { clock, log, config, book } = this.#o;
    const { region, ingest, analysis, shardOf, expectCameras, load } = parts;
    const { alerts, history, sharedStates } = analysis;
    if (sharedStates === undefined) throw new Error('a member of a cluster keeps its states with the others');
    const member = this.#member;
    const world = new NodeWorld({
      ...{ region, states: sharedStates, ledgers: this.#ledgers, checkpoints: this.forAnalysis.checkpoints },
      ...{ alerts, history, clock, log, shardOf, expectCameras },
      deadAccounts: (node) => member.endedAccounts(node),
      isMine: (shard, epoch) => {
        const entry = member.view.map.shards[shard];
        return entry?.owner === member.node && entry.epoch >= epoch;
      },
    });
    member.answer(ADOPT_QUESTION, (body) => this.#adoptAlerts(alerts, body));
    const standingOf = (camera: CameraId) => member.standing(shardOf(camera));
    const live = new LiveLinks({ hub: parts.live, links: member.links, standingOf, clock });
    this.#joined = {
      ...{ held: parts.held, checkpoints: sharedStates.counts, live },
      alertsHanded: () => alerts.status().handOver.handed,
    };
    member.onStream('watch', live.take);
    member.onRound = ({ id: name, why, moves }) => {
      // One map may see two plans: each is a round of its own, and the same plan the same round.
      const id = `${name}-${hashText(JSON.stringify(moves)).toString(36)}`;
      this.#jobs.submitRound({ id, why, who: `coordinator ${member.node}`, moves }).catch((error: unknown) => {
        log.warn({ err: error, code: errorCode(error), round: id }, 'a round could not be submitted');
      });
    };
    member.join({
      world,
      url: parts.url,
      relayIn: { node: member.node, ingest, region },
      info: () => ({
        capacityFps: load.capacityFps,
        demandFps: load.demandFps,
        cameras: book.size,
        rung: load.rung,
      }),
      onView: () => live.moved(),
      onLapse: () => {
        this.#lapsed = true;
        this.#backSinceMs = undefined;
        this.#ledgers.pause();
      },
    });
    const order = (what: Parameters<typeof this.service.order>[0]) =>
      member.driver?.order(what) ?? Promise.reject(new Error('not joined'));
    const view = () => member.view;
    this.#jobs.work({
      move: moveProcessor({ order, view, clock, signal: this.#end.signal }),
      relieve: reliefProcessor({ view, clock, jobs: this.#jobs, log, movesPerRound: config.cluster.movesPerRound }),
    });
    member.answer(LOAD_QUESTION, () => load.figures(clock.nowMs()));
    member.answer(GIVE_BACK_QUESTION, (body) => book.giveBack((body as { readonly account: NodeId }).account));
    member.answer(AUTOSCALE_QUESTION, () => this.#watch.signal());
    const relief = new ReliefWatch({
      clock,
      look: () => load.suffering(),
      submit: (why) => this.#jobs.submitRelief({ node: member.node, why }),
    });
    this.#timers.push(
      { cancel: () => live.close() },
      { cancel: () => relief.close() },
      { cancel: () => this.#watch.close() },
      every(clock, ADOPT_MS, () => this.#adoptLedgers()),
      every(clock, HAND_BACK_MS, () => this.#handBack(alerts)),
    );
  }

  leave(): Promise<void> {
    return this.#member.leave();
  }

  closeAccounts(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    return this.#ledgers.close();
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#member.close();
    await Promise.all(Object.values(this.#clients).map((redis) => redis.close()));
  }

  registerMetrics(registry: Registry, redis: Readonly<Record<string, OpenRedis>>): void {
    const { book, clock } = this.#o;
    registerAutoscale(registry, () => this.#watch.last);
    this.#member.onEvent = registerCluster(registry, {
      ...{ clock, book, member: this.#member, jobs: this.#jobs, log: this.#log, ledgers: this.#ledgers },
      redis: { ...this.#clients, ...redis },
      joined: () => this.#joined,
    });
  }

  /** What came in at nodes that are dead, for the shards that are this node's by now. */
  async #adoptLedgers(): Promise<void> {
    const member = this.#member;
    if (member.remainingMs <= 0) return;
    if (this.#lapsed) await this.#askBack();
    const mine: ShardId[] = member.shards().filter((shard) => member.standing(shard).kind === 'owned');
    const nowMs = this.#o.clock.nowMs();
    const dead = member.deadAccounts();
    for (const account of this.#adopted.keys()) {
      if (dead.has(account)) continue;
      this.#adopted.delete(account);
    }
    for (const [account, deadSinceMs] of dead) {
      const done = this.#adopted.get(account) ?? new Set();
      const asked = mine.filter((shard) => !done.has(shard));
      await this.#ledgers.adopt([account], asked);
      if (nowMs - deadSinceMs < SETTLED_MS) continue;
      this.#adopted.set(account, done);
      for (const shard of asked) done.add(shard);
    }
  }

  /**
   * This node was silent for longer than its lease, and others may have taken over its account of frames. Once everybody must
   * have seen it alive, so that nobody takes any more, it has it back.
   */
  async #askBack(): Promise<void> {
    const { clock, config, log } = this.#o;
    this.#backSinceMs ??= clock.nowMs();
    const backForMs = clock.nowMs() - this.#backSinceMs;
    if (backForMs < 2 * config.cluster.leaseTtlMs) return;
    const { answers, missing } = await this.service.gather<number>(GIVE_BACK_QUESTION, {
      account: this.#member.account,
    });
    if (missing.length > 0 && backForMs < GIVE_BACK_MS_MAX) return;
    const parts = answers.reduce((sum, { answer }) => sum + answer, 0);
    if (parts > 0) log.info({ parts }, 'this node was taken for dead, and has its account of frames back');
    this.#lapsed = false;
    this.#backSinceMs = undefined;
    this.#ledgers.resume();
  }

  /** Alerts raised here that are another node's to deliver. */
  async #handBack(alerts: OpenAlerts): Promise<void> {
    const member = this.#member;
    const ownerOf = (shard: ShardId): NodeId | undefined => {
      const standing = member.standing(shard);
      return standing.kind === 'remote' && member.links.connected(standing.node) ? standing.node : undefined;
    };
    for (const { shard, carry, positions } of alerts.leftBehind.pages((shard) => ownerOf(shard) !== undefined)) {
      const owner = ownerOf(shard);
      if (owner === undefined) continue;
      await member.links.ask(owner, ADOPT_QUESTION, { shard, carry }, 5_000);
      alerts.leftBehind.doneWith(positions);
    }
  }

  async #adoptAlerts(alerts: OpenAlerts, body: unknown): Promise<unknown> {
    const { shard, carry } = body as { readonly shard: ShardId; readonly carry: AlertCarry };
    const standing = this.#member.standing(shard);
    if (standing.kind !== 'owned') throw new CamshardError('not_owner', `shard ${shard} is not this node's`);
    const adopted = await alerts.handOver.adopt(carry, { shard, epoch: standing.epoch });
    if (!adopted.kept) throw new CamshardError('outbox_failing', 'the disk takes nothing');
    return { adopted: adopted.raised };
  }

  /** The coordinator's, wherever that is. */
  async #autoscale(): Promise<AutoscaleSignal> {
    const member = this.#member;
    const { coordinator } = member.view;
    if (coordinator === null || coordinator === member.node) return this.#watch.signal();
    return (await member.ask(coordinator, AUTOSCALE_QUESTION, {}, ASK_MS_MAX)) as AutoscaleSignal;
  }

  async #observe(): Promise<AutoscaleObservation> {
    const { map, members } = this.#member.view;
    const leaving = new Set<string>(map.cordoned);
    for (const { info } of members) if (info.draining) leaving.add(info.node);
    const { answers } = await this.service.gather<NodeLoadFigures>(LOAD_QUESTION, {});
    return {
      cluster: this.service.name,
      nodes: answers.filter(({ node }) => !leaving.has(node)).map(({ answer }) => answer),
    };
  }
}

/** Runs `task` again and again, never two at once; what goes wrong is tried again the next time. */
function every(clock: Clock, intervalMs: number, task: () => Promise<void>): Timer {
  let running = false;
  return clock.every(intervalMs, () => {
    if (running) return;
    running = true;
    task()
      .catch(() => {})
      .finally(() => {
        running = false;
      });
  });
}
