import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeFrames, framesFolder, readFrames } from '../frames.ts';
import { factsLine, machineFacts, ms, targetLines, writeReport } from '../lib/report.ts';
import { PACKAGE_DIR } from '../lib/servers.ts';
import { drainMs, EXACT_TARGETS, outageTargets, runTable, sinkTable } from './outcome.ts';
import { type OutageRun, outageRun } from './run.ts';
import { lengthsOf, pickScenarios, SCENARIOS } from './scenarios.ts';
import { World } from './world.ts';

/**
 * What alerts and history are sent to goes away under load, one after the other, while alerts open and close on every
 * camera: PostgreSQL, Redis, a webhook, all of them, and last the node itself. Everything raised is held against what
 * each subscriber heard, and frames against what they took before.
 */
const USAGE = `Usage: node dist/loadtest/outages/main.js [options]

  --outage-s S     how long each outage lasts (60; --quick: 5)
  --quick          short: 5 s, a breaker that opens for 3 s; times mean little
  --only LIST      of ${SCENARIOS.map(({ name }) => name).join(',')} (all)
  --breaker-s S    how long a sink's open breaker waits (30, as configured by default; --quick: 3)
  --cameras N      (12)      --fps F   of all cameras together (96): 70 % of what the device does
  --frames X       folder of JPEGs, or 60k, 20k, 4k (60k)
  --out DIR        where the report goes (loadtest/results; --quick: the temporary folder)`;

const { values } = parseArgs({
  options: {
    'outage-s': { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    'breaker-s': { type: 'string' },
    cameras: { type: 'string', default: '12' },
    fps: { type: 'string', default: '96' },
    frames: { type: 'string', default: '60k' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const outageS = Number(values['outage-s'] ?? (values.quick ? 5 : 60));
const breakerS = Number(values['breaker-s'] ?? (values.quick ? 3 : 30));
const cameras = Number(values.cameras);
const lengths = lengthsOf(outageS, breakerS, values.quick);
const scratch = mkdtempSync(join(tmpdir(), 'camshard-outages-scratch-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const scenarios = pickScenarios(values.only);
  const frames = await framesFolder(values.frames);
  const facts = machineFacts(new Date(), PACKAGE_DIR);
  console.log(factsLine(facts));
  const runs: OutageRun[] = [];
  const world = await World.start({ breakerMs: breakerS * 1_000 });
  // A signal ends this process by exit(): the servers must not outlive it, and 'exit' can only do what is synchronous.
  process.once('exit', () => world.kill());
  try {
    for (const [i, scenario] of scenarios.entries()) {
      const options = { lengths, cameras, fps: Number(values.fps) / cameras, frames, scratch };
      const run = await outageRun(world, scenario, `o${i + 1}`, options);
      runs.push(run);
      console.log(line(run));
    }
  } finally {
    await world.close();
  }
  const targets = outageTargets(runs);
  const markdown = [
    '# Outages of what alerts and history are sent to',
    factsLine(facts),
    `One node under \`camshard up\`, one simulated device (138 frames/s), gate off; ${cameras} cameras, together ` +
      `${values.fps} fps, credits ignored, ${describeFrames(values.frames, await readFrames(frames))}. Each camera has six ` +
      'rules that open when an object of a class appears and close a second after the last. PostgreSQL, redis-server ' +
      '(appendonly, fsync always), mosquitto, an HTTP endpoint, a live watcher and an API client beside it, all real; ' +
      `for each outage a fresh set of cameras, ${lengths.beforeS} s before, ${outageS} s of outage, ${lengths.afterS} s ` +
      `after; an open breaker waits ${breakerS} s. p99 is the median of the p99s of slices of 5 s; loop p99 is the ` +
      'median of what the node says of its event loop twice a second; figures with strokes are before / during / after. ' +
      '"Drained after" is from the return until the last alert raised before it was heard, and until the database ' +
      'had every record taken before it.',
    runTable(runs),
    sinkTable(runs),
    '## What it must show',
    targetLines(targets),
  ].join('\n\n');
  const out = values.out ?? (values.quick ? tmpdir() : join(PACKAGE_DIR, 'loadtest', 'results'));
  const path = writeReport(out, values.quick ? 'outages-quick' : 'outages', facts, markdown, {
    lengths,
    targets,
    runs,
  });
  console.log(`\n${markdown}\n\n${path}.md`);
  return targets.slice(0, EXACT_TARGETS).every(({ met }) => met) ? 0 : 1;
}

function line(r: OutageRun): string {
  const missing = r.sinks.filter((s) => s.missing > 0).map((s) => `${s.missing} for ${s.sink}`);
  const problems = [...r.ledgerProblems, ...r.outboxProblems, ...r.historyProblems, ...r.problems];
  return (
    `${r.name}: raised ${r.raised}, missing ${missing.join(', ') || 'none'}, drained after ${ms(drainMs(r))}, p99 ` +
    `${ms(r.before.p99Ms)} / ${ms(r.during.p99Ms)} / ${ms(r.after.p99Ms)}; ${problems[0] ?? 'all exact'}`
  );
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  return 2;
});
