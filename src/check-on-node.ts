import { checkGround } from '../analytics/geometry/ground-plane.ts';
import type { FaultPath } from '../config/camera-settings/fault.ts';
import type { CameraSettings } from '../config/camera-settings/schema.ts';
import type { NodeConfig } from '../config/schema.ts';

/**
 * What is wrong with a camera's settings on this node, though the document by itself is in order: a ground plane that
 * gives no speeds, rows that are to be kept for longer than the node keeps them, frames so rare that no time would count
 * as observed while nothing moves.
 */
export function checkOnNode(
  { ground, retention, fps, coverage }: CameraSettings,
  { history }: Pick<NodeConfig, 'history'>,
): { readonly at: FaultPath; readonly message: string }[] {
  const faults: { at: FaultPath; message: string }[] = [];
  const plane = ground === null ? undefined : checkGround(ground);
  if (plane !== undefined) faults.push({ at: ['ground'], message: plane.message });
  if (fps !== null && 1 / fps.min > coverage.gapS) {
    const apart = `frames may be ${Number((1 / fps.min).toFixed(2))} s apart`;
    const message = `${apart}, further than coverage.gapS, ${coverage.gapS} s: such time never counts as observed`;
    faults.push({ at: ['fps', 'min'], message });
  }
  for (const kind of ['predictionsDays', 'eventsDays'] as const) {
    const days = retention[kind];
    if (days === null || days <= history[kind]) continue;
    const message = `${days} days; this node keeps them for history.${kind}: ${history[kind]} days`;
    faults.push({ at: ['retention', kind], message });
  }
  return faults;
}
