import { CAMERA_PRIORITIES, type CameraPriority } from '../../../core/protocol.ts';
import type { CameraEntry } from '../live/camera-book.ts';

export const WALL_STATES = ['all', 'connected', 'silent', 'offline'] as const;
export type WallState = (typeof WALL_STATES)[number];

export const WALL_SORTS = ['name', 'alerts', 'rate', 'latency', 'shed'] as const;
export type WallSort = (typeof WALL_SORTS)[number];

export const TILE_SIZES = ['small', 'medium', 'large'] as const;
export type TileSize = (typeof TILE_SIZES)[number];

/** What the wall shows, as it stands in the address. */
export interface WallFilter {
  /** Part of a camera's id; case does not matter. */
  readonly text: string;
  readonly state: WallState;
  readonly priority: CameraPriority | undefined;
  /** Served by this node. */
  readonly node: string | undefined;
  /** Only cameras with an open alert. */
  readonly alerts: boolean;
  readonly sort: WallSort;
  readonly size: TileSize;
}

/** Reads the address; what it does not know is as if it were not there. */
export function readWallFilter(query: URLSearchParams): WallFilter {
  const one = <T extends string>(name: string, of: readonly T[]): T | undefined =>
    of.find((each) => each === query.get(name));
  return {
    text: query.get('q') ?? '',
    state: one('state', WALL_STATES) ?? 'all',
    priority: one('priority', CAMERA_PRIORITIES),
    node: query.get('node') ?? undefined,
    alerts: query.get('alerts') === 'open',
    sort: one('sort', WALL_SORTS) ?? 'name',
    size: one('size', TILE_SIZES) ?? 'medium',
  };
}

/** @param alerting cameras with an open alert */
export function matchesWall(entry: CameraEntry, filter: WallFilter, alerting: ReadonlySet<string>): boolean {
  const { camera, connected, state, priority, node } = entry;
  if (filter.state === 'connected' ? !connected : filter.state !== 'all' && filter.state !== state) return false;
  if (filter.priority !== undefined && filter.priority !== priority) return false;
  if (filter.node !== undefined && filter.node !== node) return false;
  if (filter.alerts && !alerting.has(camera)) return false;
  return camera.toLowerCase().includes(filter.text.trim().toLowerCase());
}

/** How many cameras each choice of state would show. */
export function countStates(entries: readonly CameraEntry[]): Readonly<Record<WallState, number>> {
  const counts = { all: entries.length, connected: 0, silent: 0, offline: 0 };
  for (const { connected, state } of entries) {
    if (connected) counts.connected++;
    if (state === 'silent' || state === 'offline') counts[state]++;
  }
  return counts;
}
