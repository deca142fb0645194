import { useEffect, useRef } from 'preact/hooks';
import { FramePainter, type PaintedFrame } from './frame-painter.ts';

/** Gives frames to `show` until the returned function is called. */
export type FrameSource = (show: (frame: PaintedFrame) => void) => () => void;

interface Props {
  /** Must stay the same function while the same frames are meant. */
  readonly source: FrameSource;
  /** What the picture shows, for those who do not see it. */
  readonly description: string;
  readonly onPaint: (frame: PaintedFrame) => void;
}

/** A canvas that shows the frames of `source` with their boxes, as large as its parent lets it be. */
export function FrameCanvas({ source, description, onPaint }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const paintListener = useRef(onPaint);
  paintListener.current = onPaint;

  useEffect(() => {
    const canvas = ref.current;
    if (canvas === null) return;
    const painter = new FramePainter(canvas, (frame) => paintListener.current(frame));
    const resizing = new ResizeObserver(() => painter.resize(canvas.clientWidth, canvas.clientHeight));
    resizing.observe(canvas);
    const stop = source((frame) => painter.show(frame));
    return () => {
      stop();
      resizing.disconnect();
      painter.close();
    };
  }, [source]);

  return <canvas ref={ref} class="frame-canvas" role="img" aria-label={description} />;
}
