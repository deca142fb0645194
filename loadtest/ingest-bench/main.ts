import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeFrames, framesFolder, readFrames } from '../frames.ts';
import { ProcessWatch, type WatchedUse } from '../lib/proc-stats.ts';
import {
  factsLine,
  machineFacts,
  markdownTable,
  ms,
  percent,
  type Target,
  targetLines,
  writeReport,
} from '../lib/report.ts';
import { PACKAGE_DIR, startNode, startSwarm, withServer } from '../lib/servers.ts';
import { round } from '../lib/statistics.ts';
import type { SwarmSummary } from '../swarm/swarm.ts';

/**
 * How many frames/s one node carries from its sockets to its results when inference costs nothing: simulated device of
 * zero cost, no decoding, results on, the generator on the same cores. First a closed loop (each camera has one frame
 * out and sends the next when it is answered), which finds the most; then planned rates, which show latency and what is
 * shed on the way there.
 *
 *     node dist/loadtest/ingest-bench/main.js [--rates 1000,2000,3000] [--cameras 64] [--seconds 10] [--frames 20k]
 */
const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '1000,2000,3000,4000' },
    cameras: { type: 'string', default: '64' },
    seconds: { type: 'string' },
    frames: { type: 'string', default: '20k' },
    out: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});

/** Drawn once, here: the processes of each run only read it. */
const FRAMES_DIR = await framesFolder(values.frames);

const TARGET_FPS = 2_000;

interface Step {
  /** Frames/s planned; 0 is the closed loop. */
  readonly rate: number;
  readonly swarm: SwarmSummary;
  readonly use: WatchedUse;
}

async function main(): Promise<number> {
  const facts = machineFacts(new Date(), PACKAGE_DIR);
  const rates = [0, ...(values.quick ? [] : values.rates.split(',').map(Number))];
  const steps: Step[] = [];
  for (const rate of rates) {
    const step = await runStep(rate, Number(values.seconds ?? (values.quick ? 3 : 10)));
    steps.push(step);
    console.log(`${nameOf(rate)}: ${step.swarm.window.resultsPerS} results/s, ledger ${ledgerOf(step)}`);
  }
  const best = Math.max(...steps.map((s) => s.swarm.window.resultsPerS));
  const bestStep = steps.find((s) => s.swarm.window.resultsPerS === best);
  const targets: readonly Target[] = [
    { what: `at least ${TARGET_FPS} frames/s from ingest to result`, measured: `${best}/s`, met: best >= TARGET_FPS },
    {
      what: 'every ledger closes',
      measured: steps.map(ledgerOf).join(', '),
      met: steps.every((s) => s.swarm.ledger?.closed === true),
    },
  ];
  const markdown = [
    '# Frames/s from ingest to result, inference at no cost',
    factsLine(facts),
    `${values.cameras} cameras, ${describeFrames(values.frames, await readFrames(FRAMES_DIR))}, results on, simulated device of zero cost, no decoding; node ` +
      'and generator share the cores. CPU in cores; "main thread" is the node’s JavaScript and sockets.',
    markdownTable(
      [
        'load',
        'sent /s',
        'results /s',
        'of those sent',
        'p50',
        'p99',
        'node CPU',
        'its main thread',
        'generator CPU',
        'generator lag p99',
        'node RSS max',
        'ledger',
      ],
      steps.map((s) => [
        nameOf(s.rate),
        s.swarm.window.sentPerS.toFixed(0),
        s.swarm.window.resultsPerS.toFixed(0),
        percent(s.swarm.window.resultsOfThem / s.swarm.window.sent),
        ms(s.swarm.latencyMs.fromSend.p50),
        ms(s.swarm.latencyMs.fromSend.p99),
        s.use.cpuCores.toFixed(2),
        s.use.mainThreadCores.toFixed(2),
        s.swarm.generatorCpuCores.toFixed(2),
        s.rate === 0 ? '-' : ms(s.swarm.generatorLagMs.p99),
        `${Math.round(s.use.rssMaxBytes / 1e6)} MB`,
        ledgerOf(s),
      ]),
    ),
    bestStep === undefined ? '' : limitOf(bestStep, facts.cores),
    targetLines(targets),
  ].join('\n\n');
  const out = values.out ?? (values.quick ? tmpdir() : join(PACKAGE_DIR, 'loadtest', 'results'));
  const path = writeReport(out, 'ingest', facts, markdown, { steps, targets });
  console.log(`\n${markdown}\n\n${path}.md`);
  return targets.every((t) => t.met) || values.quick ? 0 : 1;
}

async function runStep(rate: number, seconds: number): Promise<Step> {
  const starting = startNode({
    config: {
      telemetry: { logLevel: 'warn' },
      devices: [{ kind: 'simulated', baseMs: 0, perFrameMs: 0, noise: 0, decode: false }],
      // One frame out per camera: with more, a camera's own next frame would take the slot of its last.
      ...(rate === 0 ? { flow: { creditWindow: 1 } } : {}),
    },
  });
  return withServer(starting, async (node) => {
    const cameras = Number(values.cameras);
    const warmupSeconds = 2;
    const { child, sending, summary } = startSwarm({
      url: node.wsUrl,
      cameras,
      fps: rate / cameras,
      seconds,
      frames: FRAMES_DIR,
      flags: ['--results', '--warmup', String(warmupSeconds), ...(rate === 0 ? [] : ['--ignore-credits'])],
    });
    // Watched within the load, so that neither start nor drain dilute the mean.
    await sending;
    await sleep(warmupSeconds * 1000);
    const watch = new ProcessWatch(node.child.pid);
    await sleep((seconds - 0.5) * 1000);
    const use = watch.stop();
    const swarm = await summary;
    await child.exited;
    return { rate, swarm, use };
  });
}

const nameOf = (rate: number): string => (rate === 0 ? 'closed loop' : `${rate} fps planned`);
const ledgerOf = (s: Step): string =>
  s.swarm.ledger?.closed === true ? 'closed' : `open: ${s.swarm.ledger?.problems[0]}`;

/** Which of the things that can be full was full at the best step. */
function limitOf(step: Step, cores: number): string {
  const all = step.use.cpuCores + step.swarm.generatorCpuCores;
  const others = Math.max(0, step.use.machineCores - all) + step.use.stolenCores;
  const parts = [
    `At its best (${nameOf(step.rate)}) the node used ${round(step.use.cpuCores, 2)} cores (main thread ` +
      `${round(step.use.mainThreadCores, 2)}) and the generator ${round(step.swarm.generatorCpuCores, 2)}, together ` +
      `${round(all, 2)} of ${cores}; everything else on the machine took ${round(others, 2)}.`,
  ];
  if (step.use.mainThreadCores > 0.9) parts.push("The node's main thread was the limit.");
  else if (step.swarm.generatorCpuCores > 0.9) parts.push('The generator, one thread of JavaScript, was the limit.');
  else if (others > 0.2) parts.push('Others were busy on the machine: measure again when it is quiet.');
  else if (all > 0.9 * cores) parts.push('All cores were busy: node and generator took them from each other.');
  else parts.push('No processor was full: the limit is the number of frames under way.');
  return parts.join(' ');
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
