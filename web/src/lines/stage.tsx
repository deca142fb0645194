import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Point } from '../../../config/camera-settings/schema.ts';
import { polygonFault } from '../../../config/camera-settings/shapes.ts';
import type { WatchedFrame } from '../api/live-messages.ts';
import { useLive } from '../live/live.ts';
import type { Size } from '../picture/fit.ts';
import type { Readable } from '../state/store.ts';
import type { Draft, PointRef, ShapeRef } from './draft.ts';
import { viewOf } from './draft.ts';
import type { GroundView } from './ground.ts';
import { CrossHair, PendingShape } from './pending-shape.tsx';
import type { PreviewNews } from './preview.ts';
import { StageGround } from './stage-ground.tsx';
import { StagePainter } from './stage-painter.ts';
import { StageShapes } from './stage-shapes.tsx';
import { hintOf, StageStatus } from './stage-status.tsx';
import { otherPoints, readPoint, readShape } from './stage-targets.ts';
import { panned, snapped, toScreen, toShare, type ViewBox, WHOLE, within, zoomed } from './view-box.ts';

/** What a click on the picture does. */
export type Tool = 'select' | 'line' | 'zone' | 'heading' | 'ground' | 'measure';

export interface StageActions {
  /** A point, shares; `tag` is the same for all moves of one drag or nudge. */
  readonly movePoint: (ref: PointRef, to: Point, tag: string) => void;
  /** A point, by shares. */
  readonly nudgePoint: (ref: PointRef, dx: number, dy: number, tag: string) => void;
  readonly moveShape: (ref: ShapeRef, dx: number, dy: number, tag: string) => void;
  readonly removePoint: (ref: PointRef) => void;
  readonly removeShape: (ref: ShapeRef) => void;
  readonly insertCorner: (zone: number, behind: number, at: Point) => void;
  readonly select: (ref: ShapeRef | undefined) => void;
  /** A point was placed with the tool at hand. */
  readonly place: (at: Point) => void;
  /** The polygon at hand is closed. */
  readonly finish: () => void;
  readonly cancel: () => void;
  readonly moveMeasure: (point: number, to: Point) => void;
  readonly undo: () => void;
  readonly redo: () => void;
}

interface Props {
  readonly camera: string;
  readonly draft: Draft;
  readonly tool: Tool;
  readonly pending: readonly Point[];
  readonly selected: ShapeRef | undefined;
  /** What is wrong, by `line:0` or `zone:1`. */
  readonly faults: ReadonlyMap<string, readonly string[]>;
  readonly news: Readable<PreviewNews>;
  readonly mode: 'shapes' | 'ground';
  readonly ground: GroundView | undefined;
  readonly measure: readonly Point[];
  readonly frozen: boolean;
  readonly boxes: boolean;
  readonly actions: StageActions;
  /** Each frame of the feed, frozen or not. */
  readonly onFrame: (frame: WatchedFrame) => void;
  readonly onSize: (size: Size) => void;
}

type Gesture =
  | { readonly kind: 'point'; readonly ref: PointRef; readonly tag: string }
  | { readonly kind: 'measure'; readonly point: number }
  | { readonly kind: 'shape'; readonly ref: ShapeRef; readonly tag: string; last: Point; moved: boolean }
  | { readonly kind: 'pan'; x: number; y: number }
  | { readonly kind: 'place'; readonly from: Point; readonly x: number; readonly y: number };

/** A pointer that moved less has clicked. */
const CLICK_PX_MAX = 5;
const DEFAULT_SIZE: Size = { width: 1280, height: 720 };
let gestures = 0;

/** The live picture with everything that is drawn on it, and all ways to change that. */
export function Stage(props: Props) {
  const { camera, draft, tool, pending, selected, faults, mode, ground, measure, frozen, boxes, actions } = props;
  const host = useRef<HTMLDivElement>(null);
  const svg = useRef<SVGSVGElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<StagePainter | undefined>(undefined);
  const [stage, setStage] = useState<Size>({ width: 0, height: 0 });
  const [picture, setPicture] = useState<Size>();
  const [view, setView] = useState<ViewBox>(WHOLE);
  const [hover, setHover] = useState<Point>();
  const [cross, setCross] = useState<Point>();
  const gesture = useRef<Gesture | undefined>(undefined);
  const pointers = useRef(new Map<number, readonly [number, number]>());
  const latest = useRef(props);
  latest.current = props;
  const live = useLive();
  const shapes = viewOf(draft);
  const size = picture ?? DEFAULT_SIZE;

  useEffect(() => {
    if (canvas.current === null) return;
    const made = new StagePainter(canvas.current, (next) => {
      setPicture((old) => (old?.width === next.width && old.height === next.height ? old : next));
    });
    painter.current = made;
    const stop = live.frames.follow(camera, (frame) => {
      latest.current.onFrame(frame);
      if (!latest.current.frozen || !shownOnce) {
        shownOnce = true;
        made.show({ seq: frame.head.seq, picture: frame.picture, detections: frame.head.detections });
      }
    });
    let shownOnce = false;
    // A camera that is away left its last picture; one that is there sends its own in a moment.
    const leave = new AbortController();
    const summary = live.cameras.camera(camera).get();
    if (summary?.connected === false && summary.lastFrameAt !== null)
      void live.api.picture(`v1/cameras/${camera}/frame`, leave.signal).then((answer) => {
        if (answer.kind === 'ok' && !shownOnce) made.show({ seq: 0, picture: answer.value, detections: [] });
      });
    return () => {
      leave.abort();
      stop();
      made.close();
      painter.current = undefined;
    };
  }, [live, camera]);

  useLayoutEffect(() => {
    const element = host.current;
    if (element === null) return;
    const watching = new ResizeObserver(() => {
      const next = { width: element.clientWidth, height: element.clientHeight };
      setStage(next);
      setView((old) => within(old, next));
    });
    watching.observe(element);
    return () => watching.disconnect();
  }, []);

  useEffect(() => painter.current?.look(stage, view, boxes), [stage, view, boxes, picture]);
  useEffect(() => {
    if (picture !== undefined) latest.current.onSize(picture);
  }, [picture]);

  const zoom = useCallback(
    (factor: number, x = stage.width / 2, y = stage.height / 2) => setView((old) => zoomed(old, factor, x, y, stage)),
    [stage],
  );

  // The browser's own listeners may not stop the page from scrolling.
  useEffect(() => {
    const element = svg.current;
    if (element === null) return;
    const turn = (event: WheelEvent): void => {
      const out = event.deltaY > 0;
      if (out && view.scale === 1) return;
      event.preventDefault();
      const box = element.getBoundingClientRect();
      zoom(out ? 1 / 1.2 : 1.2, event.clientX - box.left, event.clientY - box.top);
    };
    element.addEventListener('wheel', turn, { passive: false });
    return () => element.removeEventListener('wheel', turn);
  }, [zoom, view.scale]);

  const where = (event: PointerEvent): readonly [number, number] => {
    const box = svg.current?.getBoundingClientRect();
    return [event.clientX - (box?.left ?? 0), event.clientY - (box?.top ?? 0)];
  };
  const shareAt = (x: number, y: number): Point => {
    const [sx, sy] = toShare(x, y, view, stage);
    return [Math.max(0, Math.min(1, sx)), Math.max(0, Math.min(1, sy))];
  };
  /** Where a moved point goes: onto the edges, and onto other shapes' points. */
  const snap = (p: Point, except?: PointRef): Point => snapped(p, otherPoints(draft, except), view, stage);

  const down = (event: PointerEvent): void => {
    const [x, y] = where(event);
    pointers.current.set(event.pointerId, [x, y]);
    svg.current?.setPointerCapture(event.pointerId);
    if (pointers.current.size === 2) {
      gesture.current = undefined;
      return;
    }
    const at = shareAt(x, y);
    const target = event.target as Element;
    const panning = event.button === 1 || event.button === 2;
    if (panning) {
      gesture.current = { kind: 'pan', x, y };
      return;
    }
    const measured = target.closest('[data-measure]')?.getAttribute('data-measure');
    if (measured) {
      gesture.current = { kind: 'measure', point: Number(measured) };
      return;
    }
    const point = readPoint(target);
    const tag = `drag ${++gestures}`;
    if (point !== undefined && tool !== 'zone' && tool !== 'line') {
      focus(target.closest('[data-point]'));
      gesture.current = { kind: 'point', ref: point, tag };
      return;
    }
    if (tool !== 'select') {
      gesture.current = { kind: 'place', from: at, x, y };
      return;
    }
    const middle = target.closest('[data-middle]')?.getAttribute('data-middle')?.split(':');
    if (middle !== undefined) {
      const [zone = 0, behind = 0] = middle.map(Number);
      actions.insertCorner(zone, behind, at);
      gesture.current = { kind: 'point', ref: { kind: 'zone', index: zone, point: behind + 1 }, tag };
      return;
    }
    const shape = mode === 'shapes' ? readShape(target) : undefined;
    if (shape !== undefined) {
      actions.select(shape);
      focus(target.closest('[data-shape]'));
      gesture.current = { kind: 'shape', ref: shape, tag, last: at, moved: false };
      return;
    }
    actions.select(undefined);
    if (view.scale > 1) gesture.current = { kind: 'pan', x, y };
  };

  const move = (event: PointerEvent): void => {
    const [x, y] = where(event);
    const before = pointers.current.get(event.pointerId);
    if (pointers.current.size === 2 && before !== undefined) {
      const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1] ?? before;
      const reach = (p: readonly [number, number]) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
      setView((old) => {
        const grown = zoomed(old, reach([x, y]) / reach(before), (x + other[0]) / 2, (y + other[1]) / 2, stage);
        return panned(grown, (x - before[0]) / 2, (y - before[1]) / 2, stage);
      });
      pointers.current.set(event.pointerId, [x, y]);
      return;
    }
    if (before !== undefined) pointers.current.set(event.pointerId, [x, y]);
    const at = shareAt(x, y);
    setHover(at);
    const now = gesture.current;
    if (now === undefined) return;
    switch (now.kind) {
      case 'point':
        actions.movePoint(now.ref, snap(at, now.ref), now.tag);
        break;
      case 'measure':
        actions.moveMeasure(now.point, at);
        break;
      case 'shape': {
        const [dx, dy] = [at[0] - now.last[0], at[1] - now.last[1]];
        const far = Math.hypot(dx * stage.width, dy * stage.height) * view.scale;
        if (!now.moved && far < CLICK_PX_MAX) break;
        now.moved = true;
        now.last = at;
        actions.moveShape(now.ref, dx, dy, now.tag);
        break;
      }
      case 'pan':
        setView((old) => panned(old, x - now.x, y - now.y, stage));
        now.x = x;
        now.y = y;
        break;
      case 'place':
        break;
    }
  };

  const up = (event: PointerEvent): void => {
    const [x, y] = where(event);
    pointers.current.delete(event.pointerId);
    const now = gesture.current;
    gesture.current = undefined;
    if (now?.kind !== 'place') return;
    const dragged = Math.hypot(x - now.x, y - now.y) > CLICK_PX_MAX;
    // A click on the first corner closes the polygon.
    const first = pending[0];
    if (tool === 'zone' && first !== undefined && pending.length >= 3) {
      const [fx, fy] = toScreen(first, view, stage);
      if (Math.hypot(x - fx, y - fy) < 10) {
        actions.finish();
        return;
      }
    }
    const twoPoints = tool === 'line' || tool === 'heading' || tool === 'measure';
    if (dragged && twoPoints && pending.length === 0) actions.place(snap(now.from));
    actions.place(snap(dragged ? shareAt(x, y) : now.from));
  };

  const keyDown = (event: KeyboardEvent): void => {
    const target = event.target as Element;
    const step = event.shiftKey ? 10 : 1;
    const [dx, dy] = ARROWS[event.key] ?? [0, 0];
    const isArrow = event.key in ARROWS;
    const used = (): void => {
      event.preventDefault();
      event.stopPropagation();
    };
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'z') {
      used();
      if (event.shiftKey) actions.redo();
      else actions.undo();
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'y') {
      used();
      actions.redo();
      return;
    }
    if (event.key === '+' || event.key === '=' || event.key === '-' || event.key === '0') {
      used();
      if (event.key === '0') setView(WHOLE);
      else zoom(event.key === '-' ? 1 / 1.3 : 1.3);
      return;
    }
    if (event.key === 'Escape') {
      used();
      actions.cancel();
      return;
    }
    const point = readPoint(target);
    const shape = readShape(target);
    if (point !== undefined) {
      if (isArrow) {
        used();
        // From where it is by then: keys may come faster than the picture is drawn.
        actions.nudgePoint(
          point,
          (dx * step) / size.width,
          (dy * step) / size.height,
          `nudge ${JSON.stringify(point)}`,
        );
      } else if (event.key === 'Delete' || event.key === 'Backspace') {
        used();
        actions.removePoint(point);
      }
      return;
    }
    const middle = target.closest('[data-middle]');
    if (middle !== null && (event.key === 'Enter' || event.key === ' ')) {
      used();
      const [zone = 0, behind = 0] = (middle.getAttribute('data-middle') ?? '').split(':').map(Number);
      const polygon = shapes.zones[zone]?.polygon ?? [];
      const [a, b] = [polygon[behind] ?? [0, 0], polygon[(behind + 1) % polygon.length] ?? [0, 0]];
      actions.insertCorner(zone, behind, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
      return;
    }
    if (shape !== undefined && tool === 'select') {
      if (isArrow) {
        used();
        actions.moveShape(shape, (dx * step) / size.width, (dy * step) / size.height, `nudge ${JSON.stringify(shape)}`);
      } else if (event.key === 'Delete' || event.key === 'Backspace') {
        used();
        actions.removeShape(shape);
      }
      return;
    }
    if (tool === 'select') {
      if (isArrow && view.scale > 1) {
        used();
        setView((old) => panned(old, -dx * step * 20, -dy * step * 20, stage));
      }
      return;
    }
    const at: Point = cross ?? [0.5, 0.5];
    if (isArrow) {
      used();
      const next: Point = [
        clamp01(at[0] + (dx * step * 4) / size.width),
        clamp01(at[1] + (dy * step * 4) / size.height),
      ];
      setCross(next);
      setHover(next);
    } else if (event.key === ' ') {
      used();
      setCross(at);
      actions.place(at);
    } else if (event.key === 'Enter') {
      used();
      if (tool === 'zone' && pending.length >= 3) actions.finish();
      else {
        setCross(at);
        actions.place(at);
      }
    }
  };

  const next = hover ?? pending.at(-1);
  const faulty = tool === 'zone' && pending.length > 2 ? polygonFault([...pending]) : undefined;
  return (
    <div class="stage-frame">
      <div
        ref={host}
        class={`stage is-${tool}`}
        style={{ aspectRatio: `${size.width} / ${size.height}` }}
        data-scale={view.scale.toFixed(2)}
      >
        <canvas ref={canvas} class="stage-canvas" role="img" aria-label={`Live picture of ${camera}`} />
        {picture === undefined && <p class="picture-note">Waiting for a picture; lines can be drawn without one</p>}
        <svg
          ref={svg}
          class={view.scale > 1 || tool !== 'select' ? 'stage-svg is-held' : 'stage-svg'}
          width={stage.width}
          height={stage.height}
          tabindex={0}
          role="application"
          aria-label={
            tool === 'select'
              ? `Picture of ${camera} with its lines and zones: Tab goes through them, + and - zoom`
              : `Picture of ${camera}: arrow keys move the cross, Space places a point, Enter ends, Escape gives up`
          }
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={up}
          onPointerCancel={(event) => {
            pointers.current.delete(event.pointerId);
            gesture.current = undefined;
          }}
          onPointerLeave={() => gesture.current === undefined && setHover(undefined)}
          onDblClick={() => tool === 'zone' && actions.finish()}
          onContextMenu={(event) => event.preventDefault()}
          onKeyDown={keyDown}
          onBlur={() => setCross(undefined)}
        >
          {stage.width > 0 && (
            <>
              <StageGround
                draft={draft}
                shapes={shapes}
                ground={ground}
                measure={measure}
                active={mode === 'ground'}
                view={view}
                stage={stage}
                news={props.news}
              />
              <StageShapes
                shapes={shapes}
                selected={mode === 'shapes' ? selected : undefined}
                editable={mode === 'shapes' && tool === 'select'}
                dimmed={mode === 'ground'}
                faults={faults}
                news={props.news}
                view={view}
                stage={stage}
              />
              <PendingShape
                tool={tool}
                points={pending}
                next={next}
                faulty={faulty !== undefined}
                view={view}
                stage={stage}
              />
              {cross !== undefined && tool !== 'select' && (
                <CrossHair at={toScreen(cross, view, stage)} stage={stage} />
              )}
            </>
          )}
        </svg>
        {frozen && <p class="picture-badge">Frozen; counting goes on</p>}
      </div>
      <StageStatus
        hint={hintOf(tool, pending.length, faulty)}
        at={hover}
        size={size}
        scale={view.scale}
        zoom={zoom}
        whole={() => setView(WHOLE)}
      />
    </div>
  );
}

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const clamp01 = (v: number): number => Math.max(0, Math.min(1, v));
const focus = (element: Element | null): void => (element as SVGElement | null)?.focus({ preventScroll: true });
