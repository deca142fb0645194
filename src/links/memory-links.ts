import type { Clock } from '../../core/clock.ts';
import type { NodeId } from '../../core/ids.ts';
import { createRandom } from '../../core/random.ts';
import { createNodeLinks, type NodeLinksOptions, type ServedNodeLinks } from './node-links.ts';
import type { LinkListener } from './uws-wire.ts';
import type { Wire, WireEvents } from './wire.ts';

const QUIET = { info: () => {}, warn: () => {}, error: () => {} } as const;

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** Each way, ms on the clock; without it things arrive at the end of the turn, and no clock need move for them. */
  readonly latencyMs?: number;
}

/**
 * Node links within one process: all of the real ones, handshake included, over wires that are queues. The same calls
 * under the same clock go the same way.
 */
export class MemoryNetwork {
  readonly #options: MemoryNetworkOptions;
  readonly #listeners = new Map<string, LinkListener>();
  readonly #pairs = new Set<MemoryPair>();
  readonly #states = new Map<string, 'cut' | 'silent'>();

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
  }

  /** Where a node is reached. */
  urlOf(node: NodeId): string {
    return `memory:${node}`;
  }

  /** The links of a node; made a second time, it has been restarted. */
  join(node: NodeId, options: Partial<NodeLinksOptions> = {}): ServedNodeLinks {
    const links = createNodeLinks({
      node,
      cluster: 'test',
      secret: 'a secret of the tests',
      creditBytes: 1024 * 1024,
      clock: this.#options.clock,
      log: QUIET as unknown as NodeLinksOptions['log'],
      random: createRandom(1),
      dial: (url, events) => this.#dial(node, url, events),
      ...options,
    });
    this.#listeners.set(this.urlOf(node), links);
    return links;
  }

  /** Nobody answers there any more; connections end. */
  leave(node: NodeId): void {
    this.#listeners.delete(this.urlOf(node));
    for (const pair of [...this.#pairs]) if (pair.has(node)) pair.cut();
  }

  /** Ends the pair's connections; new ones come through until {@link part}. */
  cut(a: NodeId, b: NodeId): void {
    for (const pair of [...this.#pairs]) if (pair.has(a) && pair.has(b)) pair.cut();
  }

  /** Ends the pair's connections and lets none through: `cut`. Or keeps them and passes nothing on: `silent`. */
  part(a: NodeId, b: NodeId, how: 'cut' | 'silent'): void {
    this.#states.set(keyOf(a, b), how);
    if (how === 'cut') this.cut(a, b);
  }

  /** What was said meanwhile is lost; new connections come through. */
  heal(a: NodeId, b: NodeId): void {
    this.#states.delete(keyOf(a, b));
  }

  #dial(from: NodeId, url: string, events: WireEvents): Wire {
    const to = url.slice('memory:'.length) as NodeId;
    const pair = new MemoryPair({
      nodes: [from, to],
      deliver: (fn) => this.#deliver(fn),
      isSilent: () => this.#states.get(keyOf(from, to)) === 'silent',
      onOver: () => this.#pairs.delete(pair),
    });
    this.#pairs.add(pair);
    this.#deliver(() => {
      const listener = this.#listeners.get(url);
      const state = this.#states.get(keyOf(from, to));
      if (state === 'silent') return;
      if (listener === undefined || state === 'cut' || listener.full !== undefined) return pair.cut();
      pair.open(listener);
    });
    pair.dialler.events = events;
    return pair.dialler;
  }

  #deliver(fn: () => void): void {
    const { clock, latencyMs } = this.#options;
    if (latencyMs === undefined) queueMicrotask(fn);
    else clock.after(latencyMs, fn);
  }
}

const keyOf = (a: NodeId, b: NodeId): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

interface PairOptions {
  readonly nodes: readonly [NodeId, NodeId];
  readonly deliver: (fn: () => void) => void;
  readonly isSilent: () => boolean;
  readonly onOver: () => void;
}

class MemoryPair {
  readonly dialler: MemoryWire;
  readonly #listener: MemoryWire;
  readonly #options: PairOptions;

  constructor(options: PairOptions) {
    this.#options = options;
    this.dialler = new MemoryWire(options);
    this.#listener = new MemoryWire(options);
    this.dialler.other = this.#listener;
    this.#listener.other = this.dialler;
  }

  has(node: NodeId): boolean {
    return this.#options.nodes.includes(node);
  }

  open(listener: LinkListener): void {
    if (this.dialler.isClosed) return;
    this.#listener.events = listener.accept(this.#listener);
    this.dialler.events?.opened();
  }

  cut(): void {
    this.#options.onOver();
    this.dialler.ended(1006, 'cut');
    this.#listener.ended(1006, 'cut');
  }
}

class MemoryWire implements Wire {
  events: WireEvents | undefined;
  other: MemoryWire | undefined;
  bufferedBytes = 0;
  isClosed = false;
  readonly #options: PairOptions;

  constructor(options: PairOptions) {
    this.#options = options;
  }

  send(message: Uint8Array): void {
    if (this.isClosed) return;
    const bytes = new Uint8Array(message);
    this.bufferedBytes += bytes.byteLength;
    this.#options.deliver(() => {
      // Into a connection that passes nothing on: it is still waiting to be sent.
      if (this.#options.isSilent()) return;
      this.bufferedBytes -= bytes.byteLength;
      if (this.other?.isClosed === false) this.other.events?.received(bytes);
      if (!this.isClosed) this.events?.drained();
    });
  }

  close(code: number, reason: string): void {
    if (this.isClosed) return;
    this.#options.deliver(() => {
      if (!this.#options.isSilent()) this.other?.ended(code, reason);
      this.ended(code, reason);
      this.#options.onOver();
    });
  }

  terminate(): void {
    this.close(1006, 'terminated');
  }

  ended(code: number, reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.events?.closed(code, reason);
  }
}
