import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeFrames, framesFolder, readFrames } from '../frames.ts';
import { Child, jsonLine } from '../lib/child.ts';
import { ProcessWatch } from '../lib/proc-stats.ts';
import { factsLine, machineFacts, targetLines, writeReport } from '../lib/report.ts';
import {
  MODELS_DIR,
  PACKAGE_DIR,
  runSwarm,
  SAME_WORK,
  startBaseline,
  startNode,
  startSink,
  startSwarm,
  withServer,
} from '../lib/servers.ts';
import { type BenchOutcome, benchRows, benchTable, benchTargets } from './outcome.ts';
import { type BenchRun, benchPlan } from './plan.ts';

/**
 * `npm run bench`: the node, the baseline and the bare loop under the same loads in one run; see README.md beside.
 * Each run has a server of its own, so that no run inherits another's memory.
 */
const USAGE = `Usage: npm run bench -- [options]

  --quick        one short repeat of two loads, to see that everything works; figures mean little
  --repeats N    (3)      --seconds S   measured, each run (20)     --warmup S  (3)
  --cameras N    (16)     --loads LIST  fps of all cameras (20,40,80,160)
  --frames X     folder of JPEGs, or 60k, 20k, 4k (60k)
  --out DIR      where the report goes (loadtest/results; --quick: the temporary folder)
  --strict       exit 1 also where a target is not met`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    repeats: { type: 'string' },
    seconds: { type: 'string' },
    warmup: { type: 'string', default: '3' },
    cameras: { type: 'string', default: '16' },
    loads: { type: 'string' },
    frames: { type: 'string', default: '60k' },
    out: { type: 'string' },
    strict: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** Drawn once, here: the processes of each run only read it. */
const FRAMES_DIR = await framesFolder(values.frames);

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const facts = machineFacts(new Date(), PACKAGE_DIR);
  const seconds = Number(values.seconds ?? (values.quick ? 3 : 20));
  const loadsFps = (values.loads ?? (values.quick ? '40,160' : '20,40,80,160')).split(',').map(Number);
  const plan = benchPlan({ repeats: Number(values.repeats ?? (values.quick ? 1 : 3)), loadsFps });
  console.log(`${plan.length} runs of ${seconds} s: ${factsLine(facts)}`);

  const outcomes: BenchOutcome[] = [];
  for (const [i, run] of plan.entries()) {
    const outcome = run.subject === 'bare-loop' ? await bareLoopRun(run, seconds) : await serverRun(run, seconds);
    outcomes.push(outcome);
    console.log(`${i + 1}/${plan.length} ${oneLine(outcome)}`);
  }

  const rows = benchRows(outcomes);
  const targets = benchTargets(rows);
  const load = `${values.cameras} cameras, ${seconds} s measured after ${values.warmup} s, ${describeFrames(values.frames, await readFrames(FRAMES_DIR))}`;
  const markdown = [
    '# Bench: node, baseline, bare loop',
    factsLine(facts),
    `${load}, medians of ${outcomes.length === 0 ? 0 : Math.max(...rows.map((r) => r.repeats))} repeats, ` +
      'centernet at 320. Latency is of results only, from sending to the result by the camera’s clock; ' +
      '"p99 from plan" counts from when the frame was meant to go. Credits are ignored unless said. ' +
      'The bare loop runs beside a sink that takes the same load.',
    benchTable(rows),
    '## What it must show',
    targetLines(targets),
  ].join('\n\n');
  const out = values.out ?? (values.quick ? tmpdir() : join(PACKAGE_DIR, 'loadtest', 'results'));
  const path = writeReport(out, values.quick ? 'bench-quick' : 'bench', facts, markdown, { rows, targets, outcomes });
  console.log(`\n${markdown}\n\n${path}.md`);
  if (rows.some((r) => r.ledgerClosed === false)) return 1;
  return values.strict && targets.some((t) => !t.met) ? 1 : 0;
}

const swarmFlags = (run: BenchRun): string[] => [
  ...['--warmup', values.warmup, '--seed', String(run.repeat + 1), '--results'],
  ...(run.credits === 'ignored' ? ['--ignore-credits'] : []),
];

async function serverRun(run: BenchRun, seconds: number): Promise<BenchOutcome> {
  const isNode = run.subject === 'camshard';
  const starting = isNode ? startNode({ config: { ...SAME_WORK, telemetry: { logLevel: 'warn' } } }) : startBaseline();
  return withServer(starting, async (server) => {
    const watch = new ProcessWatch(server.child.pid);
    const cameras = Number(values.cameras);
    const { child, sending, summary } = startSwarm({
      url: server.wsUrl,
      cameras,
      fps: run.offeredFps / cameras,
      seconds,
      frames: FRAMES_DIR,
      flags: [...swarmFlags(run), ...(isNode ? [] : ['--no-ledger'])],
    });
    await sending;
    // Ended with the load: what a server does while its backlog drains is not its memory under load.
    await sleep((Number(values.warmup) + seconds) * 1000);
    const use = watch.stop();
    const swarm = await summary;
    await child.exited;
    return { run, swarm, use };
  });
}

async function bareLoopRun(run: BenchRun, seconds: number): Promise<BenchOutcome> {
  return withServer(startSink(), async (sink) => {
    const cameras = Number(values.cameras);
    // The load must outlast the loop, which takes a moment to load the model.
    const load = runSwarm({
      url: sink.wsUrl,
      cameras,
      fps: run.offeredFps / cameras,
      seconds: seconds + 10,
      frames: FRAMES_DIR,
      flags: [...swarmFlags(run), '--no-ledger', '--drain', '0'],
    });
    const loop = new Child({
      entry: join(PACKAGE_DIR, 'dist', 'loadtest', 'bare-loop', 'main.js'),
      args: [
        ...['--models', MODELS_DIR, '--frames', FRAMES_DIR],
        ...['--seconds', String(seconds), '--warmup', values.warmup],
      ],
    });
    const framesPerS = await loop.waitForLine(
      'figure of the bare loop',
      (line) => jsonLine(line)?.framesPerS as number | undefined,
      (seconds + 120) * 1000,
    );
    await Promise.all([loop.exited, load]);
    return { run, framesPerS };
  });
}

function oneLine({ run, swarm, use, framesPerS }: BenchOutcome): string {
  const what = `${run.subject} at ${run.offeredFps} fps, credits ${run.credits}:`;
  if (swarm === undefined) return `${what} ${framesPerS} frames/s`;
  const { p50, p99 } = swarm.latencyMs.fromSend;
  const ledger =
    swarm.ledger === null ? '' : swarm.ledger.closed ? ', ledger closed' : `, LEDGER OPEN: ${swarm.ledger.problems[0]}`;
  const rss = use === undefined ? '' : `, RSS ${Math.round(use.rssEndBytes / 1e6)} MB`;
  return `${what} ${swarm.window.resultsPerS} results/s, p50 ${p50} p99 ${p99} ms${rss}${ledger}`;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
