/** Kept for the next tile: what a screen and a little more shows. */
const KEPT_MAX = 80;

const free: HTMLCanvasElement[] = [];

/** A canvas that shows nothing; one that was given back before, where there is one, with its memory. */
export function takeCanvas(): HTMLCanvasElement {
  const canvas = free.pop();
  if (canvas === undefined) return document.createElement('canvas');
  const context = canvas.getContext('2d', { alpha: false });
  context?.setTransform(1, 0, 0, 1, 0, 0);
  context?.clearRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

export function giveCanvas(canvas: HTMLCanvasElement): void {
  canvas.remove();
  delete canvas.dataset.seq;
  if (free.length < KEPT_MAX) free.push(canvas);
  else canvas.width = canvas.height = 0;
}
