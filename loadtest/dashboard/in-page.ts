/** What runs inside the page, as text: programs are typed for Node, which has no DOM. */

/** Before anything else of the page: notes long tasks, and when the first picture was drawn. */
export const WATCH_PAGE = `
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.longTasks.push({ atMs: entry.startTime, ms: entry.duration });
  }).observe({ type: 'longtask', buffered: true });
  window.firstPictureMs = undefined;
  new MutationObserver((_, observer) => {
    window.firstPictureMs = performance.now();
    observer.disconnect();
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-seq'] });
`;

/** First contentful paint, and the first picture, ms since the navigation began; null before. */
export const READ_PAINTS = `({
  paintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null,
  pictureMs: window.firstPictureMs ?? null,
})`;

/**
 * Scrolls from top to bottom in \`seconds\`, a step each frame of the screen, and back in a few leaps.
 * Gives: intervals between frames, tiles in the document at most, cameras seen.
 */
export const scrollThrough = (seconds: number): string => `(async () => {
  const intervals = [];
  const seen = new Set();
  let tilesMax = 0;
  // Read once: reading it in each frame would make the browser lay the page out for us.
  const end = document.documentElement.scrollHeight - window.innerHeight;
  const startMs = performance.now();
  let lastMs = startMs;
  for (;;) {
    const nowMs = await new Promise(requestAnimationFrame);
    intervals.push(nowMs - lastMs);
    lastMs = nowMs;
    const share = Math.min(1, (nowMs - startMs) / ${seconds * 1_000});
    window.scrollTo(0, share * end);
    const tiles = document.querySelectorAll('.tile[data-camera]');
    tilesMax = Math.max(tilesMax, tiles.length);
    for (const tile of tiles) seen.add(tile.dataset.camera);
    if (share === 1) break;
  }
  const scrolledMs = performance.now() - startMs;
  for (const share of [0.7, 0.2, 0.9, 0.4, 0]) {
    window.scrollTo(0, share * end);
    await new Promise((done) => setTimeout(done, 400));
  }
  const endMs = performance.now();
  return {
    intervals: intervals.slice(1), tilesMax, camerasSeen: seen.size, scrolledMs,
    longTasks: window.longTasks.filter(({ atMs }) => atMs >= startMs && atMs <= endMs).map(({ ms }) => ms),
  };
})()`;
