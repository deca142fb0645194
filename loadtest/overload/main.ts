import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeFrames, framesFolder, readFrames } from '../frames.ts';
import { type LoadFigures, measureLoad } from '../lib/measure.ts';
import { factsLine, machineFacts, megabytes, targetLines, writeReport } from '../lib/report.ts';
import { PACKAGE_DIR } from '../lib/servers.ts';
import {
  LADDER_CONFIG,
  type Ladder,
  longRun,
  OVERLOAD,
  type OverloadOutcome,
  overloadPlan,
  overloadRows,
  overloadTable,
  overloadTargets,
} from './outcome.ts';
import { findSaturation } from './saturation.ts';

/**
 * The node past what it can serve, real model, cameras that ignore credits; see README.md beside. First the load it
 * just serves is looked for, then 70 % of it, all of it and three times it are run, and last three times for minutes.
 */
const USAGE = `Usage: node dist/loadtest/overload/main.js [options]

  --quick          that all of it works; figures mean little
  --saturation F   frames/s taken as saturation, instead of looking for it
  --from F         where the search begins (40)
  --repeats N      (3)     --seconds S   measured, each run (30)    --warmup S  (12)
  --long S         seconds of the long run at 3x (300); 0 leaves it out
  --cameras N      (16)    --frames X    folder of JPEGs, or 60k, 20k, 4k (60k)
  --out DIR        where the report goes (loadtest/results; --quick: the temporary folder)`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    saturation: { type: 'string' },
    from: { type: 'string', default: '40' },
    repeats: { type: 'string' },
    seconds: { type: 'string' },
    // Long enough for the ladder to have climbed where it is going.
    warmup: { type: 'string' },
    long: { type: 'string' },
    cameras: { type: 'string', default: '16' },
    frames: { type: 'string', default: '60k' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const FRAMES_DIR = await framesFolder(values.frames);
const cameras = Number(values.cameras);
const seconds = Number(values.seconds ?? (values.quick ? 4 : 30));
const warmupSeconds = Number(values.warmup ?? (values.quick ? 2 : 12));
const longSeconds = Number(values.long ?? (values.quick ? 10 : 300));

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const facts = machineFacts(new Date(), PACKAGE_DIR);
  console.log(factsLine(facts));
  const saturation =
    values.saturation === undefined
      ? await findSaturation({
          fromFps: Number(values.from),
          cameras,
          seconds: values.quick ? 3 : 10,
          frames: FRAMES_DIR,
          onStep: (s) => console.log(`${s.offeredFps} fps: ${(s.answeredShare * 100).toFixed(1)} % answered`),
        })
      : { fps: Number(values.saturation), steps: [] };
  console.log(`saturation: ${saturation.fps} fps`);

  const outcomes: OverloadOutcome[] = [];
  const plan = overloadPlan(Number(values.repeats ?? (values.quick ? 1 : 3)));
  for (const [i, run] of plan.entries()) {
    const figures = await load(saturation.fps * run.factor, run.ladder, seconds);
    outcomes.push({ run, figures });
    console.log(`${i + 1}/${plan.length} ${run.factor}x, ladder ${run.ladder}: ${oneLine(figures)}`);
  }
  const sliceSeconds = Math.min(60, longSeconds / 5);
  const long =
    longSeconds === 0 ? undefined : longRun(await load(saturation.fps * OVERLOAD, 'whole', longSeconds), sliceSeconds);

  const rows = overloadRows(outcomes);
  const targets = overloadTargets(rows, long);
  const markdown = [
    '# Overload',
    factsLine(facts),
    `${cameras} cameras that ignore credits, gate off, ${seconds} s measured after ${warmupSeconds} s, ` +
      `${describeFrames(values.frames, await readFrames(FRAMES_DIR))}, medians of ${rows[0]?.repeats ?? 0} repeats. ` +
      `Saturation is ${saturation.fps} fps: the highest load of which 99 % get a result at the model's own input size` +
      `${saturation.steps.length === 0 ? ', as given' : ''}. Latency is of results only, from sending, by the ` +
      "camera's clock.",
    overloadTable(rows),
    long === undefined
      ? ''
      : `${long.seconds} s at ${OVERLOAD}x: ${long.resultsPerS} results/s, p99 ${long.p99Ms} ms; resident memory by ` +
        `${sliceSeconds} s: ${long.rssBytes.map(megabytes).join(', ')}.`,
    '## What it must show',
    targetLines(targets),
  ].join('\n\n');
  const out = values.out ?? (values.quick ? tmpdir() : join(PACKAGE_DIR, 'loadtest', 'results'));
  const data = { saturation, rows, long, targets, outcomes: outcomes.map(withoutSamples) };
  const path = writeReport(out, values.quick ? 'overload-quick' : 'overload', facts, markdown, data);
  console.log(`\n${markdown}\n\n${path}.md`);
  return targets.at(-1)?.met === true ? 0 : 1;
}

const load = (offeredFps: number, ladder: Ladder, measuredSeconds: number): Promise<LoadFigures> =>
  measureLoad({
    config: LADDER_CONFIG[ladder],
    cameras,
    fps: offeredFps / cameras,
    seconds: measuredSeconds,
    warmupSeconds,
    frames: FRAMES_DIR,
    flags: ['--ignore-credits'],
  });

function oneLine({ swarm, use }: LoadFigures): string {
  const { p50, p99 } = swarm.latencyMs.fromSend;
  const ledger = swarm.ledger?.closed === true ? 'closed' : `OPEN: ${swarm.ledger?.problems[0]}`;
  return `${swarm.window.resultsPerS} results/s, p50 ${p50} p99 ${p99} ms, RSS ${megabytes(use.rssEndBytes)}, ledger ${ledger}`;
}

/** For the JSON: the statuses of each second are in the table, by input size. */
function withoutSamples({ run, figures: { swarm, use, overload } }: OverloadOutcome): unknown {
  return { run, swarm, use, lastOverload: overload.at(-1) ?? null };
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
