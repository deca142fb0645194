import { sumCounts } from '../../../core/ledger.ts';
import type { CameraSummary } from '../../../core/protocol.ts';
import type { CameraEntry } from '../live/camera-book.ts';
import type { WallSort } from './wall-filter.ts';

export interface SortFacts {
  readonly summaryOf: (camera: string) => CameraSummary | undefined;
  readonly alertsOf: (camera: string) => number;
}

/** `entries` with those that ask for attention first; by name they are already, and stay so among equals. */
export function sortWall(
  entries: readonly CameraEntry[],
  sort: WallSort,
  { summaryOf, alertsOf }: SortFacts,
): readonly CameraEntry[] {
  if (sort === 'name') return entries;
  const figure = (camera: string): number => {
    const summary = summaryOf(camera);
    switch (sort) {
      case 'alerts':
        return alertsOf(camera);
      case 'rate':
        return summary?.fpsOut ?? 0;
      case 'latency':
        return summary?.connected ? (summary.latencyMs ?? 0) : 0;
      case 'shed':
        return summary === undefined || summary.ledger.received === 0
          ? 0
          : sumCounts(summary.ledger.shed) / summary.ledger.received;
    }
  };
  return entries
    .map((entry) => ({ entry, by: figure(entry.camera) }))
    .sort((a, b) => b.by - a.by)
    .map(({ entry }) => entry);
}
