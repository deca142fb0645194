import { EV } from './events.ts';
import type { Simulation } from './simulation.ts';

/** At most so many frames of a camera are unanswered: its credit. */
const CREDIT = 2;
const PATIENCE_MS = 3_000;

/** Cameras: each on a socket of some node, following redirects or not, sending as credit allows. */
export class SimCameras {
  readonly count: number;
  readonly #sim: Simulation;
  readonly #perShard: number;
  readonly #ingress: Int32Array;
  /** Number of the connection, unique. */
  readonly #connection: Int32Array;
  readonly #unanswered: Int32Array;
  readonly #answeredAt: Float64Array;
  readonly #follows: boolean[] = [];
  #connectionLast = 0;

  constructor(sim: Simulation) {
    this.#sim = sim;
    this.#perShard = sim.options.camerasPerShard;
    this.count = sim.options.shards * this.#perShard;
    this.#ingress = new Int32Array(this.count);
    this.#connection = new Int32Array(this.count);
    this.#unanswered = new Int32Array(this.count);
    this.#answeredAt = new Float64Array(this.count);
    for (let camera = 0; camera < this.count; camera++) {
      this.#follows.push(sim.random.chance(0.8));
      this.#connect(camera, sim.random.below(sim.profile.nodes));
      sim.queue.push(sim.random.between(0, 1_000), EV.FRAME_TICK, camera, 0, 0);
    }
  }

  shardOf(camera: number): number {
    return Math.floor(camera / this.#perShard);
  }

  firstOf(shard: number): number {
    return shard * this.#perShard;
  }

  tick(camera: number): void {
    const sim = this.#sim;
    sim.queue.push(sim.nowMs + (1_000 / sim.options.fps) * sim.random.between(0.9, 1.1), EV.FRAME_TICK, camera, 0, 0);
    let node = sim.nodes[this.#ingress[camera] as number];
    if (node === undefined || !node.up) {
      this.#connect(camera, sim.random.below(sim.nodes.length));
      return;
    }
    if ((this.#unanswered[camera] as number) >= CREDIT) {
      if (sim.nowMs - (this.#answeredAt[camera] as number) < PATIENCE_MS) return;
      this.#connect(camera, sim.random.below(sim.nodes.length));
      node = sim.nodes[this.#ingress[camera] as number];
      if (node === undefined || !node.up) return;
    }
    (this.#unanswered[camera] as number)++;
    const connection = this.#connection[camera] as number;
    if (node.paused) node.keep(EV.FRAME_IN, camera, connection);
    else node.world.frame(camera, connection);
  }

  answered(camera: number, connection: number): void {
    if (this.#connection[camera] !== connection) return;
    this.#answeredAt[camera] = this.#sim.nowMs;
    (this.#unanswered[camera] as number)--;
  }

  redirect(camera: number, connection: number, to: number): void {
    if (this.#connection[camera] === connection && this.#follows[camera]) this.#connect(camera, to);
  }

  redirectShard(shard: number, from: number, to: number): void {
    for (let camera = this.firstOf(shard); camera < this.firstOf(shard + 1); camera++)
      if (this.#ingress[camera] === from && this.#follows[camera]) this.#connect(camera, to);
  }

  #connect(camera: number, node: number): void {
    this.#connection[camera] = ++this.#connectionLast;
    this.#ingress[camera] = node;
    this.#unanswered[camera] = 0;
    this.#answeredAt[camera] = this.#sim.nowMs;
  }
}
