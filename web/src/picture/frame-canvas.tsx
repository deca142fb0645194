import { useEffect, useRef } from 'preact/hooks';
import { giveCanvas, takeCanvas } from './canvas-pool.ts';
import { FramePainter, type PaintedFrame } from './frame-painter.ts';
import type { Overlay } from './overlay.ts';

/** Gives frames to `show` until the returned function is called. */
export type FrameSource = (show: (frame: PaintedFrame) => void) => () => void;

interface Props {
  /** Must stay the same function while the same frames are meant. */
  readonly source: FrameSource;
  /** What the picture shows, for those who do not see it. */
  readonly description: string;
  readonly onPaint: (frame: PaintedFrame) => void;
  /** What is drawn over it; boxes with numbers where absent. Must stay the same object while the same is meant. */
  readonly overlay?: Overlay;
}

/** A canvas that shows the frames of `source` with what is drawn over them, as large as its parent lets it be. */
export function FrameCanvas({ source, description, onPaint, overlay }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement | undefined>(undefined);
  const painter = useRef<FramePainter | undefined>(undefined);
  const paintListener = useRef(onPaint);
  paintListener.current = onPaint;
  const said = useRef(description);
  said.current = description;

  useEffect(() => {
    const parent = host.current;
    if (parent === null) return;
    const taken = takeCanvas();
    taken.className = 'frame-canvas';
    taken.setAttribute('role', 'img');
    taken.setAttribute('aria-label', said.current);
    const made = new FramePainter(taken, (frame) => paintListener.current(frame));
    canvas.current = taken;
    painter.current = made;
    parent.append(taken);
    const resizing = new ResizeObserver(() => made.resize(parent.clientWidth, parent.clientHeight));
    resizing.observe(parent);
    const stop = source((frame) => made.show(frame));
    return () => {
      stop();
      resizing.disconnect();
      made.close();
      giveCanvas(taken);
    };
  }, [source]);

  useEffect(() => {
    if (overlay !== undefined) painter.current?.overlay(overlay);
  }, [source, overlay]);

  useEffect(() => canvas.current?.setAttribute('aria-label', description), [source, description]);

  return <div ref={host} class="frame-host" />;
}
