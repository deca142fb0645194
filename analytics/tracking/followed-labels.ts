import type { CameraSettings } from '../../config/camera-settings/schema.ts';

/** What moves on roads, by COCO's names and those common in other models. */
const ON_ROADS: ReadonlySet<string> = new Set([
  ...['car', 'truck', 'bus', 'train', 'van', 'trailer'],
  ...['bicycle', 'motorcycle', 'motorbike', 'scooter'],
  ...['person', 'pedestrian', 'rider'],
]);

/** Which classes a camera's settings have followed. */
export function followedLabels(
  settings: Pick<CameraSettings, 'detector' | 'pipeline'>,
  taxonomy: { readonly materialOf: (label: string) => string | undefined } | undefined,
): (label: string) => boolean {
  const { labels } = settings.detector;
  if (labels !== null) {
    if (labels.includes('*')) return () => true;
    const named = new Set(labels);
    return (label) => named.has(label);
  }
  if (settings.pipeline === 'waste') return (label) => taxonomy?.materialOf(label) !== undefined;
  return (label) => ON_ROADS.has(label);
}
