import { useMemo } from 'preact/hooks';
import { browserZone } from '../format/moments.ts';
import { readView } from '../history/history-view.ts';
import { type MeasuresAnswer, useMeasures } from '../history/use-history.ts';
import type { Resource } from '../state/use-resource.ts';

/** Cameras that saw waste in the range, and what they saw in all: by camera. */
export function useBelts(range: string): {
  readonly resource: Resource<MeasuresAnswer>;
  readonly belts: readonly string[];
} {
  const view = useMemo(() => {
    const params = new URLSearchParams({ resource: 'composition', range, by: 'camera,material' });
    return { ...readView(params, browserZone()), interval: 'total' };
  }, [range]);
  const resource = useMeasures(view);
  const belts = useMemo(() => {
    const rows = resource.value?.rows ?? [];
    const some = rows.filter((row) => 'material' in row && row.material != null).flatMap(({ camera }) => camera ?? []);
    return [...new Set(some)].sort();
  }, [resource.value]);
  return { resource, belts };
}
