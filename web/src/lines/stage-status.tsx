import type { Point } from '../../../config/camera-settings/schema.ts';
import type { Size } from '../picture/fit.ts';
import type { Tool } from './stage.tsx';

interface Props {
  readonly hint: string;
  /** Where the pointer or the cross is, shares; undefined while it is elsewhere. */
  readonly at: Point | undefined;
  /** Of the picture, px. */
  readonly size: Size;
  readonly scale: number;
  readonly zoom: (factor: number) => void;
  readonly whole: () => void;
}

/** The line below the picture: what a click does, where the pointer is, how far it is zoomed. */
export function StageStatus({ hint, at, size, scale, zoom, whole }: Props) {
  return (
    <div class="stage-status" data-stage-status>
      <span class="stage-hint">{hint}</span>
      <span class="stage-where">
        {at === undefined
          ? `${size.width} × ${size.height} px`
          : `x ${at[0].toFixed(4)}, y ${at[1].toFixed(4)} · pixel ${Math.round(at[0] * size.width)}, ${Math.round(at[1] * size.height)}`}
        {scale > 1 && ` · ${scale.toFixed(1)}×`}
      </span>
      <fieldset class="stage-zoom" aria-label="Zoom">
        <button type="button" class="icon-button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => zoom(1.5)}>
          +
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label="Zoom out"
          title="Zoom out (-)"
          disabled={scale === 1}
          onClick={() => zoom(1 / 1.5)}
        >
          −
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label="Whole picture"
          title="Whole picture (0)"
          disabled={scale === 1}
          onClick={whole}
        >
          ⤢
        </button>
      </fieldset>
    </div>
  );
}

/** @param faulty what is wrong with the polygon at hand */
export function hintOf(tool: Tool, placed: number, faulty: string | undefined): string {
  switch (tool) {
    case 'select':
      return 'Drag points or whole shapes; Tab and arrow keys do it exactly, Shift in larger steps.';
    case 'line':
      return placed === 0
        ? 'Click where the line begins, or drag it.'
        : 'Click where it ends. Forward is to its right.';
    case 'zone':
      if (faulty !== undefined) return `No polygon yet: ${faulty}.`;
      return placed < 3
        ? 'Click the corners one after the other.'
        : 'Double-click, Enter or the first corner closes it.';
    case 'heading':
      return placed === 0 ? 'Click anywhere on the way traffic goes ...' : '... and farther along the way.';
    case 'ground':
      return 'Click a place of the road whose distance to the others you know.';
    case 'measure':
      return placed === 0 ? 'Click one end of a distance you know ...' : '... and the other end.';
  }
}
