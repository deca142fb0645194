const FAULTS_MAX = 50;

interface Claim {
  readonly node: string;
  readonly epoch: number;
  /** When that node's answer was here, ms: it held the shard before. */
  readonly toMs: number;
}

/**
 * Who said of which shard that it serves it, over the run, from outside. A node's claim is its own view of the map while
 * its lease is good. Two faults can be proven: one epoch claimed by two nodes, and an epoch still claimed in an answer
 * that was asked for after the answer of somebody with a later one.
 */
export class OwnershipBook {
  readonly faults: string[] = [];
  claims = 0;
  readonly #latest = new Map<number, Claim>();
  readonly #first = new Map<number, number>();

  /** @param fromMs when the node was asked @param toMs when it had answered; calls come in order of `toMs` */
  claim(node: string, shard: number, epoch: number, fromMs: number, toMs: number): void {
    this.claims++;
    const latest = this.#latest.get(shard);
    if (latest === undefined) this.#first.set(shard, epoch);
    if (latest === undefined || epoch > latest.epoch) {
      this.#latest.set(shard, { node, epoch, toMs });
      return;
    }
    if (epoch === latest.epoch) {
      if (node !== latest.node) this.#fault(`shard ${shard}: epoch ${epoch} is claimed by ${latest.node} and ${node}`);
      return;
    }
    if (fromMs <= latest.toMs) return;
    const lateMs = Math.round(fromMs - latest.toMs);
    this.#fault(
      `shard ${shard}: ${node} still serves epoch ${epoch}, ${lateMs} ms after ${latest.node} said it has ${latest.epoch}`,
    );
  }

  /** How many owners a shard has had since the first claim, less one. */
  changes(shard: number): number {
    return (this.#latest.get(shard)?.epoch ?? 0) - (this.#first.get(shard) ?? 0);
  }

  /** Sum over all shards of how often the owner changed. */
  get allChanges(): number {
    let sum = 0;
    for (const shard of this.#latest.keys()) sum += this.changes(shard);
    return sum;
  }

  #fault(text: string): void {
    if (this.faults.length < FAULTS_MAX && !this.faults.includes(text)) this.faults.push(text);
  }
}

interface Growth {
  readonly node: string;
  readonly toMs: number;
}

/**
 * Which node analysed frames of which camera, by the growth of the nodes' own accounts. Between two looks at a node its
 * count grew at some moment; only growths whose times do not overlap have a certain order.
 */
export class ServingBook {
  readonly #counts = new Map<string, { count: number; fromMs: number }>();
  readonly #serving = new Map<string, Growth>();
  readonly #switches = new Map<string, number>();

  /** @param inferred of the camera at that node alone */
  look(node: string, camera: string, inferred: number, fromMs: number, toMs: number): void {
    const key = `${node} ${camera}`;
    const before = this.#counts.get(key);
    this.#counts.set(key, { count: inferred, fromMs });
    if (inferred <= (before?.count ?? 0)) return;
    const grewAfterMs = before?.fromMs ?? Number.NEGATIVE_INFINITY;
    const serving = this.#serving.get(camera);
    if (serving === undefined) this.#serving.set(camera, { node, toMs });
    else if (serving.node !== node && grewAfterMs >= serving.toMs) {
      this.#serving.set(camera, { node, toMs });
      this.#switches.set(camera, (this.#switches.get(camera) ?? 0) + 1);
    }
  }

  /** How often it certainly was another node than before that analysed frames of this camera. */
  switches(camera: string): number {
    return this.#switches.get(camera) ?? 0;
  }
}
