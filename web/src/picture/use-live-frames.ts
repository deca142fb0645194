import { useCallback } from 'preact/hooks';
import type { WatchedFrame } from '../api/live-messages.ts';
import { useLive } from '../live/live.ts';
import type { FrameSource } from './frame-canvas.tsx';
import type { PaintedFrame } from './frame-painter.ts';

/**
 * The frames the node sends of `camera`, after the last that came before; they are asked for only while somebody shows
 * them.
 */
export function useLiveFrames(camera: string): FrameSource {
  const { frames } = useLive();
  return useCallback<FrameSource>(
    (show) => {
      const last = frames.last(camera);
      if (last !== undefined) show(painted(last));
      return frames.follow(camera, (frame) => show(painted(frame)));
    },
    [frames, camera],
  );
}

const painted = ({ head, picture }: WatchedFrame): PaintedFrame => ({
  seq: head.seq,
  picture,
  detections: head.detections,
  receivedAt: head.receivedAt,
  ...(head.events === undefined ? {} : { events: head.events }),
});
