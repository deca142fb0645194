import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { launchChromium } from './chromium.ts';
import { consoleErrors } from './page-probe.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core');

/** Waits until `read` gives something; vitest's own time limit ends it otherwise. */
export async function until<T>(read: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    await new Promise((done) => setTimeout(done, 100));
  }
}

export interface OpenPage {
  readonly page: Page;
  /** What the console said at level error, and what the page threw; grows. */
  readonly errors: readonly string[];
}

/** One Chromium of a test file, and the pages it has open. */
export class Dashboard {
  readonly #browser: Browser;
  readonly #pages: Page[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(): Promise<Dashboard> {
    return new Dashboard(await launchChromium());
  }

  /** Opens `url` (`http://127.0.0.1:PORT/#/alerts`) in a context of its own. */
  async open(url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
    const page = await this.#browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    this.#pages.push(page);
    // Under the test's own limit, so that a failure names the element it waited for.
    page.setDefaultTimeout(20_000);
    const errors = consoleErrors(page);
    await page.goto(url);
    return { page, errors };
  }

  /** After each test. */
  async closePages(): Promise<void> {
    await Promise.all(this.#pages.splice(0).map((page) => page.context().close()));
  }

  async close(): Promise<void> {
    await this.closePages();
    await this.#browser.close();
  }
}

/** The JSON of an answer of the API. */
export async function api<T>(node: { readonly url: string }, path: string): Promise<T> {
  const response = await fetch(`${node.url}${path}`);
  if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

interface AxeViolation {
  readonly id: string;
  readonly impact: string;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly unknown[]; readonly html: string }[];
}

/** Holds that axe-core finds nothing serious or critical on the page as it stands (WCAG 2.2 A and AA). */
export async function expectAccessible(page: Page): Promise<void> {
  // The page's own Content-Security-Policy forbids scripts of others; a test's is evaluated beside it.
  await page.evaluate(await axeSource());
  const found = await page.evaluate<AxeViolation[]>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] })
       .then(({ violations }) => violations.map(({ id, impact, help, nodes }) =>
         ({ id, impact, help, nodes: nodes.map(({ target, html }) => ({ target, html })) })))`,
  );
  const serious = found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.map(({ html }) => `    ${html}`).join('\n')}`);
  expect(serious).toEqual([]);
}

/** Holds that nothing is wider than the page: it is readable on a phone without scrolling sideways. */
export async function expectNoSideways(page: Page): Promise<void> {
  const [content, view] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  );
  expect(content).toBeLessThanOrEqual(view);
}

let source: Promise<string> | undefined;
const axeSource = (): Promise<string> => (source ??= readFile(AXE, 'utf8'));
