import { Ledger } from '../../../core/ledger.ts';
import type { NodeStatsMessage } from '../../../core/protocol.ts';

/** A node that said nothing for so many rounds of the others is gone, ms. */
const GONE_MS = 5_000;

interface Heard {
  readonly stats: NodeStatsMessage;
  readonly atMs: number;
}

/**
 * The figures of all nodes as one, once a round: each node tells its own each second, and the page shows one strip. A
 * node on its own is shown as it tells it.
 */
export class ClusterStats {
  readonly #heard = new Map<string, Heard>();

  /** @returns the sum, with the first node of each round; `undefined` in between */
  add(stats: NodeStatsMessage, nowMs: number): NodeStatsMessage | undefined {
    for (const [node, { atMs }] of this.#heard) if (nowMs - atMs > GONE_MS) this.#heard.delete(node);
    this.#heard.set(stats.node, { stats, atMs: nowMs });
    const [first] = this.#heard.keys();
    return first === stats.node ? sumStats(this.latest()) : undefined;
  }

  /** What each node said last, by name. */
  latest(): readonly NodeStatsMessage[] {
    return [...this.#heard.values()].map((heard) => heard.stats).sort((a, b) => (a.node < b.node ? -1 : 1));
  }
}

/** Rates, cameras and accounts add up; of latencies the worst node's are shown. */
export function sumStats(all: readonly NodeStatsMessage[]): NodeStatsMessage | undefined {
  const [first, ...others] = all;
  if (first === undefined || others.length === 0) return first;
  const ledger = new Ledger();
  for (const stats of all) ledger.add(stats.ledger);
  const sum = (of: (stats: NodeStatsMessage) => number): number => all.reduce((total, stats) => total + of(stats), 0);
  const known = all.flatMap(({ latencyMs }) => latencyMs ?? []);
  const worst = (of: 'p50' | 'p99'): number => Math.max(...known.map((latency) => latency[of]));
  return {
    type: 'stats',
    node: `${all.length} nodes`,
    uptimeMs: Math.max(...all.map(({ uptimeMs }) => uptimeMs)),
    cameras: sum(({ cameras }) => cameras),
    connections: sum(({ connections }) => connections),
    fpsIn: sum(({ fpsIn }) => fpsIn),
    fpsOut: sum(({ fpsOut }) => fpsOut),
    latencyMs: known.length === 0 ? null : { p50: worst('p50'), p99: worst('p99') },
    ledger: ledger.snapshot(),
    devices: all.flatMap(({ node, devices }) =>
      devices.map((device) => ({ ...device, device: `${node} ${device.device}` })),
    ),
  };
}
