import { type ShardId, shardId } from '../../core/ids.ts';
import type { PlannedMove } from '../../shards/allocation.ts';
import type { StartWith } from '../../shards/cluster/brain-io.ts';
import type { ClusterMap, ShardEntry } from '../../shards/cluster/cluster-map.ts';
import type { CommitRequest } from '../../shards/cluster/store.ts';
import { type FaultName, GAP_MS_MAX, RECOVERY_MS_MAX, TIMES } from './options.ts';
import type { SimNode } from './sim-node.ts';
import type { ShardState } from './sim-world.ts';
import type { Simulation } from './simulation.ts';
import { Violation } from './violation.ts';

/** The invariants, looked at from above: with the clock of truth and the memory of every node. */
export class Watch {
  readonly #sim: Simulation;
  /** By shard: who was seen to own it last. */
  readonly #claimant: Int32Array;
  readonly #ownedAtMs: Float64Array;
  /** By shard: the highest epoch anybody acted under, and who. */
  readonly #epoch: Float64Array;
  readonly #actor: Int32Array;
  readonly #actorLife: Int32Array;
  /** By shard: highest epoch whose effect the sink took. */
  readonly #sunk: Float64Array;
  /** By shard: the newest epoch that began with its owner's own `stopped`. */
  readonly #stoppedFor: Float64Array;
  readonly #moveSeen: (string | undefined)[];
  readonly #moveSinceMs: Float64Array;
  #recoveredAtMs = 0;
  #rolledBack = false;
  /** By shard and epoch: what the store has ever said of it. */
  readonly #committed = new Map<number, Set<string>>();
  /** Nothing is ever wrong but the store, and that for all: the partition rule keeps everything going. */
  readonly #calm: boolean;
  #wasDown = false;
  #wentCleanly = false;
  #backSinceMs = 0;

  constructor(sim: Simulation) {
    this.#sim = sim;
    const { shards } = sim.options;
    this.#claimant = new Int32Array(shards).fill(-1);
    this.#ownedAtMs = new Float64Array(shards);
    this.#epoch = new Float64Array(shards);
    this.#actor = new Int32Array(shards).fill(-1);
    this.#actorLife = new Int32Array(shards);
    this.#sunk = new Float64Array(shards);
    this.#stoppedFor = new Float64Array(shards);
    this.#moveSeen = new Array<string | undefined>(shards).fill(undefined);
    this.#moveSinceMs = new Float64Array(shards);
    const calm: readonly FaultName[] = ['outage', 'clock'];
    this.#calm = [...sim.profile.faults].every((fault) => calm.includes(fault));
  }

  /**
   * One owner: whoever gains a shard does so through an input, so it is enough to look at a node after each of its
   * inputs, and then at whoever had the shard last, at the same instant of true time.
   */
  afterInput(node: SimNode): void {
    const { brain } = node;
    if (brain === undefined) return;
    const now = node.nowMs();
    if (!(now < brain.validUntilMs)) return;
    const { nodes, options } = this.#sim;
    for (let shard = 0; shard < options.shards; shard++) {
      const standing = brain.standing(shardId(shard), now);
      if (standing.kind !== 'owned') continue;
      const other = this.#claimant[shard] as number;
      if (other !== node.index) {
        if (other >= 0 && nodes[other]?.owns(shard) === true)
          throw new Violation('one owner', `${node.id} and n${other} both own shard ${shard}`, shard);
        this.#claimant[shard] = node.index;
      }
      this.acts(node, shard, standing.epoch);
      const hosted = node.world.hosted[shard];
      if (hosted === undefined || hosted.epoch !== standing.epoch)
        throw new Violation(
          'owned means served',
          `${node.id} owns shard ${shard} in epoch ${standing.epoch}, its world serves ${hosted?.epoch ?? 'nothing'}`,
          shard,
        );
    }
  }

  /** A node takes a frame, or delivers an effect, under an epoch. */
  acts(node: SimNode, shard: number, epoch: number): void {
    const highest = this.#epoch[shard] as number;
    if (epoch === highest && this.#actor[shard] === node.index && this.#actorLife[shard] === node.life) return;
    if (epoch < highest)
      throw new Violation(
        'epochs never go back',
        `${node.id} acts under epoch ${epoch} of shard ${shard} after n${this.#actor[shard]} did under ${highest}`,
        shard,
      );
    if (epoch === highest)
      throw new Violation(
        'an epoch has one owner',
        `${node.id} (life ${node.life}) acts under epoch ${epoch} of shard ${shard} as n${this.#actor[shard]} (life ${this.#actorLife[shard]}) did`,
        shard,
      );
    this.#epoch[shard] = epoch;
    this.#actor[shard] = node.index;
    this.#actorLife[shard] = node.life;
  }

  /** An effect has come to the sink, which refuses what is older than its fence. */
  sinks(shard: number, epoch: number): void {
    const { account, stats } = this.#sim;
    if (epoch < account.fenceOf(shard)) {
      stats.refusedEffects++;
      return;
    }
    if (epoch < (this.#sunk[shard] as number))
      throw new Violation('only the owner delivers', `an effect of epoch ${epoch} after ${this.#sunk[shard]}`, shard);
    this.#sunk[shard] = epoch;
  }

  /** Whoever said that it holds a snapshot, and was given the shard for it by its earlier owner, starts from it. */
  starting(
    node: SimNode,
    shard: ShardId,
    epoch: number,
    from: StartWith<ShardState>['kind'],
    heldMove: string | undefined,
  ): void {
    const entry = this.#sim.store.map.shards[shard];
    if (entry === undefined || entry.epoch !== epoch || entry.owner !== node.id) return;
    if (epoch !== this.#stoppedFor[shard]) return;
    if (entry.from.kind === 'hand-off' && entry.from.move === heldMove && from !== 'snapshot')
      throw new Violation('a clean hand-off keeps everything', `${node.id} starts from ${from}`, shard);
  }

  /** A commit has changed the map: only as it may. */
  committed(before: ClusterMap, after: ClusterMap, request: CommitRequest): void {
    for (const { shard } of request.shards) {
      const was = before.shards[shard] as ShardEntry;
      const is = after.shards[shard] as ShardEntry;
      const repair = this.#isRepair(shard, is, request);
      if (is.epoch < was.epoch || (is.epoch > was.epoch + 1 && !repair))
        this.#forbid(shard, was, is, request, 'the epoch grows by one');
      if (is.epoch === was.epoch && is.owner !== was.owner) this.#forbid(shard, was, is, request, 'the owner changed');
      if (is.epoch === was.epoch) {
        if (was.state === 'running' && is.state === 'starting' && !repair)
          this.#forbid(shard, was, is, request, 'running stays');
        if (was.move !== null && is.move !== null && was.move.id !== is.move.id && !repair)
          this.#forbid(shard, was, is, request, 'one move at a time');
        if (was.move === null && is.move !== null && !repair) {
          if (request.as.kind !== 'coordinator') this.#forbid(shard, was, is, request, 'the coordinator begins moves');
          if (was.state !== 'running') this.#forbid(shard, was, is, request, 'only what runs moves');
          if (is.move.to === was.owner) this.#forbid(shard, was, is, request, 'a move goes elsewhere');
        }
      } else if (!repair) {
        if (is.state !== 'starting' || is.move !== null) this.#forbid(shard, was, is, request, 'a new owner starts');
        if (request.as.kind === 'member') {
          const { from } = is;
          const resumed = is.owner === was.owner;
          if (
            !resumed &&
            (was.move === null ||
              is.owner !== was.move.to ||
              was.state !== 'running' ||
              from.kind !== 'hand-off' ||
              from.move !== was.move.id ||
              from.node !== was.owner)
          )
            this.#forbid(shard, was, is, request, 'an owner stops for the move it has');
          if (!resumed) this.#stoppedFor[shard] = is.epoch;
        } else if (was.owner !== null) {
          const owner = this.#sim.nodes[this.#sim.indexOf(was.owner)];
          if (owner?.owns(shard) === true) this.#forbid(shard, was, is, request, 'nobody is robbed while it serves');
        }
      }
    }
  }

  rolledBack(): void {
    this.#rolledBack = true;
  }

  /** A coordinator puts back what the store had once said, and lost. */
  #isRepair(shard: number, is: ShardEntry, request: CommitRequest): boolean {
    const key = shard * 2 ** 20 + is.epoch;
    const entry = `${is.owner} ${is.state} ${is.move?.id}`;
    let said = this.#committed.get(key);
    if (said === undefined) {
      said = new Set();
      this.#committed.set(key, said);
    }
    const repair = this.#rolledBack && request.as.kind === 'coordinator' && said.has(entry);
    said.add(entry);
    return repair;
  }

  round(node: SimNode, moves: readonly PlannedMove[]): void {
    this.#sim.stats.rounds++;
    if (moves.length > TIMES.movesPerRound)
      throw new Violation('moves per round', `${node.id} wants ${moves.length} moves at once`);
  }

  /** All faults have ended. */
  healed(): void {
    this.#recoveredAtMs = 0;
  }

  /** Ten times a second: what has to become true, and in time. */
  look(): void {
    const sim = this.#sim;
    const { map } = sim.store;
    const healthyMs = sim.healthy ? sim.nowMs - sim.healedAtMs : -1;
    const steady = this.#calm && this.#isSteady();
    let unowned = 0;
    for (let shard = 0; shard < sim.options.shards; shard++) {
      const claimant = this.#claimant[shard] as number;
      if (claimant >= 0 && sim.nodes[claimant]?.owns(shard) === true) this.#ownedAtMs[shard] = sim.nowMs;
      else unowned++;
      const move = map.shards[shard]?.move?.id;
      if (move !== this.#moveSeen[shard]) {
        this.#moveSeen[shard] = move;
        this.#moveSinceMs[shard] = sim.nowMs;
      }
      const entry = map.shards[shard];
      const still = entry?.state === 'running' && entry.owner !== null && entry.move === null;
      if (steady && still && sim.nowMs - (this.#ownedAtMs[shard] as number) > GAP_MS_MAX)
        throw new Violation('without the store for all, all go on', `nobody serves ${this.#who(shard)}`, shard);
      if (healthyMs < RECOVERY_MS_MAX) continue;
      const unownedMs = sim.nowMs - (this.#ownedAtMs[shard] as number);
      if (unownedMs > GAP_MS_MAX)
        throw new Violation(
          'every shard is owned again',
          `nobody for ${unownedMs.toFixed(0)} ms serves ${this.#who(shard)}`,
          shard,
        );
      const since = Math.max(this.#moveSinceMs[shard] as number, sim.healedAtMs);
      if (move !== undefined && sim.nowMs - since > TIMES.moveTimeoutMs + RECOVERY_MS_MAX)
        throw new Violation('no move hangs', `${move} of shard ${shard}`, shard);
      for (const node of sim.nodes) {
        const hosted = node.world.hosted[shard];
        if (!node.up || hosted?.move === undefined) continue;
        if (sim.nowMs - Math.max(hosted.sealedAtMs, sim.healedAtMs) > TIMES.moveTimeoutMs + RECOVERY_MS_MAX)
          throw new Violation('sealed shards end', `${node.id} keeps shard ${shard} sealed`, shard);
      }
    }
    if (healthyMs >= 0 && this.#recoveredAtMs === 0 && unowned === 0) {
      this.#recoveredAtMs = sim.nowMs;
      sim.stats.recoveryMsMax = Math.max(sim.stats.recoveryMsMax, healthyMs);
    }
    for (const node of sim.nodes) {
      if (!node.up || node.paused || sim.nowMs - node.resumedAtMs < 100) continue;
      const overdue = node.overdueOrder();
      if (overdue !== undefined) throw new Violation('orders are answered', `${node.id} owes an answer to ${overdue}`);
    }
    sim.account.check();
  }

  /** The store has been there for long, or went away after it had been. One that comes and goes may cost leases. */
  #isSteady(): boolean {
    const { store, nowMs } = this.#sim;
    if (store.down !== this.#wasDown) {
      this.#wasDown = store.down;
      if (store.down) this.#wentCleanly = nowMs - this.#backSinceMs > RECOVERY_MS_MAX;
      else this.#backSinceMs = nowMs;
    }
    return store.down ? this.#wentCleanly : nowMs - this.#backSinceMs > RECOVERY_MS_MAX;
  }

  /** The end of a healthy period: every camera is served. */
  served(): void {
    const { account, cameras, nowMs } = this.#sim;
    for (let camera = 0; camera < cameras.count; camera++) {
      const ms = nowMs - (account.inferredAtMs[camera] as number);
      if (ms > 2 * GAP_MS_MAX)
        throw new Violation(
          'frames find their owner',
          `camera ${camera} has had no answer for ${ms.toFixed(0)} ms`,
          cameras.shardOf(camera),
        );
    }
  }

  /** For messages: how the shard looks from everywhere. */
  #who(shard: number): string {
    const { nodes, store } = this.#sim;
    const at = nodes.map((node) => {
      const left = node.brain === undefined ? 0 : node.brain.validUntilMs - node.nowMs();
      return `${node.id}${node.paused ? ' (paused)' : ''}: ${node.standingKind(shardId(shard))}, hosts ${node.world.hosted[shard]?.epoch ?? '-'}, valid for ${left.toFixed(0)} ms`;
    });
    return `shard ${shard}, ${JSON.stringify(store.map.shards[shard])}; ${at.join('; ')}`;
  }

  #forbid(shard: number, was: ShardEntry, is: ShardEntry, request: CommitRequest, why: string): never {
    throw new Violation(
      'entries change as they may',
      `${why}: ${request.as.kind} ${request.as.node} made ${JSON.stringify(was)} into ${JSON.stringify(is)}`,
      shard,
    );
  }
}
