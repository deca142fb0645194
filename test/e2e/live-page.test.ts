import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Detection } from '../../core/detection.ts';
import { sumCounts } from '../../core/ledger.ts';
import type { CameraSummary } from '../../core/protocol.ts';
import { containRect } from '../../web/src/picture/fit.ts';
import { labelColour } from '../../web/src/picture/label-colour.ts';
import { Dashboard, expectAccessible, expectNoSideways, until } from './dashboard.ts';
import { LiveFeed } from './live-feed.ts';
import { freePort, type RunningNode, startNode } from './node-process.ts';
import { canvasPrint, colourShare, dropFile, type ShownFrame, shownFrame, shownLedger } from './page-probe.ts';

let dashboard: Dashboard;
let dataDir: string;
let node: RunningNode;
let demoCamera: string;

const open: Dashboard['open'] = (url, options) => dashboard.open(url, options);
const wall = () => `${node.url}/#/cameras`;

async function cameras(): Promise<readonly CameraSummary[]> {
  const response = await fetch(`${node.url}/v1/cameras`);
  return ((await response.json()) as { cameras: CameraSummary[] }).cameras;
}

const camera = async (id: string) => (await cameras()).find((summary) => summary.camera === id);

/** Pictures the session shown has sent; `undefined` before the first. */
async function sentByBrowser(page: Page): Promise<number | undefined> {
  const text = await page.locator('[data-fact="sent"]').textContent();
  return Number(text?.replaceAll(',', '')) || undefined;
}

const tile = (id: string) => `.tile[data-camera="${id}"]`;

beforeAll(async () => {
  dashboard = await Dashboard.launch();
  dataDir = await mkdtemp(join(tmpdir(), 'camshard-e2e-'));
  node = await startNode({ port: await freePort(), dataDir, demoCameras: 1 });
  demoCamera = await until(async () => (await cameras()).find((c) => c.connected && c.fpsOut > 0)?.camera);
  // A new history takes some seconds to make its tables; until then the node answers 503, which a browser logs.
  await until(async () => ((await fetch(`${node.url}/v1/history/events?limit=1`)).ok ? true : undefined));
});

afterEach(() => dashboard.closePages());

afterAll(async () => {
  await dashboard?.close();
  await node?.stop();
  if (dataDir !== undefined) await rm(dataDir, { recursive: true, force: true });
});

describe('the wall', () => {
  it('draws the frames of a connected camera as they come', async () => {
    const { page, errors } = await open(wall());
    const first = await until(() => canvasPrint(page, tile(demoCamera)));
    expect(first.isBlank).toBe(false);
    const later = await until(async () => {
      const print = await canvasPrint(page, tile(demoCamera));
      return print !== undefined && print.seq > first.seq && print.sum !== first.sum ? print : undefined;
    });
    expect(later.isBlank).toBe(false);
    expect(errors).toEqual([]);
  });

  it('shows the node alive and every frame of a camera accounted for', async () => {
    const { page, errors } = await open(wall());
    await page.locator('[data-status="open"]').waitFor();
    await page.locator('[data-stat="cameras"]', { hasText: /^1$/ }).waitFor();
    await page.locator('[data-stat="p99"]', { hasText: /\d+ ms/ }).waitFor();
    await page.locator(tile(demoCamera), { hasText: /\d+ received/ }).waitFor();
    expect(errors).toEqual([]);
  });

  it('fits a phone without scrolling sideways', async () => {
    const { page } = await open(wall(), { viewport: { width: 360, height: 740 }, isMobile: true });
    await page.locator(`${tile(demoCamera)} canvas[data-seq]`).waitFor();
    await expectNoSideways(page);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`is read by those who do not see it, ${colorScheme}`, async () => {
      const { page, errors } = await open(wall(), { colorScheme });
      await page.locator(`${tile(demoCamera)} canvas[data-seq]`).waitFor();
      await expectAccessible(page);
      expect(errors).toEqual([]);
    });
  }

  it('keeps what it is narrowed to in the address, and says so where nothing is left', async () => {
    const { page } = await open(`${node.url}/#/cameras?q=no-such&state=connected`);
    await page.getByText('No camera matches').waitFor();
    expect(await page.getByLabel('Filter cameras by name').inputValue()).toBe('no-such');
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.locator(tile(demoCamera)).waitFor();
    await page.getByLabel('Filter cameras by name').fill(demoCamera.slice(0, 6));
    await page.waitForURL((url) => url.hash.includes(`q=${demoCamera.slice(0, 6)}`));
  });

  it('draws the lines and zones of a camera where they are asked for, and leaves them out where not', async () => {
    const { page } = await open(wall());
    await page.locator(`${tile(demoCamera)} canvas[data-seq]`).waitFor();
    const yellow = () => colourShare(page, tile(demoCamera), [253, 224, 71]);
    await until(async () => ((await yellow()) > 0 ? true : undefined));
    const shapes = page.getByLabel('Lines and zones');
    // A box may have a like colour for a moment, a line has it always.
    await shapes.uncheck();
    await until(async () => ((await yellow()) === 0 ? true : undefined));
    await shapes.check();
    await until(async () => ((await yellow()) > 0 ? true : undefined));
  });

  it('leads to a camera by keyboard', async () => {
    const { page } = await open(wall());
    await page.locator(`${tile(demoCamera)} a`).focus();
    await page.keyboard.press('Enter');
    await page.locator('.camera-page').waitFor();
    expect(page.url()).toContain(`#/camera/${demoCamera}`);
  });
});

describe('the view of one camera', () => {
  it('draws the very boxes the node found, on the frame it found them in', async () => {
    const feed = new LiveFeed(node.url, demoCamera);
    const { page, errors } = await open(`${node.url}/#/camera/${demoCamera}`);
    const { shown, fed } = await until(async () => {
      const shown = await shownFrame(page);
      const fed = shown && feed.frames.get(shown.seq);
      return shown && fed && { shown, fed };
    });
    feed.close();
    const expected = [...fed.head.detections].sort((a, b) => b.score - a.score);
    expect(shown.rows).toEqual(expected.map((d) => ({ label: d.label, score: d.score.toFixed(2), box: tableText(d) })));
    const surest = expected[0];
    if (surest === undefined) throw new Error('a frame without detections was shown');
    expect(leftEdgeShare(shown, fed.head, surest)).toBeGreaterThan(0.9);
    expect(errors).toEqual([]);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`is read by those who do not see it, ${colorScheme}`, async () => {
      const { page, errors } = await open(`${node.url}/#/camera/${demoCamera}`, { colorScheme });
      await page.locator('[data-detections-seq]').waitFor();
      await page.locator('[data-health] li, [data-health] .dot').first().waitFor();
      await expectAccessible(page);
      expect(errors).toEqual([]);
    });
  }

  it('tells what happens as the history has it', async () => {
    const { page } = await open(`${node.url}/#/camera/${demoCamera}`, { viewport: { width: 390, height: 844 } });
    await page.locator('[data-event]').first().waitFor();
    await expectNoSideways(page);
    const [time, ...words] = ((await page.locator('[data-event]').first().textContent()) ?? '').split(' ');
    expect(time).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(words.join(' ')).toMatch(/#\d+ (crosses|enters|leaves|goes)|begins|is over/);
  });

  it('says that no node knows a camera that never came', async () => {
    const { page } = await open(`${node.url}/#/camera/never-came`);
    await page.getByText('No node knows this camera').waitFor();
  });

  it('shows the ledger the API gives, and it closes', async () => {
    const before = await until(async () => (await camera(demoCamera))?.ledger);
    const { page } = await open(`${node.url}/#/camera/${demoCamera}`);
    const shown = await until(async () => {
      const ledger = await shownLedger(page);
      return ledger !== undefined && (ledger.received ?? 0) > before.received ? ledger : undefined;
    });
    const after = await until(async () => (await camera(demoCamera))?.ledger);
    expect(shown.received).toBeLessThanOrEqual(after.received);
    expect(shown.inferred).toBeGreaterThanOrEqual(before.inferred);
    expect(shown.shed).toBeLessThanOrEqual(sumCounts(after.shed));
    const { received, ...outcomes } = shown;
    expect(sumCounts(outcomes)).toBe(received);
    await page.getByText('Every frame received is accounted for.').waitFor();
  });
});

describe('this browser as a camera', () => {
  it('sends the webcam within its credit, shows its results, and stops', async () => {
    const { page, errors } = await open(`${node.url}/#/connect`);
    await page.getByLabel('Camera name').fill('e2e-webcam');
    await page.getByRole('button', { name: 'Use the webcam' }).click();
    await page.locator('[data-fact="results"]', { hasText: /^([3-9]|\d\d+)$/ }).waitFor();
    const print = await until(() => canvasPrint(page, '.large-picture'));
    expect(print.isBlank).toBe(false);

    const listed = await until(async () => {
      const summary = await camera('e2e-webcam');
      return summary !== undefined && summary.ledger.inferred >= 3 ? summary : undefined;
    });
    expect(listed.connected).toBe(true);
    expect(sumCounts(listed.ledger.rejected)).toBe(0);

    // It goes on beside the wall, where it is a camera like any other.
    await page.getByRole('link', { name: 'Cameras', exact: true }).click();
    await page.locator(`${tile('e2e-webcam')} canvas[data-seq]`).waitFor();
    await page.getByRole('button', { name: 'Stop camera e2e-webcam' }).click();
    await until(async () => ((await camera('e2e-webcam'))?.connected === true ? undefined : 'stopped'));
    expect(errors).toEqual([]);
  });

  it('finds in a dropped picture what the node found in it before', async () => {
    const feed = new LiveFeed(node.url, demoCamera);
    const known = await until(() =>
      [...feed.frames.values()].find(({ head }) => head.detections.some((d) => d.score > 0.5)),
    );
    feed.close();
    const { page, errors } = await open(`${node.url}/#/connect`);
    await page.getByLabel('Camera name').fill('e2e-picture');
    await dropFile(page, 'street.jpg', 'image/jpeg', known.picture);
    const shown = await until(() => shownFrame(page));
    const sure = known.head.detections.filter((d) => d.score > 0.5).map((d) => d.label);
    expect(shown.rows.map((row) => row.label)).toEqual(expect.arrayContaining(sure));
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('button', { name: 'Use the webcam' }).waitFor();
    expect(errors).toEqual([]);
  });

  it('plays a video file as a camera', async () => {
    const file = join(dataDir, 'test.webm');
    const source = ['-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=10:duration=2', '-c:v', 'libvpx'];
    await promisify(execFile)('ffmpeg', ['-v', 'error', ...source, file]);
    const { page, errors } = await open(`${node.url}/#/connect`);
    await page.getByLabel('Camera name').fill('e2e-video');
    await page.locator('input[type=file]').setInputFiles(file);
    const first = await until(() => canvasPrint(page, '.large-picture'));
    await until(async () => {
      const print = await canvasPrint(page, '.large-picture');
      return print !== undefined && print.sum !== first.sum ? print : undefined;
    });
    expect(errors).toEqual([]);
  });

  it('says so when a file is neither picture nor video', async () => {
    const { page } = await open(`${node.url}/#/connect`);
    await dropFile(page, 'notes.txt', 'text/plain', Buffer.from('hello'));
    await page.getByRole('alert').getByText('notes.txt is neither a picture nor a video.').waitFor();
    await dropFile(page, 'broken.jpg', 'image/jpeg', Buffer.from('hello'));
    await page.getByRole('alert').getByText('broken.jpg is not a picture this browser can show.').waitFor();
  });
});

describe('a node that goes away', () => {
  it('is waited for with the last picture in place, and followed again when it is back', async () => {
    const { page, errors } = await open(wall());
    const { page: sender } = await open(`${node.url}/#/connect`);
    await sender.getByRole('button', { name: 'Use the webcam' }).click();
    const sentBefore = await until(() => sentByBrowser(sender));
    await page.bringToFront();
    await until(() => canvasPrint(page, tile(demoCamera)));
    await node.stop();
    await page.getByRole('alert').getByText('Reconnecting').waitFor();
    expect((await canvasPrint(page, tile(demoCamera)))?.isBlank).toBe(false);
    expect(await page.locator('[data-status]').getAttribute('data-status')).not.toBe('open');

    node = await startNode({ port: node.port, dataDir, demoCameras: 1 });
    await page.locator('[data-status="open"]').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    const back = await until(() => canvasPrint(page, tile(demoCamera)));
    await until(async () => {
      const print = await canvasPrint(page, tile(demoCamera));
      return print !== undefined && print.seq !== back.seq && print.sum !== back.sum ? print : undefined;
    });
    await until(async () => ((await sentByBrowser(sender)) ?? 0) > sentBefore + 1 || undefined);
    // Refused connections are logged by the browser itself; the page may add nothing.
    expect(errors.filter((text) => !/ERR_CONNECTION|WebSocket connection/.test(text))).toEqual([]);
  });

  it('is taken for lost when it says nothing any more, and followed again when it speaks', async () => {
    let silent = false;
    const { page } = await open('about:blank');
    await page.routeWebSocket(/\/v1\/live/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        if (!silent) socket.send(message);
      });
    });
    await page.goto(wall());
    await page.locator('[data-status="open"]').waitFor();
    silent = true;
    await page.getByRole('alert').getByText('The node went silent.').waitFor();
    silent = false;
    // Unless it has tried by itself meanwhile.
    const tryNow = page.getByRole('button', { name: 'Try now' });
    await Promise.race([tryNow.click(), page.locator('[data-status="open"]').waitFor()]);
    await page.locator('[data-status="open"]').waitFor();
    await until(() => canvasPrint(page, tile(demoCamera)));
  });
});

describe('a node with a token', () => {
  const token = 'e2e-only-token-0123456789';
  let guarded: RunningNode;

  beforeAll(async () => {
    guarded = await startNode({
      port: await freePort(),
      dataDir: join(dataDir, 'guarded'),
      demoCameras: 0,
      // The other node's model serves here too.
      env: { CAMSHARD_AUTH__TOKEN: token, CAMSHARD_MODELS__DIR: join(dataDir, 'models') },
    });
  });
  afterAll(async () => guarded?.stop());

  it('is asked for, refused when wrong, and kept for the tab when right', async () => {
    const { page } = await open(guarded.url);
    await page.getByLabel('Access token').fill('not-the-token-of-it');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('The node refused this token.').waitFor();
    await page.getByLabel('Access token').fill(token);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.locator('[data-status="open"]').waitFor();
    await page.reload();
    await page.locator('[data-status="open"]').waitFor();
  });

  it('explains how to connect a camera while there is none', async () => {
    const { page } = await open(guarded.url);
    await page.getByLabel('Access token').fill(token);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('No cameras yet').waitFor();
    const host = new URL(guarded.url).host;
    await page.getByText(`npx camshard push my-camera --source video.mp4 --url ws://${host}`).waitFor();
    expect(await page.content()).not.toContain(token);
  });
});

/** A box as the table writes it. */
function tableText({ box }: Detection): string {
  const [x1, y1, x2, y2] = box.map((share) => (share * 100).toFixed(1));
  return `${x1}, ${y1} – ${x2}, ${y2}`;
}

/** How much of the box's left edge has its class's colour on the canvas, 0..1. */
function leftEdgeShare(
  shown: ShownFrame,
  picture: { width: number; height: number },
  { label, box }: Detection,
): number {
  const at = containRect(picture, shown);
  const x = Math.min(shown.width - 1, Math.floor(at.x + box[0] * at.width));
  const top = Math.ceil(at.y + box[1] * at.height) + 2;
  const bottom = Math.floor(at.y + box[3] * at.height) - 2;
  // The label stands over the upper end of a box that touches the picture's top.
  const from = Math.min(bottom - 1, top + 16);
  let matching = 0;
  for (let y = from; y < bottom; y++) {
    const i = 4 * (y * shown.width + x);
    const rgb = [1, 3, 5].map((at) => Number.parseInt(labelColour(label).slice(at, at + 2), 16));
    if (rgb.every((value, c) => Math.abs(value - (shown.pixels[i + c] ?? -99)) <= 12)) matching++;
  }
  return matching / Math.max(1, bottom - from);
}
