import type { CameraSettings } from '../../config/camera-settings/schema.ts';
import { isCycle, isPerson, isVehicle } from '../traffic/classes.ts';

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
  return (label) => isVehicle(label) || isCycle(label) || isPerson(label);
}
