import { EV } from './events.ts';
import type { FaultName } from './options.ts';
import type { SimNode } from './sim-node.ts';
import type { Simulation } from './simulation.ts';

const DRIVEN: readonly FaultName[] = [
  'crash',
  'pause',
  'links',
  'store-cut',
  'outage',
  'slow',
  'failover',
  'lossy',
  'leave',
];

/** Lets faults happen at random times, for random times, to random nodes; ends them all for a healthy period. */
export class Faults {
  readonly #sim: Simulation;
  readonly #kinds: readonly FaultName[];
  #active: (() => void)[] = [];
  #period = 0;
  #healing = false;
  #failingOver = false;

  constructor(sim: Simulation) {
    this.#sim = sim;
    this.#kinds = DRIVEN.filter((kind) => sim.profile.faults.has(kind));
    this.#next();
  }

  happen(period: number): void {
    if (period !== this.#period) return;
    const sim = this.#sim;
    if (this.#kinds.length > 0) this.#cause(sim.random.pick(this.#kinds));
    this.#next();
  }

  /** All of them end now. */
  heal(): void {
    this.#period++;
    this.#healing = true;
    for (const end of this.#active) end();
    this.#healing = false;
    this.#active = [];
    const { nodes, queue, nowMs, random } = this.#sim;
    for (const node of nodes) {
      node.pauseArmedMs = 0;
      if (node.paused) node.resume();
      if (!node.up) queue.push(nowMs + random.between(0, 500), EV.START_NODE, node.index, 0, 0);
    }
  }

  pauseChaos(): void {
    this.#period++;
  }

  resumeChaos(): void {
    this.#period++;
    this.#next();
  }

  /** Something is under way that is not to be cut short. */
  get mustFinish(): boolean {
    return this.#failingOver;
  }

  ended(end: () => void): void {
    const i = this.#active.indexOf(end);
    if (i < 0) return;
    this.#active.splice(i, 1);
    end();
  }

  #next(): void {
    const { queue, nowMs, random, profile } = this.#sim;
    queue.push(nowMs + random.exponential(profile.faultEveryMs), EV.FAULT, this.#period, 0, 0);
  }

  #cause(kind: FaultName): void {
    const sim = this.#sim;
    const { random, nodes, store, queue, nowMs } = sim;
    sim.stats.faults[kind] = (sim.stats.faults[kind] ?? 0) + 1;
    const node = random.pick(nodes);
    // Short ones and long ones; around the TTL it is the most interesting.
    const forMs = random.chance(0.5) ? random.between(50, 6_000) : random.exponential(8_000);
    switch (kind) {
      case 'crash':
        sim.trace?.note(node, 'crashes');
        node.die();
        // At once, as its supervisor restarts it, or a while later, or only when everybody is back.
        if (random.chance(0.8)) {
          const afterMs = random.chance(0.5) ? random.between(50, 3_000) : forMs + 3_000;
          queue.push(nowMs + afterMs, EV.START_NODE, node.index, 0, 0);
        }
        return;
      case 'pause':
        if (!node.up || node.paused) return;
        if (random.chance(0.5)) node.pause(Math.min(forMs, 15_000));
        else node.pauseArmedMs = Math.min(forMs, 15_000);
        sim.trace?.note(node, `pauses for ${forMs.toFixed(0)} ms`);
        return;
      case 'links':
        this.#cutLinks(forMs);
        return;
      case 'store-cut':
        this.#cutStore(node, forMs);
        return;
      case 'outage':
        if (store.down) return;
        store.down = true;
        sim.trace?.text(`store: away for ${forMs.toFixed(0)} ms`);
        this.#end(forMs, () => {
          store.down = false;
          sim.trace?.text('store: back');
        });
        return;
      case 'slow': {
        const ms = random.pick([20, 200, 700, 1_500]);
        store.slowMs = ms;
        this.#end(forMs, () => {
          store.slowMs = 0;
        });
        return;
      }
      case 'failover':
        if (store.down) return;
        store.fail();
        this.#end(random.chance(0.5) ? random.between(100, 1_500) : random.between(2_000, 6_000), () => {
          store.down = false;
        });
        return;
      case 'lossy':
        this.#lossy(forMs);
        return;
      case 'leave':
        if (!node.up || node.paused) return;
        sim.trace?.note(node, 'is told to leave');
        queue.push(nowMs, EV.LEAVE_IN, node.index, 0, node.life);
        return;
    }
  }

  /** The replica is gone, then the master; or everything is. Takes as long as a cluster takes to notice. */
  #lossy(forMs: number): void {
    const { store, random } = this.#sim;
    if (store.down || store.unreplicated) return;
    store.unreplicated = true;
    this.#end(Math.min(forMs, 4_000), () => {
      store.unreplicated = false;
      if (store.down || this.#healing) return;
      if (random.chance(0.2)) store.wipe();
      else store.fail();
      // Not cut short, not even by healing: a cluster takes this long to notice that its master is gone, and nodes
      // count on seeing that.
      this.#failingOver = true;
      this.#sim.queue.push(this.#sim.nowMs + random.between(2_500, 6_000), EV.FAULT_END, 1, 0, 0, () => {
        this.#failingOver = false;
        store.down = false;
      });
    });
  }

  #cutLinks(forMs: number): void {
    const { random, nodes, links } = this.#sim;
    const n = nodes.length;
    const cut: number[] = [];
    const add = (i: number, j: number) => {
      if (i === j) return;
      cut.push(i * n + j);
      links[i * n + j] = (links[i * n + j] as number) + 1;
    };
    const way = random.below(4);
    if (way === 0) {
      // One pair, one way.
      add(random.below(n), random.below(n));
    } else if (way === 1) {
      const lone = random.below(n);
      for (let j = 0; j < n; j++) {
        add(lone, j);
        add(j, lone);
      }
    } else {
      // Two sides; sometimes only one way.
      const side = nodes.map(() => random.chance(0.5));
      const both = random.chance(0.7);
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (side[i] !== side[j] && (both || side[i])) add(i, j);
    }
    this.#end(forMs, () => {
      for (const link of cut) links[link] = (links[link] as number) - 1;
    });
  }

  #cutStore(node: SimNode, forMs: number): void {
    const { random, nodes, store, trace } = this.#sim;
    const way = random.below(4);
    // One; a random side; all but one (the minority has it); all.
    const side = nodes.map((_, i) =>
      way === 0 ? i === node.index : way === 1 ? random.chance(0.5) : way === 2 ? i !== node.index : true,
    );
    const requests = random.chance(0.7);
    trace?.text(`store: cut off ${side.map((cut, i) => (cut ? `n${i}` : '')).join(' ')} for ${forMs.toFixed(0)} ms`);
    const list = requests ? store.cutRequests : store.cutAnswers;
    side.forEach((cut, i) => {
      if (cut) list[i] = true;
    });
    this.#end(forMs, () => {
      side.forEach((cut, i) => {
        if (cut) list[i] = false;
      });
    });
  }

  #end(afterMs: number, end: () => void): void {
    this.#active.push(end);
    this.#sim.queue.push(this.#sim.nowMs + afterMs, EV.FAULT_END, 0, 0, 0, end);
  }
}
