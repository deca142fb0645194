import type { TileSize } from './wall-filter.ts';

/** Where tiles stand; all in CSS pixels. */
export interface WallGrid {
  readonly columns: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  /** Tile and the gap below it. */
  readonly rowHeight: number;
}

export const GAP_PX = 16;
/** Name, what was found and the ledger, below the picture: as `wall.css` gives them. */
const TEXT_PX = 101;
const WIDTH_MIN: Readonly<Record<TileSize, number>> = { small: 220, medium: 320, large: 500 };

/** As many columns as fit; a few cameras get the room they leave, and four make a square, never three and one. */
export function wallGrid(widthPx: number, tiles: number, size: TileSize): WallGrid {
  const fitting = (min: number): number => Math.max(1, Math.floor((widthPx + GAP_PX) / (min + GAP_PX)));
  let columns = fitting(WIDTH_MIN[size]);
  if (size === 'medium') {
    if (tiles <= 2) columns = Math.min(2, fitting(560));
    else if (tiles === 4) columns = widthPx >= 1_400 ? 4 : widthPx >= 660 ? 2 : 1;
    else if (tiles <= 6) columns = fitting(430);
  }
  const tileWidth = Math.floor((widthPx - GAP_PX * (columns - 1)) / columns);
  const tileHeight = Math.round((tileWidth * 9) / 16) + TEXT_PX;
  return { columns, tileWidth, tileHeight, rowHeight: tileHeight + GAP_PX };
}

/** The tile a key leads to from `index`, of `count`; `undefined` where the key leads nowhere. */
export function tileAfterKey(key: string, index: number, columns: number, count: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
    Home: -index,
    End: count - 1 - index,
  };
  const step = steps[key];
  if (step === undefined) return undefined;
  const target = index + step;
  return target < 0 || target >= count ? undefined : target;
}
