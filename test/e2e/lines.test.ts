import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CameraSettingsInput } from '../../config/camera-settings/schema.ts';
import type { LineCrossed } from '../../core/camera-event.ts';
import type { AuditPage, CameraSettings } from '../../web/src/api/answers.gen.ts';
import { api, Dashboard, expectAccessible, expectNoSideways, until } from './dashboard.ts';
import { LiveFeed } from './live-feed.ts';
import { freePort, type RunningNode, startNode } from './node-process.ts';

/** Lines, zones, ground and settings of a demo camera: what is drawn is what the node then counts by. */

const CAMERA = 'demo-highway';

let dashboard: Dashboard;
let dataDir: string;
let node: RunningNode;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'camshard-lines-'));
  [dashboard, node] = await Promise.all([
    Dashboard.launch(),
    startNode({ port: await freePort(), dataDir, demoCameras: 1 }),
  ]);
  await until(async () => ((await fetch(`${node.url}/v1/cameras/${CAMERA}/settings`)).ok ? true : undefined));
});

afterEach(() => dashboard.closePages());

afterAll(async () => {
  await dashboard?.close();
  await node?.stop();
  if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
});

const at = (tab: string): string => `${node.url}/#/camera/${CAMERA}/${tab}`;
const stored = () => api<CameraSettings>(node, `/v1/cameras/${CAMERA}/settings`);
const written = async () => (await stored()).document as CameraSettingsInput;

/** As somebody else, by the API. */
async function put(document: unknown, who: string, type = 'application/json'): Promise<void> {
  const response = await fetch(`${node.url}/v1/cameras/${CAMERA}/settings`, {
    method: 'PUT',
    headers: { 'content-type': type, 'x-camshard-who': who },
    body: typeof document === 'string' ? document : JSON.stringify(document),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** Opens the editor and waits for a picture in it. */
async function openEditor(query = '', options = {}) {
  const opened = await dashboard.open(at(`lines${query}`), options);
  await opened.page.locator('.stage-canvas[data-seq]').waitFor();
  return opened;
}

/** The pixel of the page where a share of the picture is. */
async function pixel(page: Page, x: number, y: number): Promise<[number, number]> {
  const stage = page.locator('.stage-svg');
  await stage.scrollIntoViewIfNeeded();
  const box = await stage.boundingBox();
  if (box === null) throw new Error('there is no stage');
  return [box.x + x * box.width, box.y + y * box.height];
}

async function click(page: Page, x: number, y: number): Promise<void> {
  await page.mouse.click(...(await pixel(page, x, y)));
}

async function drag(page: Page, from: readonly [number, number], to: readonly [number, number]): Promise<void> {
  await page.mouse.move(...(await pixel(page, ...from)));
  await page.mouse.down();
  await page.mouse.move(...(await pixel(page, (from[0] + to[0]) / 2, (from[1] + to[1]) / 2)));
  await page.mouse.move(...(await pixel(page, ...to)));
  await page.mouse.up();
}

async function save(page: Page, who: string): Promise<void> {
  await page.getByRole('button', { name: 'Save …' }).click();
  await page.locator('dialog input[name="who"]').fill(who);
  await page.getByRole('button', { name: /Save as version/ }).click();
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const count = (page: Page, line: string, column: 'data-count' | 'data-node-count') =>
  page.locator(`[data-line="${line}"] [${column}]`).allTextContents();
const sum = (texts: readonly string[]): number => texts.reduce((n, text) => n + (Number(text) || 0), 0);

describe('the editor of lines and zones', () => {
  it('counts on a line drawn with the mouse before it is saved; the node counts on the very same line after', async () => {
    const { page, errors } = await openEditor();
    const before = await stored();
    await button(page, '+ Line').click();
    await click(page, 0.04, 0.45);
    await click(page, 0.56, 0.45);
    await page.locator('input[name="shape-id"]').fill('e2e');
    await page.locator('input[name="name-forward"]').fill('down');
    await page.locator('input[name="name-backward"]').fill('up');
    await until(async () => (sum(await count(page, 'e2e', 'data-count')) > 0 ? true : undefined));
    // Nothing is the node's yet.
    expect(await count(page, 'e2e', 'data-node-count')).toEqual(['–', '–']);
    expect((await stored()).version).toBe(before.version);

    const feed = new LiveFeed(node.url, CAMERA);
    await save(page, 'ann');
    await page.locator('[data-in-force="yes"]').waitFor();
    const after = await stored();
    expect(after).toMatchObject({ version: before.version + 1, updatedBy: 'ann' });
    const { lines = [], ...others } = after.document as CameraSettingsInput;
    const { lines: linesBefore = [], ...othersBefore } = before.document as CameraSettingsInput;
    expect(others).toEqual(othersBefore);
    expect(lines.slice(0, -1)).toEqual(linesBefore);
    expect(lines.at(-1)).toMatchObject({ id: 'e2e', names: { forward: 'down', backward: 'up' } });
    expect(lines.at(-1)?.from[0]).toBeCloseTo(0.04, 2);
    expect(lines.at(-1)?.to[1]).toBeCloseTo(0.45, 2);
    const yaml = await fetch(`${node.url}/v1/cameras/${CAMERA}/settings`, { headers: { accept: 'application/yaml' } });
    expect(await yaml.text()).toContain('# Demo cameras come and go with the node.');

    // By the node, with a speed: the demo's ground is measured.
    const crossing = await until(() =>
      [...feed.frames.values()]
        .flatMap(({ head }) => head.events ?? [])
        .find((event): event is LineCrossed => event.kind === 'line_crossed' && event.line === 'e2e'),
    );
    feed.close();
    expect(['down', 'up']).toContain(crossing.name);
    await until(async () => (sum(await count(page, 'e2e', 'data-node-count')) > 0 ? true : undefined));
    expect(errors).toEqual([]);
  });

  it('draws and moves points with keys alone, takes steps back, and says where a point is', async () => {
    const { page } = await openEditor();
    const count = ((await written()).lines ?? []).length;
    await button(page, '+ Line').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    for (let i = 0; i < 5; i++) await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Space');
    const line = page.locator(`[data-shape="line:${count}"]`);
    await line.waitFor();
    await line.focus();
    await page.keyboard.press('Tab');
    const point = page.locator(`[data-point="line:${count}:0"]`);
    const place = async () =>
      /x ([\d.]+), y ([\d.]+)/
        .exec((await point.getAttribute('aria-label')) ?? '')
        ?.slice(1)
        .map(Number);
    const [x = 0, y = 0] = (await place()) ?? [];
    expect([x, y]).toEqual([0.5, expect.closeTo(0.5 + 4 / 352, 3)]);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowUp');
    const isAt = (wantedX: number, wantedY: number) =>
      until(async () => {
        const [nowX = 0, nowY = 0] = (await place()) ?? [];
        return Math.abs(nowX - wantedX) < 0.0005 && Math.abs(nowY - wantedY) < 0.0005 ? true : undefined;
      });
    // Two pixels of 640 to the right, ten of 352 up.
    await isAt(x + 2 / 640, y - 10 / 352);
    await page.keyboard.press('Control+z');
    await isAt(x, y);
    await page.keyboard.press('Delete');
    await line.waitFor({ state: 'detached' });
  });

  it('is there again after a look at another page', async () => {
    const { page, errors } = await openEditor();
    const tabs = page.locator('.tabs');
    for (const other of ['Counts and speeds', 'Settings', 'Live']) {
      await tabs.getByRole('link', { name: other, exact: true }).click();
      await page.locator('.stage-canvas').waitFor({ state: 'detached' });
      await tabs.getByRole('link', { name: 'Lines and zones', exact: true }).click();
      await page.locator('.stage-canvas[data-seq]').waitFor();
    }
    // Of a camera without settings, and a history that is still being opened, the browser itself tells.
    expect(errors.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
  });

  it('refuses a polygon that crosses itself, and says so at the shape', async () => {
    const { page } = await openEditor();
    await button(page, '+ Zone').click();
    for (const [x, y] of [
      [0.3, 0.5],
      [0.6, 0.9],
      [0.6, 0.5],
      [0.3, 0.9],
    ] as const)
      await click(page, x, y);
    await page.locator('[data-stage-status]').getByText('crosses itself').waitFor();
    await page.keyboard.press('Enter');
    await page
      .locator('.shape-zone.is-faulty')
      .getByText(/crosses itself/)
      .waitFor();
    expect(await page.locator('.fault-list').textContent()).toMatch(/zones\[\d\]\.polygon: it crosses itself/);
    expect(await button(page, 'Save …').isDisabled()).toBe(true);
    // The corner put right, the fault is gone.
    await drag(page, [0.6, 0.9], [0.45, 0.3]);
    await page.locator('.fault-list').waitFor({ state: 'detached' });
    expect(await button(page, 'Save …').isEnabled()).toBe(true);
  });

  it('shows what somebody else saved meanwhile, and puts mine on top of it', async () => {
    const { page } = await openEditor();
    const mine = (await written()).lines?.[0];
    await page.locator('.shape-row').first().click();
    await button(page, 'Flip the arrow').click();
    await put({ ...(await written()), priority: 'critical' }, 'ben');
    const theirs = (await stored()).version;
    await save(page, 'ann');
    const dialog = page.getByRole('dialog', { name: 'Somebody else has saved' });
    await dialog.waitFor();
    expect(await dialog.textContent()).toMatch(new RegExp(`ben saved version ${theirs}`));
    expect(await dialog.locator('tbody th').allTextContents()).toContain('priority');
    await button(page, 'Keep mine on top of theirs').click();
    await save(page, 'ann');
    await page.locator('[data-in-force]').waitFor();
    const now = await stored();
    expect(now).toMatchObject({ version: theirs + 1, updatedBy: 'ann', document: { priority: 'critical' } });
    const line = (now.document as CameraSettingsInput).lines?.[0];
    expect([line?.from, line?.to]).toEqual([mine?.to, mine?.from]);
  });

  it('measures the ground with four points, checks it, and the node tells speeds by it', async () => {
    const { ground, ...others } = await written();
    if (!ground) throw new Error('the demo has a ground');
    await put({ ...others, ground: null }, 'test');
    const { page } = await openEditor('?mode=ground');
    await button(page, '+ Point').click();
    for (const [x, y] of ground.image) await click(page, x, y);
    // Three of them on one line are no plane, and that is said.
    const metre = (i: number, axis: 'x' | 'y') => page.getByLabel(`Point ${i + 1}, ${axis} in metres`);
    for (const [i, [x, y]] of ground.metres.entries()) {
      await metre(i, 'x').fill(i === 2 ? '0' : String(x));
      await metre(i, 'y').fill(i === 2 ? '14' : String(y));
    }
    await page.locator('[data-ground-fault]').getByText('on one line').waitFor();
    expect(await button(page, 'Save …').isDisabled()).toBe(true);
    await metre(2, 'x').fill(String(ground.metres[2]?.[0]));
    await metre(2, 'y').fill(String(ground.metres[2]?.[1]));
    await page.locator('[data-ground-fit]').waitFor();

    // From the first to the second point it is 8 m by the demo's own measure.
    const [a, b] = ground.image;
    if (a === undefined || b === undefined) throw new Error('four points');
    await button(page, 'Measure').click();
    await click(page, a[0], a[1] + 0.08);
    await click(page, b[0], b[1] + 0.08);
    const metres = Number.parseFloat((await page.locator('[data-measured]').textContent()) ?? '');
    expect(metres).toBeGreaterThan(6.5);
    expect(metres).toBeLessThan(9);
    await page.getByLabel('In truth, m').fill(String(metres * 1.25));
    await page.locator('[data-measure-error]').getByText('20.0 %').waitFor();

    await page.locator('.top-view .object').first().waitFor();
    const feed = new LiveFeed(node.url, CAMERA);
    await save(page, 'ann');
    await page.locator('[data-in-force="yes"]').waitFor();
    const saved = (await written()).ground;
    expect(saved?.metres).toEqual(ground.metres);
    for (const [i, [x, y]] of ground.image.entries()) {
      expect(saved?.image[i]?.[0]).toBeCloseTo(x, 2);
      expect(saved?.image[i]?.[1]).toBeCloseTo(y, 2);
    }
    const speed = await until(() =>
      [...feed.frames.values()]
        .flatMap(({ head }) => head.events ?? [])
        .flatMap((event) => (event.kind === 'line_crossed' && event.speedKmh !== null ? [event.speedKmh] : []))
        .at(0),
    );
    feed.close();
    expect(speed).toBeGreaterThan(10);
    expect(speed).toBeLessThan(150);
  });

  it('is drawn on with a finger on a phone, and goes back to an older version', async () => {
    const { page, errors } = await openEditor('', {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
    });
    await expectNoSideways(page);
    await button(page, '+ Line').tap();
    for (const [x, y] of [
      [0.1, 0.6],
      [0.9, 0.6],
    ] as const) {
      const [px, py] = await pixel(page, x, y);
      await page.touchscreen.tap(px, py);
    }
    await page.locator('.shape-line.is-chosen').waitFor();
    await expectNoSideways(page);
    await button(page, 'Drop changes').click();
    const { version } = await stored();
    await page.locator('[data-version="1"]').getByRole('button', { name: 'Go back to it' }).click();
    await save(page, 'ann');
    await page.locator('[data-in-force]').waitFor();
    const now = await stored();
    expect(now.version).toBe(version + 1);
    const first = await api<CameraSettings>(node, `/v1/cameras/${CAMERA}/settings?version=1`);
    expect(now.document).toEqual(first.document);
    expect(errors).toEqual([]);
  });
});

describe('the settings of a camera', () => {
  it('are edited as a form and as text; the node says by line what is wrong; who did it is in the audit log', async () => {
    const yaml = await fetch(`${node.url}/v1/cameras/${CAMERA}/settings?version=1`, {
      headers: { accept: 'application/yaml' },
    });
    await put(`${await yaml.text()}# By hand.\n`, 'test', 'application/yaml');
    const { page, errors } = await dashboard.open(at('settings'));
    await page.locator('input[name="tracker.lostS"]').fill('2.5');
    await page.locator('select[name="priority"]').selectOption({ label: 'low' });
    await save(page, 'cleo');
    await page.getByText(/is saved and in force/).waitFor();
    expect(await stored()).toMatchObject({ updatedBy: 'cleo', document: { priority: 'low', tracker: { lostS: 2.5 } } });

    await page.getByLabel('Text', { exact: true }).check();
    const text = page.locator('.settings-text');
    const good = await text.inputValue();
    expect(good).toContain('# Demo cameras come and go with the node.');
    await text.fill(good.replace('lostS: 2.5', 'lostZ: 2.5'));
    await button(page, 'Check').click();
    await page.locator('.fault-list').getByText('did you mean lostS?').waitFor();
    const line = good.split('\n').findIndex((row) => row.includes('lostS')) + 1;
    expect(await page.locator('.fault-list .chip').textContent()).toBe(`line ${line}`);
    await button(page, 'Drop changes').click();

    await page.getByLabel('Audit log', { exact: true }).check();
    const { entries } = await api<AuditPage>(node, `/v1/audit?camera=${CAMERA}`);
    await page.locator('.versions li').first().getByText('cleo').waitFor();
    expect(await page.locator('.versions li').count()).toBe(entries.length);
    // Chromium itself notes each answer that says no; this one was asked for.
    expect(errors.filter((error) => !error.includes('422'))).toEqual([]);
  });

  it('have rules that read as sentences, made from what is drawn', async () => {
    const { page } = await dashboard.open(at('settings?part=rules'));
    await button(page, '+ A figure is too high or too low').click();
    await page.locator('.rule-form').getByLabel('Figure').selectOption('queue');
    await page.locator('.rule-form').getByLabel('Name').fill('jam');
    const sentence = page.locator('[data-rule="jam"] .rule-sentence');
    expect(await sentence.textContent()).toBe(
      'jam Warn when the mean queue in zone left-carriageway is above 5 objects over 1 min.',
    );
    await page.locator('.rule-form').getByLabel('Where').selectOption('right-carriageway');
    await save(page, 'cleo');
    await page.getByText(/is saved and in force/).waitFor();
    expect((await written()).rules?.at(-1)).toMatchObject({ id: 'jam', metric: 'queue', subject: 'right-carriageway' });
  });

  it.each(['light', 'dark'] as const)(
    'and the editor are accessible and no wider than a phone (%s)',
    async (colorScheme) => {
      const { page, errors } = await openEditor('', { colorScheme });
      await page.locator('.shape-row').last().click();
      await page.locator('.shape-form').waitFor();
      await expectAccessible(page);
      await page.getByLabel('Ground, for speeds').check();
      await page.locator('.ground-table').waitFor();
      await expectAccessible(page);
      await page.setViewportSize({ width: 390, height: 844 });
      await expectNoSideways(page);
      for (const part of ['form', 'rules', 'text', 'versions', 'audit']) {
        await page.goto(at(`settings?part=${part}`));
        await page.locator('.settings-page .card').first().waitFor();
        if (part === 'rules') await button(page, 'Edit').first().click();
        await expectNoSideways(page);
        await expectAccessible(page);
      }
      expect(errors).toEqual([]);
    },
  );
});
