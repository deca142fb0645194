import { useCallback } from 'preact/hooks';
import type { WatchedFrame } from '../api/live-messages.ts';
import { browserClock } from '../browser-clock.ts';
import { useLive } from '../live/live.ts';
import type { FrameSource } from './frame-canvas.tsx';
import type { PaintedFrame } from './frame-painter.ts';

/** A camera in front of which nothing moves, or that is offline, brings no picture: then its last one is fetched. */
const PATIENCE_MS = 1_500;

/**
 * The frames the node sends of `camera`, after the last that came before; they are asked for only while somebody shows
 * them.
 */
export function useLiveFrames(camera: string): FrameSource {
  const { frames, cameras, lastPictures } = useLive();
  return useCallback<FrameSource>(
    (show) => {
      const last = frames.last(camera);
      if (last !== undefined) show(painted(last));
      let came = last !== undefined;
      let forget = (): void => {};
      const leave = frames.follow(camera, (frame) => {
        came = true;
        show(painted(frame));
      });
      const patience = browserClock.after(PATIENCE_MS, () => {
        if (came || cameras.summary(camera)?.lastFrameAt == null) return;
        forget = lastPictures.ask(camera, (picture) => {
          if (!came) show({ seq: 0, picture, detections: [], isStill: true });
        });
      });
      return () => {
        leave();
        patience.cancel();
        forget();
      };
    },
    [frames, cameras, lastPictures, camera],
  );
}

const painted = ({ head, picture }: WatchedFrame): PaintedFrame => ({
  seq: head.seq,
  picture,
  detections: head.detections,
  receivedAt: head.receivedAt,
  ...(head.events === undefined ? {} : { events: head.events }),
});
