import type { NodeStatsMessage } from '../../../core/protocol.ts';
import { recentShedShare, type StatsHistory } from './stats-history.ts';

/** The cluster's figures at one moment; null where nothing was measured. */
export interface CoursePoint {
  /** ms since the Unix epoch, by the page's clock. */
  readonly atMs: number;
  readonly fpsIn: number | null;
  readonly fpsOut: number | null;
  readonly p50: number | null;
  readonly p99: number | null;
  /** Cameras the nodes know, and connections that are open. */
  readonly cameras: number | null;
  readonly connections: number | null;
  /** Of the frames of the last 10 s, 0..1. */
  readonly shedShare: number | null;
}

/** A second each: a quarter of an hour. */
export const COURSE_POINTS_MAX = 900;
/** Without news for so long, lines break. */
const GAP_MS = 4_000;

const UNKNOWN: Omit<CoursePoint, 'atMs'> = {
  ...{ fpsIn: null, fpsOut: null, p50: null, p99: null },
  ...{ cameras: null, connections: null, shedShare: null },
};

/** The course with the newest figures of `history` at its end; outlives restarts, with a gap where nothing was heard. */
export function addPoint(course: readonly CoursePoint[], history: StatsHistory, atMs: number): readonly CoursePoint[] {
  const stats = history.at(-1);
  if (stats === undefined) return course;
  const last = course.at(-1);
  // Two nodes' rounds may meet in one second.
  if (last !== undefined && atMs <= last.atMs) return course;
  const gap = last !== undefined && atMs - last.atMs > GAP_MS ? [{ ...UNKNOWN, atMs: last.atMs + 1 }] : [];
  return [...course, ...gap, point(stats, recentShedShare(history), atMs)].slice(-COURSE_POINTS_MAX);
}

const point = (stats: NodeStatsMessage, share: number | null, atMs: number): CoursePoint => ({
  atMs,
  fpsIn: stats.fpsIn,
  fpsOut: stats.fpsOut,
  p50: stats.latencyMs?.p50 ?? null,
  p99: stats.latencyMs?.p99 ?? null,
  cameras: stats.cameras,
  connections: stats.connections,
  shedShare: share,
});
