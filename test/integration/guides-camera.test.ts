import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledgerImbalance, sumCounts } from '../../core/ledger.ts';
import { launchChromium } from '../e2e/chromium.ts';
import { GUIDE_TOOLS, GuideFolder } from '../support/guide-snippets.ts';
import { startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { freePort } from '../support/server-process.ts';
import { StingyNode } from '../support/stingy-node.ts';
import { until } from '../support/until.ts';

const GUIDE = 'docs/guides/connect-a-camera.md';

let folder: GuideFolder;
let node: TestNode;
let site: Server;
let browser: Browser | undefined;

beforeAll(async () => {
  const sitePort = await freePort();
  node = await startTestNode({ server: { allowedOrigins: [`http://127.0.0.1:${sitePort}`] } });
  folder = new GuideFolder(GUIDE, { '127.0.0.1:8080': `127.0.0.1:${node.port}` });
  folder.needs(...Object.values(GUIDE_TOOLS).filter((tool) => !/redis|mosquitto/.test(tool.package)));
  site = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(readFileSync(join(folder.dir, 'camera.html')));
  });
  await new Promise<void>((done) => site.listen(sitePort, '127.0.0.1', done));
  const film = 'testsrc2=duration=2:size=640x360:rate=10';
  const made = await folder.script(`ffmpeg -loglevel error -f lavfi -i ${film} -c:v mpeg4 -y traffic.mp4`).ended;
  expect(made).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await browser?.close();
  await folder?.remove();
  site?.close();
  await stopTestNodes();
});

/** Holds that frames of the camera were analysed, that none was bad, and that its account closes. */
async function expectServed(camera: string, framesMin: number): Promise<void> {
  const { cameras } = await node.settledLedger();
  const ledger = cameras[camera];
  if (ledger === undefined) throw new Error(`${camera} never came`);
  expect(ledger.inferred).toBeGreaterThanOrEqual(framesMin);
  expect([sumCounts(ledger.rejected), sumCounts(ledger.lost), ledgerImbalance(ledger)]).toEqual([0, 0, 0]);
}

describe('the guide to connecting a camera', () => {
  it.each([
    ['push', 'push-1', /./],
    ['curl', 'curl-1', /"type":"result".*"label"/],
    ['python', 'python-1', /^\d+ .*'label'/m],
    ['python-http', 'python-2', /^pictures\/001.jpg .*'label'/m],
    ['gstreamer', 'gstreamer-1', /^\d+ .*'label'/m],
    ['go', 'go-1', /^\d+ \[\{\w+ 0\.\d+ \[/m],
    ['csharp', 'csharp-1', /^200 \{"type":"result".*"label"/m],
  ])('%s: detections come back and every frame is accounted for', async (name, camera, said) => {
    const ended = await folder.run(name);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(ended.stdout).toMatch(said);
    await expectServed(camera, 2);
  });

  it('browser: a page of another origin that is allowed pushes its webcam and shows detections', async () => {
    browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/camera.html`);
    await until('detections on the page', async () =>
      (await page.evaluate<string>(`document.querySelector('pre').textContent`)).includes('label'),
    );
    await page.close();
    await expectServed('browser-1', 1);
  });

  it('its clients keep to a mean credit, read every kind of answer, come back, and leave a name that another has', async () => {
    let page = '';
    const stingy = new StingyNode(() => page);
    const port = await stingy.listen();
    const mean = new GuideFolder(GUIDE, { '127.0.0.1:8080': `127.0.0.1:${port}`, '-i traffic.mp4': '-i endless.mp4' });
    page = readFileSync(join(mean.dir, 'camera.html'), 'utf8');
    try {
      await mean.script(`ffmpeg -loglevel error -f lavfi -i testsrc2=duration=60:size=64x36:rate=5 -y endless.mp4`)
        .ended;
      browser ??= await launchChromium();
      const tab = await browser.newPage();
      const [python, go] = [mean.start('python'), mean.start('go')];
      await tab.goto(`http://127.0.0.1:${port}/camera.html`);
      const [said] = await Promise.all([python.ended, go.ended]);
      expect(said.stdout).toMatch(/^2 no good$/m);
      await until('the browser was sent away', () => stingy.camera('browser-1').replaced);
      // Longer than its first waits.
      await new Promise((done) => setTimeout(done, 700));
      await tab.close();
      for (const name of ['python-1', 'go-1', 'browser-1']) {
        expect({ name, ...stingy.camera(name) }).toMatchObject({ name, connections: 2, pastCredit: 0, replaced: true });
      }
    } finally {
      await mean.remove();
      await stingy.close();
    }
  });
});
