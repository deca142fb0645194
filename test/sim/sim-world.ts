import { epoch as epochOf, shardId } from '../../core/ids.ts';
import { Ledger, type LedgerSnapshot, sumCounts } from '../../core/ledger.ts';
import type { StartWith } from '../../shards/cluster/brain-io.ts';
import { EV } from './events.ts';
import { TIMES } from './options.ts';
import type { SimNode } from './sim-node.ts';
import type { Simulation } from './simulation.ts';
import { Violation } from './violation.ts';

/** What a shard's cameras hold: the account of their frames, and a counter for what trackers know. */
export interface ShardState {
  readonly shard: number;
  readonly cameras: readonly CameraState[];
}

export interface CameraState {
  readonly ledger: LedgerSnapshot;
  /** Frames the tracker has seen; unbroken through every clean hand-off. */
  readonly tracker: number;
}

class CameraActor {
  readonly ledger = new Ledger();
  tracker = 0;
  /** Frame on the device: its number; 0 for none. And whose it is. */
  onDevice = 0;
  onDeviceTicket: Ticket = NO_TICKET;
  pending = false;
  pendingTicket: Ticket = NO_TICKET;
}

interface Hosted {
  readonly epoch: number;
  readonly cameras: readonly CameraActor[];
  /** The move it is sealed for, or being sealed for. */
  move: string | undefined;
  sealed: boolean;
  sealedAtMs: number;
}

/** Who waits for a frame: a connection of its camera, or a relay from another node. */
export type Ticket = number | Relay;
export const NO_TICKET = 0;

/** A frame on its way from the node that has its socket to the one that serves it, and the answer back. */
export interface Relay {
  readonly camera: number;
  readonly connection: number;
  readonly ingress: number;
  readonly ingressLife: number;
  ingressDied: boolean;
  accepted: boolean;
  /** The ingress has its answer, or has given up, or is dead. */
  closed: boolean;
  lost: boolean;
}

const DEVICE_MS_MIN = 15;
const DEVICE_MS_MAX = 60;
const HOLD_RETRY_MS = 50;
const HOLD_MS_MAX = 3_000;
const RELAY_MS_MAX = 1_500;

/** What a node does with shards and frames: the region, its shard and camera actors, a device, much simplified. */
export class SimWorld {
  readonly #sim: Simulation;
  readonly #node: SimNode;
  readonly hosted: (Hosted | undefined)[];
  /** Start under way, by shard: its number. */
  readonly #starting: number[];
  #startLast = 0;
  /** Connection of the frame that is held, by camera; 0 where none is. */
  readonly #held: Int32Array;
  readonly #heldSince: Float64Array;
  readonly #relays = new Set<Relay>();
  #frameLast = 0;

  constructor(sim: Simulation, node: SimNode) {
    this.#sim = sim;
    this.#node = node;
    const { shards } = sim.options;
    this.hosted = new Array<Hosted | undefined>(shards).fill(undefined);
    this.#starting = new Array<number>(shards).fill(0);
    this.#held = new Int32Array(sim.cameras.count);
    this.#heldSince = new Float64Array(sim.cameras.count);
  }

  happen(kind: number, b: number, object: unknown): void {
    switch (kind) {
      case EV.FRAME_IN:
        this.frame(b, object as number);
        return;
      case EV.FRAME_DONE:
        this.#frameDone(b, object as number);
        return;
      case EV.HELD_RETRY:
        this.#retry(b);
        return;
      case EV.RELAY_IN:
        this.#relayIn(object as Relay);
        return;
      case EV.RELAY_BACK:
        this.#relayBack(object as Relay, b === 1);
        return;
      case EV.RELAY_TIMEOUT:
        this.#relayTimeout(object as Relay);
        return;
      case EV.SEAL_TIMEOUT:
        this.#sealTimeout(b, object as string);
        return;
      case EV.START_DONE:
        this.#startDone(b, object as Start);
        return;
      case EV.CHECKPOINT:
        this.#checkpoint();
        return;
      default:
        throw new Error(`no such event: ${kind}`);
    }
  }

  // ---- frames at the ingress

  /** A frame has come in on a socket of this node. */
  frame(camera: number, connection: number): void {
    this.#sim.account.framesIn++;
    this.#route(camera, connection, true);
  }

  #route(camera: number, connection: number, first: boolean): boolean {
    const sim = this.#sim;
    const brain = this.#node.brain;
    if (brain === undefined) return true;
    const shard = sim.cameras.shardOf(camera);
    const now = this.#node.nowMs();
    const standing = brain.standing(shardId(shard), now);
    switch (standing.kind) {
      case 'owned':
        if (now < brain.validUntilMs) {
          sim.watch.acts(this.#node, shard, standing.epoch);
          this.#accept(shard, camera, connection);
        } else this.#settleHere(camera, connection);
        return true;
      case 'held':
        if (!first) return false;
        this.#hold(camera, connection);
        return true;
      case 'remote': {
        const owner = sim.indexOf(standing.node);
        if (owner === this.#node.index)
          throw new Violation('no loops', `${this.#node.id} sends frames to itself`, shard);
        this.#relay(camera, connection, owner);
        sim.cameras.redirect(camera, connection, owner);
        return true;
      }
      case 'nobody':
        this.#settleHere(camera, connection);
        return true;
    }
  }

  /** Shed at the ingress: nobody may serve it, or it waited too long, or its relay was not answered. */
  #settleHere(camera: number, connection: number): void {
    this.#sim.account.settledAtIngress++;
    this.#sim.cameras.answered(camera, connection);
  }

  #hold(camera: number, connection: number): void {
    const held = this.#held[camera] as number;
    this.#sim.account.open++;
    if (held !== 0) {
      this.#sim.account.open--;
      this.#settleHere(camera, held);
    } else {
      this.#heldSince[camera] = this.#sim.nowMs;
      this.#later(HOLD_RETRY_MS, EV.HELD_RETRY, camera);
    }
    this.#held[camera] = connection;
  }

  #retry(camera: number): void {
    const connection = this.#held[camera] as number;
    if (connection === 0) {
      this.#sim.steps--;
      return;
    }
    // Out of the slot first: whatever takes it counts it as its own.
    this.#held[camera] = 0;
    this.#sim.account.open--;
    if (this.#sim.nowMs - (this.#heldSince[camera] as number) > HOLD_MS_MAX) this.#settleHere(camera, connection);
    else if (!this.#route(camera, connection, false)) {
      this.#held[camera] = connection;
      this.#sim.account.open++;
      this.#later(HOLD_RETRY_MS, EV.HELD_RETRY, camera);
    }
  }

  #relay(camera: number, connection: number, owner: number): void {
    const sim = this.#sim;
    const relay: Relay = {
      camera,
      connection,
      ingress: this.#node.index,
      ingressLife: this.#node.life,
      ingressDied: false,
      accepted: false,
      closed: false,
      lost: false,
    };
    sim.account.open++;
    this.#relays.add(relay);
    sim.sendRelay(this.#node.index, owner, EV.RELAY_IN, 0, relay);
    this.#later(RELAY_MS_MAX, EV.RELAY_TIMEOUT, 0, relay);
  }

  #relayBack(relay: Relay, accepted: boolean): void {
    if (relay.closed) return;
    relay.closed = true;
    this.#relays.delete(relay);
    if (accepted) this.#sim.cameras.answered(relay.camera, relay.connection);
    else {
      this.#sim.account.open--;
      this.#settleHere(relay.camera, relay.connection);
    }
  }

  #relayTimeout(relay: Relay): void {
    if (relay.closed) {
      this.#sim.steps--;
      return;
    }
    relay.closed = true;
    this.#relays.delete(relay);
    // lost(link): where the owner had it after all it is counted there too; the account knows how often.
    if (relay.accepted) this.#sim.account.doubles++;
    else this.#sim.account.open--;
    relay.lost = true;
    this.#settleHere(relay.camera, relay.connection);
  }

  /** A frame another node has for a shard of this one. Never sent on: what is not for here goes back. */
  #relayIn(relay: Relay): void {
    const brain = this.#node.brain;
    if (brain === undefined) return;
    const shard = this.#sim.cameras.shardOf(relay.camera);
    const now = this.#node.nowMs();
    const standing = brain.standing(shardId(shard), now);
    if (standing.kind === 'owned' && now < brain.validUntilMs) {
      this.#sim.watch.acts(this.#node, shard, standing.epoch);
      this.#accept(shard, relay.camera, relay);
    } else this.#sim.sendRelay(this.#node.index, relay.ingress, EV.RELAY_BACK, 0, relay);
  }

  // ---- frames at the owner

  #accept(shard: number, camera: number, ticket: Ticket): void {
    const sim = this.#sim;
    const hosted = this.hosted[shard];
    if (hosted === undefined || hosted.sealed || hosted.move !== undefined)
      throw new Violation('owned means served', `${this.#node.id} owns a shard that its world does not serve`, shard);
    const actor = hosted.cameras[camera - sim.cameras.firstOf(shard)] as CameraActor;
    actor.ledger.receive();
    sim.account.accept(camera);
    if (actor.ledger.received !== sim.account.acceptedOf(camera))
      throw new Violation(
        'ledger identity',
        `${this.#node.id}: camera ${camera} has ${actor.ledger.received} received, ${sim.account.acceptedOf(camera)} were`,
        shard,
      );
    if (typeof ticket !== 'number') {
      if (ticket.lost) {
        if (ticket.ingressDied) sim.account.lostOpen--;
        else sim.account.doubles++;
      } else sim.account.open--;
      ticket.accepted = true;
    }
    if (actor.onDevice === 0) this.#run(camera, actor, ticket);
    else {
      if (actor.pending) {
        actor.ledger.settle({ kind: 'shed', reason: 'superseded' });
        this.#answer(camera, actor.pendingTicket);
      }
      actor.pending = true;
      actor.pendingTicket = ticket;
    }
  }

  #run(camera: number, actor: CameraActor, ticket: Ticket): void {
    this.#frameLast++;
    actor.onDevice = this.#frameLast;
    actor.onDeviceTicket = ticket;
    const ms = this.#sim.random.between(DEVICE_MS_MIN, DEVICE_MS_MAX);
    this.#sim.queue.push(
      this.#sim.nowMs + ms,
      EV.FRAME_DONE,
      this.#node.index,
      camera,
      this.#node.life,
      this.#frameLast,
    );
  }

  #frameDone(camera: number, frame: number): void {
    const sim = this.#sim;
    const shard = sim.cameras.shardOf(camera);
    const hosted = this.hosted[shard];
    const actor = hosted?.cameras[camera - sim.cameras.firstOf(shard)];
    const brain = this.#node.brain;
    if (hosted === undefined || actor === undefined || actor.onDevice !== frame || brain === undefined) return;
    actor.onDevice = 0;
    if (this.#node.nowMs() < brain.validUntilMs) {
      sim.watch.acts(this.#node, shard, hosted.epoch);
      actor.ledger.settle({ kind: 'inferred' });
      actor.tracker++;
      sim.account.tracked(camera, actor.tracker, this.#node, shard);
      // One in eight raises an alert; between the look at the lease and the sink the process may stand still.
      if ((frame & 7) === 0) {
        const pausedMs = this.#node.pauseNow();
        const atMs = sim.nowMs + pausedMs + sim.random.between(0.2, 5);
        sim.queue.push(atMs, EV.SINK, shard, hosted.epoch, this.#node.index);
      }
    } else {
      actor.ledger.settle({ kind: 'shed', reason: 'expired' });
    }
    this.#answer(camera, actor.onDeviceTicket);
    if (actor.pending) {
      actor.pending = false;
      this.#run(camera, actor, actor.pendingTicket);
    } else if (hosted.move !== undefined && !hosted.sealed) this.#sealWhenIdle(shard, hosted);
  }

  #answer(camera: number, ticket: Ticket): void {
    if (typeof ticket === 'number') this.#sim.cameras.answered(camera, ticket);
    else this.#sim.sendRelay(this.#node.index, ticket.ingress, EV.RELAY_BACK, 1, ticket);
  }

  // ---- shards

  seal(shard: number, epoch: number, move: string, withinMs: number): void {
    const hosted = this.hosted[shard];
    if (hosted === undefined || hosted.epoch !== epoch)
      throw new Violation(
        'seals what it runs',
        `${this.#node.id} seals epoch ${epoch} of a shard it does not run`,
        shard,
      );
    hosted.move = move;
    hosted.sealed = false;
    hosted.sealedAtMs = this.#sim.nowMs;
    this.#later(withinMs, EV.SEAL_TIMEOUT, shard, move);
    this.#sealWhenIdle(shard, hosted);
  }

  unseal(shard: number): void {
    const hosted = this.hosted[shard];
    if (hosted === undefined)
      throw new Violation('unseals what it runs', `${this.#node.id} unseals a shard it does not run`, shard);
    hosted.move = undefined;
    hosted.sealed = false;
  }

  start(shard: number, epoch: number, from: StartWith<ShardState>): void {
    const { random, profile, healthy } = this.#sim;
    const number = ++this.#startLast;
    this.#starting[shard] = number;
    const fails = profile.faults.has('start') && !healthy && random.chance(0.3);
    const start: Start = { number, epoch, from, fails };
    this.#later(random.between(1, random.chance(0.05) ? 800 : 40), EV.START_DONE, shard, start);
  }

  release(shard: number, to: number): void {
    const hosted = this.hosted[shard];
    if (hosted === undefined || !hosted.sealed)
      throw new Violation('releases what is sealed', `${this.#node.id} releases a shard it has not sealed`, shard);
    this.hosted[shard] = undefined;
    this.#sim.cameras.redirectShard(shard, this.#node.index, to);
  }

  drop(shard: number): void {
    this.hosted[shard] = undefined;
    this.#starting[shard] = 0;
  }

  /** The process is gone: what it had taken in and not passed on is lost with it. */
  die(): void {
    const { account } = this.#sim;
    for (let camera = 0; camera < this.#held.length; camera++) {
      if (this.#held[camera] === 0) continue;
      account.open--;
      account.lostOpen++;
    }
    for (const relay of this.#relays) {
      relay.closed = true;
      if (relay.accepted) continue;
      relay.lost = true;
      relay.ingressDied = true;
      account.open--;
      account.lostOpen++;
    }
    this.#relays.clear();
    this.hosted.fill(undefined);
  }

  #sealWhenIdle(shard: number, hosted: Hosted): void {
    for (const actor of hosted.cameras) if (actor.onDevice !== 0 || actor.pending) return;
    this.#sealed(shard, hosted);
  }

  #sealTimeout(shard: number, move: string): void {
    const hosted = this.hosted[shard];
    if (hosted === undefined || hosted.move !== move || hosted.sealed) {
      this.#sim.steps--;
      return;
    }
    const first = this.#sim.cameras.firstOf(shard);
    hosted.cameras.forEach((actor, i) => {
      if (actor.onDevice !== 0) {
        actor.onDevice = 0;
        actor.ledger.settle({ kind: 'lost', reason: 'handoff' });
        this.#answer(first + i, actor.onDeviceTicket);
      }
      if (actor.pending) {
        actor.pending = false;
        actor.ledger.settle({ kind: 'lost', reason: 'handoff' });
        this.#answer(first + i, actor.pendingTicket);
      }
    });
    this.#sealed(shard, hosted);
  }

  #sealed(shard: number, hosted: Hosted): void {
    hosted.sealed = true;
    const snapshot = stateOf(shard, hosted);
    const { ledger } = snapshot.cameras[0] as CameraState;
    if (ledger.inFlight !== 0) throw new Violation('ledger identity', 'sealed with frames in flight', shard);
    this.#node.input({ kind: 'sealed', shard: shardId(shard), move: hosted.move as string, snapshot });
  }

  #startDone(shard: number, start: Start): void {
    const sim = this.#sim;
    const { number, epoch, from } = start;
    if (this.#starting[shard] !== number) return;
    this.#starting[shard] = 0;
    // Fences are raised in the store: without it nothing starts.
    const failed = start.fails || !sim.store.reaches(this.#node) || !sim.account.raise(shard, epoch);
    if (!failed) {
      const cameras: CameraActor[] = [];
      const state =
        from.kind === 'snapshot'
          ? from.snapshot
          : from.kind === 'checkpoint'
            ? sim.account.checkpoints[shard]
            : undefined;
      for (let i = 0; i < sim.options.camerasPerShard; i++) {
        const actor = new CameraActor();
        const camera = sim.cameras.firstOf(shard) + i;
        const saved = state?.cameras[i];
        if (saved !== undefined) restore(actor, saved);
        const missing = sim.account.acceptedOf(camera) - actor.ledger.received;
        if (from.kind === 'checkpoint') {
          // The gap to the camera's own sequence.
          for (let n = 0; n < missing; n++) {
            actor.ledger.receive();
            actor.ledger.settle({ kind: 'lost', reason: 'node_death' });
          }
          sim.stats.lostToDeath += missing;
          sim.account.trackerBroke(camera, actor.tracker);
        } else if (missing !== 0) {
          throw new Violation(
            'a clean hand-off keeps everything',
            `${this.#node.id} starts epoch ${epoch} from ${from.kind} and misses ${missing} frames of camera ${camera}`,
            shard,
          );
        }
        cameras.push(actor);
      }
      this.hosted[shard] = { epoch, cameras, move: undefined, sealed: false, sealedAtMs: 0 };
      sim.stats.startsFrom[from.kind]++;
    }
    this.#node.input({ kind: 'started', shard: shardId(shard), epoch: epochOf(epoch), failed });
  }

  #checkpoint(): void {
    const sim = this.#sim;
    this.#later(TIMES.ledgerMs, EV.CHECKPOINT, 0);
    const brain = this.#node.brain;
    if (brain === undefined || !sim.store.reaches(this.#node)) return;
    if (this.#node.nowMs() >= brain.validUntilMs) return;
    for (let shard = 0; shard < this.hosted.length; shard++) {
      const hosted = this.hosted[shard];
      if (hosted === undefined || hosted.epoch < sim.account.fenceOf(shard)) continue;
      const state = stateOf(shard, hosted);
      for (const { ledger } of state.cameras) {
        const accounted =
          ledger.inferred + ledger.gated + sumCounts(ledger.shed) + sumCounts(ledger.lost) + ledger.inFlight;
        if (accounted !== ledger.received) throw new Violation('ledger identity', JSON.stringify(ledger), shard);
      }
      sim.account.checkpoints[shard] = state;
    }
  }

  #later(ms: number, kind: number, b: number, object?: unknown): void {
    this.#sim.queue.push(this.#sim.nowMs + ms, kind, this.#node.index, b, this.#node.life, object);
  }
}

interface Start {
  readonly number: number;
  readonly epoch: number;
  readonly from: StartWith<ShardState>;
  readonly fails: boolean;
}

function stateOf(shard: number, hosted: Hosted): ShardState {
  return {
    shard,
    cameras: hosted.cameras.map(({ ledger, tracker }) => ({ ledger: ledger.snapshot(), tracker })),
  };
}

/** What was in flight where it was saved has died there. */
function restore(actor: CameraActor, saved: CameraState): void {
  actor.ledger.add(saved.ledger);
  for (let n = saved.ledger.inFlight; n > 0; n--) actor.ledger.settle({ kind: 'lost', reason: 'node_death' });
  actor.tracker = saved.tracker;
}
