import { useCallback } from 'preact/hooks';
import { useLive } from '../live/live.ts';
import type { FrameSource } from './frame-canvas.tsx';

/** The frames the node sends of `camera`; they are asked for only while somebody shows them. */
export function useLiveFrames(camera: string): FrameSource {
  const { frames } = useLive();
  return useCallback<FrameSource>(
    (show) =>
      frames.follow(camera, ({ head, picture }) => show({ seq: head.seq, picture, detections: head.detections })),
    [frames, camera],
  );
}
