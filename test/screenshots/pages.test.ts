import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CameraPage } from '../../web/src/api/answers.gen.ts';
import { api, Dashboard } from '../e2e/dashboard.ts';
import { freePort, type RunningNode, startNode } from '../e2e/node-process.ts';
import { seedInsights } from '../e2e/seed-insights.ts';
import { TestCamera } from '../support/camera.ts';
import { SHORT_LEASES, TestCluster } from '../support/cluster-nodes.ts';
import { jpeg } from '../support/pictures.ts';
import { RedisServer } from '../support/redis-server.ts';

/**
 * Takes the documents' pictures of every page, of real nodes: `npm run screenshots`. The demo's cameras are live; hours of
 * history and alerts are put in beforehand, so that charts show what they are for.
 */

const DIR = 'docs/images';
/** Charts of the live feed need some of it. */
const SETTLE_MS = Number(process.env.SETTLE_MS ?? 75_000);
/** `ONLY='lines|settings'` takes these alone. */
const ONLY = new RegExp(process.env.ONLY ?? '');
const HOURS = 12;
const LIGHT: BrowserContextOptions = { viewport: { width: 1280, height: 860 }, colorScheme: 'light' };
const DARK: BrowserContextOptions = { ...LIGHT, colorScheme: 'dark' };
const PHONE: BrowserContextOptions = { ...LIGHT, viewport: { width: 390, height: 844 } };

let dashboard: Dashboard;
let dataDir: string;
let node: RunningNode;

beforeAll(async () => {
  await mkdir(DIR, { recursive: true });
  dataDir = await mkdtemp(join(tmpdir(), 'camshard-screenshots-'));
  await seedInsights(dataDir, HOURS, Date.now(), 60);
  dashboard = await Dashboard.launch();
  node = await startNode({ port: await freePort(), dataDir, demoCameras: 4 });
}, 120_000);

afterAll(async () => {
  await dashboard?.close();
  await node?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function shoot(page: Page, name: string): Promise<void> {
  const png = await page.screenshot();
  await sharp(png)
    .png({ palette: true, quality: 92, effort: 10 })
    .toFile(join(DIR, `${name}.png`));
}

it('of one node', async () => {
  const { page: overview } = await dashboard.open(`${node.url}/`, LIGHT);
  const { page: phone } = await dashboard.open(`${node.url}/`, PHONE);
  const { page: devices } = await dashboard.open(`${node.url}/#/devices`, LIGHT);
  if (ONLY.test('overview devices')) {
    await overview.waitForTimeout(SETTLE_MS);
    await shoot(overview, 'overview');
    await shoot(phone, 'overview-phone');
    await shoot(devices, 'devices');
  }
  await dashboard.closePages();

  const { cameras } = await api<CameraPage>(node, '/v1/cameras');
  const demo = cameras.find(({ connected }) => connected)?.camera;
  expect(demo).toBeDefined();
  const pages: readonly (readonly [name: string, hash: string, options: BrowserContextOptions, waitFor: string])[] = [
    ['cameras', '#/cameras', LIGHT, '.tile canvas[data-seq]'],
    ['cameras-dark', '#/cameras', DARK, '.tile canvas[data-seq]'],
    ['camera', `#/camera/${demo}`, LIGHT, 'canvas[data-seq]'],
    ['lines', `#/camera/${demo}/lines`, LIGHT, 'canvas'],
    ['settings', `#/camera/${demo}/settings`, LIGHT, 'main input'],
    ['counts', '#/camera/north-1/counts', LIGHT, '.chart canvas'],
    ['alerts', '#/alerts', DARK, '[data-alert]'],
    ['history', '#/history?camera=north-1&range=-24h', LIGHT, '.chart canvas'],
    ['waste', '#/waste?range=-24h', LIGHT, '.chart canvas'],
    ['connect', '#/connect', LIGHT, '.drop'],
  ];
  for (const [name, hash, options, waitFor] of pages) {
    if (!ONLY.test(name)) continue;
    const { page } = await dashboard.open(`${node.url}/${hash}`, options);
    await page.locator(waitFor).first().waitFor();
    if (name === 'alerts') await page.locator('[data-alert]').first().click();
    await page.waitForTimeout(name === 'lines' || name === 'camera' ? 12_000 : 4_000);
    await shoot(page, name);
    await dashboard.closePages();
  }
}, 300_000);

it.runIf(ONLY.test('cluster'))(
  'of a cluster',
  async () => {
    const redis = await RedisServer.start();
    const cluster = new TestCluster({
      redis,
      name: 'north',
      settings: { cluster: { ...SHORT_LEASES, shardCount: 256, virtualNodes: 160 } },
    });
    const cameras: TestCamera[] = [];
    let sending: NodeJS.Timeout | undefined;
    try {
      const [a] = await cluster.form('node-1', 'node-2', 'node-3');
      if (a === undefined) throw new Error('no node');
      for (let i = 1; i <= 24; i++) cameras.push(await TestCamera.welcomed(a, `gate-${i}`));
      const picture = await jpeg();
      sending = setInterval(() => {
        for (const camera of cameras) camera.send(picture);
      }, 250);
      const { page } = await dashboard.open(`${a.url}/#/cluster`, LIGHT);
      await page.locator('[data-map]').waitFor();
      await page.waitForTimeout(10_000);
      await shoot(page, 'cluster');
    } finally {
      clearInterval(sending);
      await Promise.all(cameras.map((camera) => camera.close()));
      await cluster.remove();
      await redis.close();
    }
  },
  120_000,
);
