import type { NodeStatsMessage } from '../../../core/protocol.ts';
import { type Readable, Store } from '../state/store.ts';

/** One device at one moment, for its course; null where nothing was heard of it. */
export interface DevicePoint {
  /** ms since the Unix epoch by the page's clock. */
  readonly atMs: number;
  readonly queueMs: number | null;
  readonly computeMs: number | null;
  readonly batchSize: number | null;
  readonly fps: number | null;
  readonly busyShare: number | null;
  readonly pending: number | null;
  /** Batches by the frames in them, since the process began. */
  readonly batches: ReadonlyMap<number, number>;
}

export interface NodeCourse {
  readonly node: string;
  /** The node's newest figures, and when they came, ms since the Unix epoch. */
  readonly stats: NodeStatsMessage;
  readonly atMs: number;
  /** By device, oldest first. */
  readonly devices: ReadonlyMap<string, readonly DevicePoint[]>;
}

/** A second each: five minutes. */
export const DEVICE_POINTS_MAX = 300;
/** Without news for so long, lines break. */
const GAP_MS = 4_000;
/** A node that said nothing for so long is forgotten. */
const FORGET_MS = 600_000;

const NO_BATCHES: ReadonlyMap<number, number> = new Map();
const UNKNOWN = { queueMs: null, computeMs: null, batchSize: null, fps: null, busyShare: null, pending: null } as const;

/** What each node told of itself over the last minutes. */
export class NodeCourses {
  readonly #nodes = new Store<ReadonlyMap<string, NodeCourse>>(new Map());

  get all(): Readable<ReadonlyMap<string, NodeCourse>> {
    return this.#nodes;
  }

  add(stats: NodeStatsMessage, atMs: number): void {
    this.#nodes.update((before) => {
      const next = new Map([...before].filter(([, { atMs: heardMs }]) => atMs - heardMs < FORGET_MS));
      const known = before.get(stats.node);
      // A node that restarted has other counts: what it did before stays in the course, behind a gap.
      const isNew = known !== undefined && stats.uptimeMs < known.stats.uptimeMs;
      const devices = new Map(
        stats.devices.map((device) => [
          device.device,
          course(known?.devices.get(device.device) ?? [], device, atMs, isNew),
        ]),
      );
      return next.set(stats.node, { node: stats.node, stats, atMs, devices });
    });
  }
}

function course(
  before: readonly DevicePoint[],
  device: NodeStatsMessage['devices'][number],
  atMs: number,
  isNew: boolean,
): readonly DevicePoint[] {
  const last = before.at(-1);
  if (last !== undefined && atMs <= last.atMs) return before;
  const isGap = last !== undefined && (isNew || atMs - last.atMs > GAP_MS);
  const gap = isGap ? [{ ...UNKNOWN, batches: NO_BATCHES, atMs: last.atMs + 1 }] : [];
  const ran = device.fps > 0;
  const point: DevicePoint = {
    atMs,
    queueMs: ran ? device.queueMs : null,
    computeMs: ran ? device.computeMs : null,
    batchSize: ran ? device.batchSize : null,
    fps: device.fps,
    busyShare: device.busyShare,
    pending: device.pending,
    batches: new Map(device.buckets.map(({ frames, batches }) => [frames, batches])),
  };
  return [...before, ...gap, point].slice(-DEVICE_POINTS_MAX);
}

/**
 * Batches by size over the time that the course spans: the newest counts less the oldest of the same life of the node.
 */
export function batchesOver(points: readonly DevicePoint[]): ReadonlyMap<number, number> {
  const last = points.at(-1);
  if (last === undefined) return NO_BATCHES;
  let first = last;
  for (const point of points.toReversed()) {
    if (point.batches.size === 0) break;
    first = point;
  }
  return new Map([...last.batches].map(([frames, n]) => [frames, Math.max(0, n - (first.batches.get(frames) ?? 0))]));
}
