// Takes the README's picture of a running node's live page; the size suits the four cameras of `npm start`.
//
//   node scripts/screenshot.mjs [http://127.0.0.1:8080/] [docs/images/live-wall.png] [--dark] [--width 1280] [--height 1090]
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dark: { type: 'boolean', default: false },
    width: { type: 'string', default: '1280' },
    height: { type: 'string', default: '1090' },
  },
});
const [url = 'http://127.0.0.1:8080/', file = 'docs/images/live-wall.png'] = positionals;

// Figures and sparklines need some seconds to mean something.
const SETTLE_MS = 12_000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
});
try {
  const page = await browser.newPage({
    viewport: { width: Number(values.width), height: Number(values.height) },
    deviceScaleFactor: 1,
    colorScheme: values.dark ? 'dark' : 'light',
  });
  await page.goto(url);
  await page.locator('.tile canvas[data-seq]').first().waitFor({ timeout: 30_000 });
  await page.waitForTimeout(SETTLE_MS);
  await mkdir(dirname(file), { recursive: true });
  await page.screenshot({ path: file });
  console.log(file);
} finally {
  await browser.close();
}
