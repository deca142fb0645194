import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type {
  Alert,
  AlertPage,
  AuditPage,
  HistoryAlerts,
  HistoryComposition,
  HistoryCounts,
  HistorySpeeds,
} from '../../web/src/api/answers.gen.ts';
import { formatCount, formatShare } from '../../web/src/format/numbers.ts';
import { api, Dashboard, expectAccessible, expectNoSideways, until } from './dashboard.ts';
import { freePort, type RunningNode, startNode } from './node-process.ts';
import { seedInsights } from './seed-insights.ts';

/** Alerts, history, waste, a camera's counts: of one node with some hours behind it, and a camera that raises alerts. */

const HOURS = 2;
const SEEDED = 130;
const LIVE_CAMERA = 'gate-9';

let dashboard: Dashboard;
let dataDir: string;
let node: RunningNode;
let picture: Uint8Array<ArrayBuffer>;

const at = (hash: string): string => `${node.url}/${hash}`;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'camshard-insights-'));
  const noise = { type: 'gaussian', mean: 120, sigma: 30 } as const;
  const [, , made] = await Promise.all([
    seedInsights(dataDir, HOURS, Date.now(), SEEDED),
    Dashboard.launch().then((launched) => {
      dashboard = launched;
    }),
    sharp({ create: { width: 320, height: 240, channels: 3, background: '#456', noise } })
      .jpeg()
      .toBuffer(),
  ]);
  picture = new Uint8Array(made);
  const env = { CAMSHARD_DEVICES: JSON.stringify([{ kind: 'simulated', baseMs: 1, perFrameMs: 1, detections: 2 }]) };
  node = await startNode({ port: await freePort(), dataDir, demoCameras: 0, env });
  await put('belt-3', await readFile('config/examples/waste.yaml', 'utf8'));
  await until(async () => ((await fetch(`${node.url}/v1/history/counts?interval=total`)).ok ? true : undefined));
});

afterEach(() => dashboard.closePages());

afterAll(async () => {
  await dashboard?.close();
  await node?.stop();
  if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
});

async function put(camera: string, yaml: string): Promise<void> {
  const answer = await fetch(`${node.url}/v1/cameras/${camera}/settings`, {
    method: 'PUT',
    headers: { 'content-type': 'application/yaml' },
    body: yaml,
  });
  expect(answer.status, await answer.text()).toBe(200);
}

/** Has the live camera raise one alert of `rule`: a crossing that is missed for a second. */
async function raise(rule: string): Promise<void> {
  await put(
    LIVE_CAMERA,
    `pipeline: traffic
health: { offlineAfterS: null }
lines: [{ id: stop, from: [0.1, 0.01], to: [0.2, 0.01] }]
rules: [{ id: ${rule}, kind: absence, subject: stop, afterS: 1, severity: critical, title: Nobody comes (${rule}), coverageMin: null }]`,
  );
  await until(async () => {
    await fetch(`${node.url}/v1/cameras/${LIVE_CAMERA}/frames`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: picture,
    }).then((answer) => answer.arrayBuffer());
    const { alerts } = await api<AlertPage>(node, `/v1/alerts?camera=${LIVE_CAMERA}&rule=${rule}`);
    return alerts[0];
  });
}

const alerts = (query = 'limit=100') => api<AlertPage>(node, `/v1/alerts?${query}`);
const shownIds = (page: Page): Promise<(string | null)[]> =>
  page.locator('.alert-row').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-alert')));
const row = (page: Page, id: string) => page.locator(`[data-alert="${id}"]`);
const texts = async (page: Page, selector: string): Promise<string[]> =>
  (await page.locator(selector).allTextContents()).map((text) => text.trim());

describe('the alerts page', () => {
  it('lists what the API lists, newest first, and counts what is open by severity', async () => {
    const { page, errors } = await dashboard.open(at('#/alerts'));
    await page.locator('.alert-row').first().waitFor();
    const { alerts: told, open } = await alerts();
    expect(await shownIds(page)).toEqual(told.map(({ id }) => id));
    for (const severity of ['critical', 'warning', 'info'] as const) {
      expect(await page.locator(`[data-open="${severity}"] b`).textContent()).toBe(String(open.bySeverity[severity]));
    }
    expect(await page.locator('[data-open="unseen"] b').textContent()).toBe(String(open.unseen));
    await page.getByRole('button', { name: 'Show 100 older' }).click();
    await page.locator(`.alert-row:nth-child(${SEEDED})`).waitFor();
    expect(new Set(await shownIds(page)).size).toBe(SEEDED);
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });

  it('shows only what the address asks for, and puts into the address what is chosen', async () => {
    const { page, errors } = await dashboard.open(at('#/alerts?state=opened&severity=critical&text=EXIT'));
    await page.locator('.alert-row').first().waitFor();
    const { alerts: told } = await alerts('state=opened&severity=critical&limit=100&text=exit');
    expect(told.length).toBeGreaterThan(3);
    expect(await shownIds(page)).toEqual(told.map(({ id }) => id));
    await page.getByLabel('Rule').fill('nobody-has-it');
    await page.getByText('No alert is like this').waitFor();
    expect(page.url()).toContain('rule=nobody-has-it');
    await page.getByRole('button', { name: 'Take the filters away' }).click();
    await page.locator('.alert-row').first().waitFor();
    expect(page.url()).not.toContain('severity');
    expect(errors).toEqual([]);
  });

  it('shows an alert that comes without moving the list, with its picture, and who acknowledged it', async () => {
    const { page, errors } = await dashboard.open(at('#/alerts'));
    await page.locator('.alert-row').first().waitFor();
    const before = await shownIds(page);
    await raise('missed');
    const arrived = page.locator('.alerts-arrived');
    await arrived.waitFor();
    expect(await shownIds(page)).toEqual(before);
    await arrived.click();
    const id = `${LIVE_CAMERA}:missed:1`;
    await row(page, id).locator('.alert-link').click();
    const detail = page.locator(`[data-detail="${id}"]`);
    await detail.getByRole('heading', { name: 'Nobody comes (missed)' }).waitFor();
    await detail.locator('[data-picture="there"] img').waitFor();
    expect(await page.evaluate("document.querySelector('[data-picture] img').naturalWidth")).toBeGreaterThan(100);
    await page.locator('[data-sink="history"]', { hasText: 'done' }).waitFor();
    await page.getByLabel('You are').fill('Ada at the desk');
    await detail.getByRole('button', { name: 'Acknowledge' }).click();
    await detail.locator('[data-step="acknowledged"]', { hasText: 'by Ada at the desk' }).waitFor();
    const told = await api<Alert>(node, `/v1/alerts/${id}`);
    expect(told.acknowledged?.who).toBe('Ada at the desk');
    const audit = await until(async () => {
      const { entries } = await api<AuditPage>(node, '/v1/audit?limit=20');
      return entries.find(({ subject }) => subject === `alert:${id}`);
    });
    expect(audit).toMatchObject({ action: 'alert.acknowledge', who: 'Ada at the desk' });
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });

  it('is worked with keys: j and k move, Enter opens, a acknowledges, x selects, Escape closes', async () => {
    const { page, errors } = await dashboard.open(at('#/alerts?acknowledged=no'));
    await page.locator('.alert-row').first().waitFor();
    const [first = '', second = '', third = ''] = (await shownIds(page)).map(String);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.locator(`[data-detail="${second}"]`).waitFor();
    await page.keyboard.press('k');
    await page.locator(`[data-detail="${first}"]`).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('[data-detail]').waitFor({ state: 'detached' });
    await page.keyboard.press('a');
    await row(page, first).getByText('✓ dashboard').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByRole('button', { name: 'Acknowledge 2' }).click();
    await row(page, third).getByText('✓ dashboard').waitFor();
    for (const id of [first, second, third]) {
      expect((await api<Alert>(node, `/v1/alerts/${id}`)).acknowledged?.who).toBe('dashboard');
    }
    expect(errors).toEqual([]);
  });

  it('says where to look for an alert that no node has at hand any more', async () => {
    const { page } = await dashboard.open(at('#/alerts?alert=north-1:jam:9999'));
    await page.getByText('No node has this alert at hand').waitFor();
    await page.getByRole('link', { name: 'Look in the history' }).click();
    await page.locator('[data-table="listing"]').waitFor();
    const { rows } = await api<HistoryAlerts>(node, '/v1/history/alerts?camera=north-1&rule=jam&from=-30d&limit=200');
    expect(await page.locator('[data-table="listing"] tbody tr').count()).toBe(rows.length);
  });
});

describe('the history explorer', () => {
  it('shows the rows the API gives, and downloads the very same as CSV', async () => {
    const { page, errors } = await dashboard.open(
      at('#/history?resource=counts&range=-6h&interval=15m&by=camera,line&camera=north-*&tz=UTC'),
    );
    await page.locator('[data-table="rows"] tbody tr').first().waitFor();
    await page.locator('[data-table="totals"] tbody tr').first().waitFor();
    const link = page.locator('[data-download="csv"]');
    const href = new URL((await link.getAttribute('href')) ?? '');
    const question = new URLSearchParams(href.search);
    question.delete('format');
    const told = await api<HistoryCounts>(node, `${href.pathname}?${question}&limit=10000`);
    const newest = [...told.rows].sort((a, b) => b.start - a.start).slice(0, 200);
    const shown = await texts(page, '[data-table="rows"] [data-figure="count"]');
    expect(shown).toEqual(newest.map(({ count }) => (count === null ? '–' : formatCount(count))));
    // Gaps are told as gaps.
    expect(shown).toContain('–');
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    const bytes = await readFile(await download.path());
    expect(download.suggestedFilename()).toBe('counts.csv');
    expect(bytes.toString()).toBe(await (await fetch(href)).text());
    expect(bytes.toString().trim().split('\r\n').length).toBe(told.rows.length + 1);
    const total = await api<HistoryCounts>(
      node,
      `${href.pathname}?${question}&interval=total`.replace('interval=15m&', ''),
    );
    expect(await texts(page, '[data-table="totals"] [data-figure="count"]')).toEqual(
      total.rows.map(({ count }) => (count === null ? '–' : formatCount(count))),
    );
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });

  it('zooms into what is dragged over, and has it in the address', async () => {
    const { page, errors } = await dashboard.open(at('#/history?resource=speeds&range=-6h&camera=north-1'));
    const chart = page.locator('.chart .u-over');
    await chart.waitFor();
    const box = await chart.boundingBox();
    if (box === null) throw new Error('the chart has no size');
    await page.mouse.move(box.x + box.width * 0.6, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=.*to=/);
    const { from, to } = Object.fromEntries(new URLSearchParams(page.url().split('?')[1]));
    const hours = (Date.parse(to ?? '') - Date.parse(from ?? '')) / 3_600_000;
    expect(hours).toBeGreaterThan(0.8);
    expect(hours).toBeLessThan(1.7);
    await page.locator('[data-table="rows"] [data-figure="v85"]').first().waitFor();
    const told = await api<HistorySpeeds>(
      node,
      `/v1/history/speeds?camera=north-1&interval=total&from=${from}&to=${to}`,
    );
    const total = told.rows[0];
    expect(await texts(page, '[data-table="totals"] [data-figure="n"]')).toEqual([formatCount(total?.n ?? -1)]);
    expect(await texts(page, '[data-table="totals"] [data-figure="v85"]')).toEqual([total?.v85?.toFixed(1)]);
    expect(errors).toEqual([]);
  });

  it('compares a period with the one before it', async () => {
    const { page, errors } = await dashboard.open(at('#/history?range=-1h&camera=north-1&compare=1'));
    await page.locator('[data-table="totals"]', { hasText: 'Difference' }).waitFor();
    const [now, before, difference] = await texts(page, '[data-table="totals"] tbody td:nth-child(2)');
    const [n = 0, b = 0] = [now, before].map((text) => Number(text?.replaceAll(',', '')));
    expect(difference?.replace('−', '-')).toBe(`${n >= b ? '+' : ''}${Math.round((n / b - 1) * 100)} %`);
    expect(errors).toEqual([]);
  });

  it('says what is wrong with a question that is too large', async () => {
    const { page } = await dashboard.open(
      at('#/history?from=2010-01-01T00:00:00Z&to=2026-01-01T00:00:00Z&interval=minute'),
    );
    await page.getByRole('alert').getByText('longer ones, or a shorter range').waitFor();
  });
});

describe('the waste view', () => {
  it('shows what lay on a belt as the API has it, against the limit of its rule', async () => {
    const { page, errors } = await dashboard.open(at('#/waste?range=-6h'));
    await page.locator('[data-material]').first().waitFor();
    const { rows } = await api<HistoryComposition>(
      node,
      '/v1/history/composition?camera=belt-3&from=-6h&interval=total&by=material',
    );
    const told = [...rows].sort((a, b) => (b.share ?? 0) - (a.share ?? 0));
    expect(await texts(page, '[data-material] th')).toEqual(told.map(({ material }) => material));
    expect(await texts(page, '[data-material] td:nth-child(3)')).toEqual(told.map(({ share }) => formatShare(share)));
    expect(await texts(page, '[data-material] td:nth-child(5)')).toEqual(
      told.map(({ items }) => formatCount(items ?? 0)),
    );
    const dirty = told[0]?.totalContaminationShare ?? 0;
    expect(await page.locator('[data-waste="contamination"]').textContent()).toContain(formatShare(dirty));
    expect(await page.locator('[data-waste="limit"]').textContent()).toContain(`8.0 %`);
    await page.locator('[data-waste="limit"]', { hasText: dirty > 0.08 ? 'over the limit' : 'within' }).waitFor();
    await page.locator('[data-course="composition"] canvas').first().waitFor();
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });
});

describe("a camera's counts", () => {
  it('are those of the API, by line and direction, over the range and today', async () => {
    const { page, errors } = await dashboard.open(at('#/camera/north-1/counts?range=-6h'));
    await page.locator('[data-line]').first().waitFor();
    const { rows } = await api<HistoryCounts>(
      node,
      '/v1/history/counts?camera=north-1&from=-6h&interval=total&by=line,direction',
    );
    expect(await texts(page, '[data-line] [data-all]')).toEqual(rows.map(({ count }) => formatCount(count ?? 0)));
    await page.locator('[data-today="mean"]', { hasText: 'km/h' }).waitFor();
    for (const course of ['crossings', 'speed', 'occupancy', 'queue']) {
      await page.locator(`[data-course="${course}"] canvas`).first().waitFor();
    }
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });
});

it('each of these pages is readable in the dark, and on a phone without scrolling sideways', async () => {
  const { page, errors } = await dashboard.open(at('#/alerts'), {
    colorScheme: 'dark',
    viewport: { width: 390, height: 844 },
  });
  for (const [hash, ready] of [
    ['#/alerts', '.alert-row'],
    ['#/alerts?alert=north-1:jam:40', '[data-detail]'],
    ['#/history?range=-6h&by=camera,line,direction', '[data-table="rows"]'],
    ['#/history?resource=alerts&range=-7d', '[data-table="listing"]'],
    ['#/waste?range=-6h', '[data-material]'],
    ['#/camera/north-1/counts?range=-6h', '[data-line]'],
  ] as const) {
    await page.goto(at(hash));
    await page.locator(ready).first().waitFor();
    await expectNoSideways(page);
    await expectAccessible(page);
  }
  expect(errors).toEqual([]);
});
