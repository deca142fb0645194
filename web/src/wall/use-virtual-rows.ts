import {
  defaultRangeExtractor,
  observeWindowOffset,
  observeWindowRect,
  type VirtualItem,
  Virtualizer,
  windowScroll,
} from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Rows {
  readonly count: number;
  /** CSS pixels; 0 while it is not known. */
  readonly rowHeight: number;
  /** What the rows are in; the page itself scrolls. */
  readonly list: RefObject<HTMLElement | null>;
  /** A row that must stay, wherever the page is scrolled to: the one with the focus. */
  readonly kept: number | undefined;
}

export interface VirtualRows {
  /** Those on the screen or nearly, from the top; `start` is from the top of the list. */
  readonly rows: readonly { readonly index: number; readonly start: number }[];
  readonly totalPx: number;
  readonly scrollToRow: (index: number) => void;
}

/** Rows above and below the screen that are there already when they are scrolled to. */
const OVERSCAN_ROWS = 2;

/** Rows of one height of which only those near the screen exist. */
export function useVirtualRows({ count, rowHeight, list, kept }: Rows): VirtualRows {
  const [, setTick] = useState(0);
  const [marginPx, setMarginPx] = useState(0);
  const made = useRef<Virtualizer<Window, Element> | undefined>(undefined);
  const options = {
    count: rowHeight === 0 ? 0 : count,
    getScrollElement: () => window,
    estimateSize: () => rowHeight,
    scrollToFn: windowScroll,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    initialRect: { width: window.innerWidth, height: window.innerHeight },
    initialOffset: () => window.scrollY,
    overscan: OVERSCAN_ROWS,
    scrollMargin: marginPx,
    // Focus may be far off the screen: its row must not vanish under it.
    rangeExtractor: (range: Parameters<typeof defaultRangeExtractor>[0]) => {
      const indexes = defaultRangeExtractor(range);
      if (kept === undefined || kept >= count || indexes.includes(kept)) return indexes;
      return [...indexes, kept].sort((a, b) => a - b);
    },
    onChange: () => setTick((tick) => tick + 1),
  };
  made.current ??= new Virtualizer<Window, Element>(options);
  const virtualizer = made.current;
  virtualizer.setOptions(options);

  useLayoutEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  // Sizes are cached by row: another height makes them all wrong.
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, rowHeight]);

  useEffect(() => {
    const measure = (): void => {
      const top = list.current === null ? 0 : list.current.getBoundingClientRect().top + window.scrollY;
      setMarginPx(Math.round(top));
    };
    measure();
    // What stands above the wall grows and shrinks: banners, tools that wrap.
    const resizing = new ResizeObserver(measure);
    resizing.observe(document.body);
    return () => resizing.disconnect();
  }, [list]);

  return {
    rows: virtualizer.getVirtualItems().map(({ index, start }: VirtualItem) => ({ index, start: start - marginPx })),
    totalPx: Math.max(0, count * rowHeight),
    scrollToRow: (index) => virtualizer.scrollToIndex(index, { align: 'auto' }),
  };
}
