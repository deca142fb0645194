import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { errorMessage } from '../../core/errors.ts';
import { launchChromium } from '../../test/e2e/chromium.ts';
import { World } from '../cluster/world.ts';
import { describeFrames, framesFolder, readFrames } from '../frames.ts';
import { factsLine, machineFacts, writeReport } from '../lib/report.ts';
import { PACKAGE_DIR, startSwarm } from '../lib/servers.ts';
import { listed, type Opened, openPage, rest, scroll } from './browser.ts';
import { type DashboardOptions, parseCommand, USAGE } from './options.ts';
import { markdownOf, type Outcome, targetsOf } from './outcome.ts';
import { type Round, runRound } from './rounds.ts';

/** Longer than everything: the swarm is ended when all is measured. */
const SWARM_S = 900;
const LISTED_MS_MAX = 60_000;

async function main(): Promise<number> {
  const options = parseCommand(process.argv.slice(2));
  if (options === undefined) {
    console.log(USAGE);
    return 0;
  }
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => process.exit(status));
  }
  const facts = machineFacts(new Date(), PACKAGE_DIR);
  console.log(factsLine(facts));
  const framesDir = await framesFolder(options.frames);
  const { nodes, keep } = options;
  const world = await World.start({ nodes, postgres: false, breakerMs: 5_000, keep, config: {} });
  if (keep) console.log(`logs and data: ${world.dir}`);
  try {
    const outcome = await measure(world, options, framesDir);
    const targets = targetsOf(outcome);
    console.log(`\n${markdownOf(outcome)}\n`);
    if (options.write) {
      const pictures = describeFrames(options.frames, await readFrames(framesDir));
      const markdown = [
        '# Dashboard: what the page costs',
        factsLine(facts),
        `\`node dist/loadtest/dashboard/main.js ${process.argv.slice(2).join(' ')}\``,
        `${nodes} nodes under \`camshard up\` with a simulated device each (400 frames/s), gate and adaptive sampling off, on ` +
          `a Redis Cluster of six. ${options.cameras} cameras of ${options.fps} frames/s each, ${pictures}. Headless Chromium ` +
          'without a GPU, 1280 x 900. The dashboards of the rounds are what the wall asks of a node (its live feed with ' +
          `${options.shown} cameras, and what it polls), without a browser. All on this one machine, generator and browser included.`,
        markdownOf(outcome),
      ].join('\n\n');
      const out = options.out ?? join(PACKAGE_DIR, 'loadtest', 'results');
      console.log(`${writeReport(out, 'dashboard', facts, markdown, { options, outcome, targets })}.md`);
    }
    return targets.every(({ met }) => met) ? 0 : 1;
  } finally {
    await world.close();
  }
}

async function measure(world: World, o: DashboardOptions, framesDir: string): Promise<Outcome> {
  const swarm = startSwarm({
    url: world.running.map(({ wsUrl }) => wsUrl).join(','),
    cameras: o.cameras,
    fps: o.fps,
    seconds: SWARM_S,
    frames: framesDir,
    flags: ['--warmup', '0', '--prefix', 'cam', '--drain', '1'],
  });
  // Ended from here: it has nothing to sum up.
  swarm.summary.catch(() => {});
  let browser: Browser | undefined;
  try {
    await swarm.sending;
    const urls = world.running.map(({ httpUrl }) => httpUrl);
    const cameras = Array.from({ length: o.cameras }, (_, i) => `cam-${i}`);
    browser = await launchChromium();
    const seen = await inBrowser(browser, urls, o);
    await browser.close();
    browser = undefined;
    const rounds: Round[] = [];
    for (let i = 0; i < o.rounds; i++) {
      // Whichever comes first has the colder caches: they take turns.
      const pair = i % 2 === 0 ? [0, o.dashboards] : [o.dashboards, 0];
      for (const dashboards of pair) {
        const round = await runRound(urls, cameras, { dashboards, shown: o.shown, seconds: o.roundS });
        console.log(
          `round: ${dashboards} dashboards, p99 ${round.p99Ms.toFixed(1)} ms, ${round.fpsOut.toFixed(0)} fps`,
        );
        rounds.push(round);
      }
    }
    return { ...seen, rounds };
  } finally {
    await browser?.close();
    await swarm.child.stop(1_000);
  }
}

async function inBrowser(
  browser: Browser,
  urls: readonly string[],
  o: DashboardOptions,
): Promise<Omit<Outcome, 'rounds'>> {
  const url = urls[0] ?? '';
  const overview: Opened[] = [];
  const wall: Opened[] = [];
  for (let i = 0; i < o.opens; i++) {
    for (const [path, opened] of [
      ['/', overview],
      ['/#/cameras', wall],
    ] as const) {
      const { page, opened: one } = await openPage(browser, `${urls[i % urls.length]}${path}`);
      opened.push(one);
      await page.context().close();
    }
  }
  const { page } = await openPage(browser, `${url}/#/cameras`);
  const untilMs = performance.now() + LISTED_MS_MAX;
  while ((await listed(page)) < o.cameras) {
    if (performance.now() > untilMs) throw new Error(`the wall lists ${await listed(page)} of ${o.cameras} cameras`);
    await sleep(250);
  }
  const rested = await rest(page, o.restS);
  const scrolled = await scroll(page, o.scrollS);
  const cameras = await listed(page);
  await page.context().close();
  return { cameras, overview, wall, rested, scrolled };
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? errorMessage(error)) : error);
  process.exitCode = 2;
}
