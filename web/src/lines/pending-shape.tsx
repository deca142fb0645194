import type { Point } from '../../../config/camera-settings/schema.ts';
import type { Size } from '../picture/fit.ts';
import type { Tool } from './stage.tsx';
import { toScreen, type ViewBox } from './view-box.ts';

interface Props {
  readonly tool: Tool;
  readonly points: readonly Point[];
  /** Where the next one would be. */
  readonly next: Point | undefined;
  readonly faulty: boolean;
  readonly view: ViewBox;
  readonly stage: Size;
}

/** What is being drawn. */
export function PendingShape({ tool, points, next, faulty, view, stage }: Props) {
  if (points.length === 0 || tool === 'select') return null;
  const placed = points.map((p) => toScreen(p, view, stage));
  const all = next === undefined ? placed : [...placed, toScreen(next, view, stage)];
  const path = all.map(([x, y]) => `${x},${y}`).join(' ');
  return (
    <g class={faulty ? 'pending is-faulty' : 'pending'}>
      {tool === 'zone' ? <polygon points={path} /> : <polyline points={path} />}
      {placed.map(([x, y], i) => (
        <circle key={i} cx={x} cy={y} r={i === 0 && tool === 'zone' ? 7 : 5} />
      ))}
    </g>
  );
}

/** Where a point would be placed by key. */
export function CrossHair({ at: [x, y], stage }: { readonly at: Point; readonly stage: Size }) {
  return (
    <g class="cross">
      <path d={`M0 ${y}H${stage.width}M${x} 0V${stage.height}`} />
      <circle cx={x} cy={y} r={7} />
    </g>
  );
}
