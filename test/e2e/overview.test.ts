import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerSnapshot, sumCounts } from '../../core/ledger.ts';
import type { Alert, Nodes, Overload } from '../../web/src/api/answers.gen.ts';
import { api, Dashboard, expectAccessible, expectNoSideways, until } from './dashboard.ts';
import { freePort, type RunningNode, startNode } from './node-process.ts';

let dashboard: Dashboard;
let dataDir: string;
let node: RunningNode;

const open: Dashboard['open'] = (url, options) => dashboard.open(url, options);
const nodes = async () => (await api<Nodes>(node, '/v1/nodes')).nodes;

/** What the page writes at `data-stat`, as a number; `undefined` before it is known. */
async function shown(page: Page, selector: string): Promise<number | undefined> {
  const text = (await page.locator(selector).first().textContent()) ?? '';
  const value = Number(text.replaceAll(',', '').replace('%', '').trim());
  return text.trim() === '' || Number.isNaN(value) ? undefined : value;
}

const outcomes = ({ inferred, gated, shed, rejected, lost }: LedgerSnapshot) => ({
  ...{ inferred, gated },
  ...{ shed: sumCounts(shed), rejected: sumCounts(rejected), lost: sumCounts(lost) },
});

beforeAll(async () => {
  dashboard = await Dashboard.launch();
  dataDir = await mkdtemp(join(tmpdir(), 'camshard-e2e-overview-'));
  node = await startNode({ port: await freePort(), dataDir, demoCameras: 2 });
  await until(async () => (await nodes()).find(({ fpsOut, connections }) => fpsOut > 0 && connections === 2));
});

afterEach(() => dashboard.closePages());

afterAll(async () => {
  await dashboard?.close();
  await node?.stop();
  if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
});

describe('the overview', () => {
  it('shows the streams and rates that the node gives', async () => {
    const { page, errors } = await open(node.url);
    const said = await until(async () => {
      const [one] = await nodes();
      const streams = await shown(page, '[data-stat="connections"]');
      const known = await shown(page, '[data-stat="cameras"]');
      return one !== undefined && streams === one.connections && known === one.cameras ? one : undefined;
    });
    // Rates change each second: both look at the same few seconds.
    const fps = await until(() => shown(page, '[data-stat="fps-in"]'));
    expect(Math.abs(fps - said.fpsIn)).toBeLessThanOrEqual(Math.max(3, said.fpsIn / 2));
    await until(() => shown(page, '[data-stat="p99"]'));
    expect(errors).toEqual([]);
  });

  it('accounts for every frame as the API does', async () => {
    const [before] = await nodes();
    const { page } = await open(node.url);
    const received = await until(async () => {
      const value = await shown(page, '[data-ledger="received"]');
      return value !== undefined && value > (before?.ledger.received ?? 0) ? value : undefined;
    });
    const seen = (await page.evaluate(
      `Object.fromEntries([...document.querySelectorAll('[data-ledger]')].map((e) =>
        [e.dataset.ledger, Number(e.textContent.replaceAll(',', ''))]))`,
    )) as Record<string, number>;
    const [after] = await nodes();
    if (before === undefined || after === undefined) throw new Error('no node answers');
    expect(received).toBeLessThanOrEqual(after.ledger.received);
    const { received: all = 0, ...rest } = seen;
    expect(sumCounts(rest)).toBe(all);
    for (const [name, most] of Object.entries(outcomes(after.ledger))) {
      expect(seen[name], name).toBeGreaterThanOrEqual(outcomes(before.ledger)[name as 'inferred']);
      expect(seen[name], name).toBeLessThanOrEqual(most);
    }
  });

  it('says on which rung the node stands, as the node does', async () => {
    const { page } = await open(node.url);
    const status = await until(async () => {
      const asked = await api<Overload>(node, '/v1/overload');
      const rung = page.locator(`[data-rung-of="${asked.node}"] [data-rung]`);
      const value = (await rung.count()) === 0 ? null : await rung.getAttribute('data-rung');
      return value === String(asked.rung) ? asked : undefined;
    });
    await page.locator(`[data-rung-of="${status.node}"]`, { hasText: 'fps' }).waitFor();
    expect(await page.locator(`[data-problem="rung ${status.node}"]`).count()).toBe(status.rung > 0 ? 1 : 0);
  });

  it('counts open alerts by severity and leads to them', async () => {
    const { page } = await open(node.url);
    const critical = await until(async () => {
      const { alerts } = await api<{ alerts: Alert[] }>(node, '/v1/alerts?state=opened&severity=critical&limit=1000');
      const listed = (await page.locator('[data-severity="critical"] b').count()) > 0;
      const value = listed ? await shown(page, '[data-severity="critical"] b') : undefined;
      return value === alerts.length ? value : undefined;
    });
    expect(critical).toBeGreaterThanOrEqual(0);
    await page.locator('[data-severity="critical"] a').click();
    await page.waitForURL(/#\/alerts\?state=opened&severity=critical/);
  });

  it('names the node and its device, and what they do', async () => {
    const { page } = await open(node.url);
    const [one] = await nodes();
    const line = page.locator(`[data-node="${one?.node}"]`);
    await line.getByText(one?.devices[0]?.device ?? 'a device', { exact: false }).waitFor();
    await line.getByText('2 cameras').waitFor();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`is read by those who do not see it, ${colorScheme}`, async () => {
      const { page, errors } = await open(node.url, { colorScheme });
      await page.locator('[data-rung]').waitFor();
      await page.locator('[data-severity]').first().waitFor();
      await expectAccessible(page);
      expect(errors).toEqual([]);
    });
  }

  it('fits a phone', async () => {
    const { page } = await open(node.url, { viewport: { width: 390, height: 844 }, isMobile: true });
    await page.locator('[data-rung]').waitFor();
    await expectNoSideways(page);
  });

  it('names a camera that goes away among what needs somebody, and where to look at it', async () => {
    const { page: sender } = await open(`${node.url}/#/connect`);
    await sender.getByLabel('Camera name').fill('goes-away');
    await sender.getByRole('button', { name: 'Use the webcam' }).click();
    await sender.locator('[data-fact="results"]', { hasText: /^[1-9]/ }).waitFor();
    const { page } = await open(node.url);
    await until(async () => ((await shown(page, '[data-stat="cameras"]')) === 3 ? true : undefined));
    await sender.getByRole('button', { name: 'Stop', exact: true }).click();
    const problem = page.locator('[data-problem="offline"]', { hasText: 'Camera goes-away is offline.' });
    await problem.waitFor();
    await problem.getByRole('link').click();
    await page.waitForURL(/#\/camera\/goes-away$/);
  });

  it('outlives a restart of the node with its course, and says so meanwhile', async () => {
    const { page, errors } = await open(node.url);
    await until(() => shown(page, '[data-ledger="received"]'));
    await node.stop();
    await page.getByRole('alert').first().waitFor();
    node = await startNode({ port: node.port, dataDir, demoCameras: 2 });
    await page.locator('[data-status="open"]').waitFor();
    await until(async () => {
      const [one] = await nodes();
      const value = await shown(page, '[data-ledger="received"]');
      return one !== undefined && value !== undefined && value > 0 && value <= one.ledger.received ? value : undefined;
    });
    await page.locator('[data-rung]').waitFor();
    expect(await page.locator('.figure-card canvas').count()).toBe(4);
    expect(errors.filter((text) => !/ERR_CONNECTION|WebSocket connection/.test(text))).toEqual([]);
  });
});
