import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Alert } from '../api/answers.gen.ts';
import type { CameraEntry } from '../live/camera-book.ts';
import { CameraTile } from './camera-tile.tsx';
import { useVirtualRows } from './use-virtual-rows.ts';
import { useWidth } from './use-width.ts';
import type { TileSize } from './wall-filter.ts';
import { GAP_PX, tileAfterKey, wallGrid } from './wall-grid.ts';

interface Props {
  readonly entries: readonly CameraEntry[];
  readonly alerts: ReadonlyMap<string, readonly Alert[]>;
  readonly size: TileSize;
}

const NO_ALERTS: readonly Alert[] = [];

/**
 * Tiles in rows, of which only those near the screen are in the document: a thousand cameras cost what a screenful does.
 * The tile with the focus stays wherever the page is scrolled to; arrows, Home and End go from tile to tile.
 */
export function VirtualWall({ entries, alerts, size }: Props) {
  const list = useRef<HTMLUListElement>(null);
  const widthPx = useWidth(list);
  const [focused, setFocused] = useState<string>();
  const { columns, tileWidth, tileHeight, rowHeight } = wallGrid(widthPx, entries.length, size);
  const focusedIndex = focused === undefined ? -1 : entries.findIndex(({ camera }) => camera === focused);
  const { rows, totalPx, scrollToRow } = useVirtualRows({
    count: Math.ceil(entries.length / columns),
    rowHeight: widthPx === 0 ? 0 : rowHeight,
    list,
    kept: focusedIndex < 0 ? undefined : Math.floor(focusedIndex / columns),
  });

  // The tile may only come to be with the next render.
  const wanted = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    const link = list.current?.querySelector<HTMLElement>(`[data-camera="${wanted.current}"] a`);
    if (link == null) return;
    wanted.current = undefined;
    link.focus({ preventScroll: true });
  });

  const onKeyDown = (event: KeyboardEvent): void => {
    if (focusedIndex < 0 || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const target = tileAfterKey(event.key, focusedIndex, columns, entries.length);
    const camera = target === undefined ? undefined : entries[target]?.camera;
    if (target === undefined || camera === undefined) return;
    event.preventDefault();
    wanted.current = camera;
    setFocused(camera);
    scrollToRow(Math.floor(target / columns));
  };
  const onFocusIn = useCallback((event: FocusEvent) => {
    const tile = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-camera]') : null;
    setFocused(tile?.dataset.camera);
  }, []);

  return (
    <ul
      ref={list}
      class="wall"
      style={{ height: `${Math.max(0, totalPx - GAP_PX)}px` }}
      onKeyDown={onKeyDown}
      onFocusIn={onFocusIn}
      onFocusOut={() => wanted.current === undefined && setFocused(undefined)}
      aria-label={`${entries.length} cameras`}
    >
      {rows.flatMap(({ index: row, start }) =>
        entries
          .slice(row * columns, (row + 1) * columns)
          .map((entry, column) => (
            <CameraTile
              key={entry.camera}
              entry={entry}
              alerts={alerts.get(entry.camera) ?? NO_ALERTS}
              x={column * (tileWidth + GAP_PX)}
              y={start}
              width={tileWidth}
              height={tileHeight}
              position={row * columns + column + 1}
              of={entries.length}
            />
          )),
      )}
    </ul>
  );
}
