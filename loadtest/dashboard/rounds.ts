import { setTimeout as sleep } from 'node:timers/promises';
import { percentileOf } from '../lib/statistics.ts';
import { type WatchedCounts, Watcher } from './watcher.ts';

export interface Round {
  readonly dashboards: number;
  /** Median over the round's seconds of each node's own p99 and p50, ms; the mean over nodes. */
  readonly p99Ms: number;
  readonly p50Ms: number;
  /** Frames answered per second, of all nodes. */
  readonly fpsOut: number;
  /** What the dashboards got, each second. */
  readonly textsPerS: number;
  readonly picturesPerS: number;
  readonly megabytesPerS: number;
}

interface NodeStats {
  readonly node: string;
  readonly fpsOut: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
}

/** The nodes' percentiles are over their last seconds: those of the round before must have gone. */
const SETTLE_MS = 11_000;
const LOOK_MS = 1_000;

/** One round: `dashboards` open, on all nodes in turn, each with another screenful. */
export async function runRound(
  nodeUrls: readonly string[],
  cameras: readonly string[],
  { dashboards, shown, seconds }: { readonly dashboards: number; readonly shown: number; readonly seconds: number },
): Promise<Round> {
  const watchers = Array.from({ length: dashboards }, (_, i) => {
    const from = (i * shown) % Math.max(1, cameras.length);
    return new Watcher(nodeUrls[i % nodeUrls.length] ?? '', cameras.slice(from, from + shown));
  });
  try {
    await Promise.all(watchers.map((watcher) => watcher.open()));
    await sleep(SETTLE_MS);
    const before = sum(watchers.map(({ counts }) => counts));
    const perNode = new Map<string, NodeStats[]>();
    for (let s = 0; s < seconds; s++) {
      for (const stats of await readNodes(nodeUrls[0] ?? '')) {
        const known = perNode.get(stats.node);
        if (known === undefined) perNode.set(stats.node, [stats]);
        else known.push(stats);
      }
      await sleep(LOOK_MS);
    }
    const after = sum(watchers.map(({ counts }) => counts));
    const median = (of: (stats: NodeStats) => number | undefined): number =>
      mean(
        [...perNode.values()].map(
          (all) =>
            percentileOf(
              all.flatMap((stats) => of(stats) ?? []),
              0.5,
            ) ?? 0,
        ),
      );
    return {
      dashboards,
      p99Ms: median(({ latencyMs }) => latencyMs?.p99),
      p50Ms: median(({ latencyMs }) => latencyMs?.p50),
      fpsOut: median(({ fpsOut }) => fpsOut) * nodeUrls.length,
      textsPerS: (after.texts - before.texts) / seconds,
      picturesPerS: (after.pictures - before.pictures) / seconds,
      megabytesPerS: (after.bytes - before.bytes) / 1e6 / seconds,
    };
  } finally {
    for (const watcher of watchers) watcher.close();
  }
}

/** What all nodes say of themselves, by way of one; in rounds with and without dashboards alike. */
async function readNodes(url: string): Promise<readonly NodeStats[]> {
  try {
    const response = await fetch(`${url}/v1/nodes`, { signal: AbortSignal.timeout(3_000) });
    return ((await response.json()) as { readonly nodes: readonly NodeStats[] }).nodes;
  } catch {
    return [];
  }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);

const sum = (counts: readonly WatchedCounts[]): WatchedCounts =>
  counts.reduce((a, b) => ({ texts: a.texts + b.texts, pictures: a.pictures + b.pictures, bytes: a.bytes + b.bytes }), {
    texts: 0,
    pictures: 0,
    bytes: 0,
  });
