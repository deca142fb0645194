/** Tiles come in rows while the page is scrolled: filling a whole screen of them at once would hold up the scrolling. */
const PER_FRAME = 3;

const waiting = new Set<() => void>();
let isAsked = false;

/** Calls `fill` with one of the next frames of the screen, a few in each. @returns what takes it back */
export function settle(fill: () => void): () => void {
  waiting.add(fill);
  askForFrame();
  return () => {
    waiting.delete(fill);
  };
}

function askForFrame(): void {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(fillSome);
}

function fillSome(): void {
  isAsked = false;
  for (const fill of [...waiting].slice(0, PER_FRAME)) {
    waiting.delete(fill);
    fill();
  }
  if (waiting.size > 0) askForFrame();
}
