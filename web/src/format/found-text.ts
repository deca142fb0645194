import type { Detection } from '../../../core/detection.ts';

/** What was found, most frequent first: `3 car · 1 person`; empty where nothing was. */
export function foundText(detections: readonly Detection[]): string {
  const counts = new Map<string, number>();
  for (const { label } of detections) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([label, n]) => `${n} ${label}`)
    .join(' · ');
}
