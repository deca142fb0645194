export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rect extends Size {
  readonly x: number;
  readonly y: number;
}

/** The largest rectangle of `inner`'s shape inside `outer`, centred. */
export function containRect(inner: Size, outer: Size): Rect {
  const scale = Math.min(outer.width / inner.width, outer.height / inner.height);
  const width = inner.width * scale;
  const height = inner.height * scale;
  return { x: (outer.width - width) / 2, y: (outer.height - height) / 2, width, height };
}

/** `source` shrunk to fit in `limit`, shape kept, whole and even pixels; never enlarged. */
export function shrinkToFit(source: Size, limit: Size): Size {
  const scale = Math.min(1, limit.width / source.width, limit.height / source.height);
  const even = (n: number) => Math.max(16, 2 * Math.round((n * scale) / 2));
  return { width: even(source.width), height: even(source.height) };
}
