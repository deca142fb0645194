import { useEffect, useMemo, useState } from 'preact/hooks';
import { useLive } from '../live/live.ts';
import { useStore } from '../state/use-store.ts';
import type { DrawnShapes } from './draw-shapes.ts';
import { type Overlay, type OverlayPlace, overlayStore } from './overlay.ts';

/** What this browser wants drawn over the pictures of `camera`, with its lines and zones. */
export function useOverlay(camera: string, place: OverlayPlace): Overlay {
  const { shapes } = useLive();
  const choice = useStore(overlayStore(place));
  const [drawn, setDrawn] = useState<DrawnShapes>();
  const wanted = choice.shapes;
  useEffect(() => {
    if (!wanted) return;
    return shapes.follow(camera, setDrawn);
  }, [shapes, camera, wanted]);
  return useMemo(() => ({ ...choice, drawn }), [choice, drawn]);
}
