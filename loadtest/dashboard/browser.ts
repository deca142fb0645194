import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { READ_PAINTS, scrollThrough, WATCH_PAGE } from './in-page.ts';

export interface Opened {
  /** First contentful paint and the first picture on a canvas, ms since the navigation began. */
  readonly paintMs: number;
  readonly pictureMs: number | null;
}

export interface Scrolled {
  /** Between frames of the screen, ms. */
  readonly intervals: readonly number[];
  readonly tilesMax: number;
  readonly camerasSeen: number;
  readonly scrolledMs: number;
  /** Tasks over 50 ms, as the browser reports them, ms. */
  readonly longTasks: readonly number[];
  /** What the main thread did, ms of each second. */
  readonly spent: Spent;
}

export interface Spent {
  readonly taskMsPerS: number;
  readonly scriptMsPerS: number;
  readonly styleMsPerS: number;
  readonly layoutMsPerS: number;
}

export interface Rested {
  /** Of the main thread, ms of each second: all tasks, and scripts alone. */
  readonly taskMsPerS: number;
  readonly scriptMsPerS: number;
  readonly longTasks: readonly number[];
  readonly heapBytes: number;
  readonly domNodes: number;
}

const PICTURE_MS_MAX = 15_000;
const VIEW = { width: 1_280, height: 900 } as const;

/** Opens `url` in a context of its own, with nothing cached. */
export async function openPage(
  browser: Browser,
  url: string,
): Promise<{ readonly page: Page; readonly opened: Opened }> {
  const context = await browser.newContext({ viewport: VIEW });
  const page = await context.newPage();
  await page.addInitScript(WATCH_PAGE);
  await page.goto(url);
  const untilMs = performance.now() + PICTURE_MS_MAX;
  for (;;) {
    const paints = await page.evaluate<{ paintMs: number | null; pictureMs: number | null }>(READ_PAINTS);
    const { paintMs, pictureMs } = paints;
    const late = performance.now() > untilMs;
    if (paintMs !== null && (pictureMs !== null || late || !url.includes('#/cameras'))) {
      return { page, opened: { paintMs, pictureMs } };
    }
    if (late) throw new Error(`${url}: nothing was painted in ${PICTURE_MS_MAX} ms`);
    await sleep(50);
  }
}

type Metrics = Readonly<Record<string, number>>;

/** Does `act`, and tells what the main thread did meanwhile. */
async function spending<T>(
  page: Page,
  act: () => Promise<T>,
): Promise<{ readonly acted: T; readonly spent: Spent; readonly after: Metrics }> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const read = async (): Promise<Metrics> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  const before = await read();
  const acted = await act();
  const after = await read();
  await session.detach();
  const grown = (name: string): number => (after[name] ?? 0) - (before[name] ?? 0);
  const perS = (name: string): number => (grown(name) * 1_000) / grown('Timestamp');
  const spent = {
    taskMsPerS: perS('TaskDuration'),
    scriptMsPerS: perS('ScriptDuration'),
    styleMsPerS: perS('RecalcStyleDuration'),
    layoutMsPerS: perS('LayoutDuration'),
  };
  return { acted, spent, after };
}

/** Looks at the wall, which nobody touches, for `seconds`. */
export async function rest(page: Page, seconds: number): Promise<Rested> {
  await page.evaluate('window.longTasks.length = 0');
  const { spent, after } = await spending(page, () => sleep(seconds * 1_000));
  const longTasks = await page.evaluate<number[]>('window.longTasks.map(({ ms }) => ms)');
  const { taskMsPerS, scriptMsPerS } = spent;
  return { taskMsPerS, scriptMsPerS, longTasks, heapBytes: after.JSHeapUsedSize ?? 0, domNodes: after.Nodes ?? 0 };
}

export async function scroll(page: Page, seconds: number): Promise<Scrolled> {
  const { acted, spent } = await spending(page, () => page.evaluate<Omit<Scrolled, 'spent'>>(scrollThrough(seconds)));
  return { ...acted, spent };
}

/** How many cameras the page says it has. */
export async function listed(page: Page): Promise<number> {
  const label = await page.locator('.wall').getAttribute('aria-label');
  return Number.parseInt((label ?? '').replaceAll(',', ''), 10) || 0;
}
