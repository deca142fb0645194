import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { NodeConfigInput } from '../../config/schema.ts';
import { describeFrames, framesFolder, readFrames } from '../frames.ts';
import { type LoadFigures, measureLoad } from '../lib/measure.ts';
import { factsLine, machineFacts, targetLines, writeReport } from '../lib/report.ts';
import { PACKAGE_DIR } from '../lib/servers.ts';
import { LADDER_CONFIG } from '../overload/outcome.ts';
import { findSaturation } from '../overload/saturation.ts';
import { HOT_RUN_NAME, type HotOutcome, type HotRunKind, hotRows, hotTable, hotTargets } from './outcome.ts';

/** One hot camera among equal ones, and priorities under overload, real model. */
const USAGE = `Usage: node dist/loadtest/hot-camera/main.js [options]

  --quick          that all of it works; figures mean little
  --saturation F   frames/s taken as saturation, instead of looking for it
  --share S        load of the equal cameras, of saturation (0.9)
  --factor F       rate of the hot camera, in those of the others (10)
  --overload F     load of the priority runs, in saturations (2)
  --repeats N      (3)     --seconds S   measured, each run (20)    --warmup S  (8)
  --cameras N      (16)    --frames X    folder of JPEGs, or 60k, 20k, 4k (60k)
  --out DIR        where the report goes (loadtest/results; --quick: the temporary folder)`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    saturation: { type: 'string' },
    share: { type: 'string', default: '0.9' },
    factor: { type: 'string', default: '10' },
    overload: { type: 'string', default: '2' },
    repeats: { type: 'string' },
    seconds: { type: 'string' },
    warmup: { type: 'string' },
    cameras: { type: 'string', default: '16' },
    frames: { type: 'string', default: '60k' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const FRAMES_DIR = await framesFolder(values.frames);
const cameras = Number(values.cameras);
const seconds = Number(values.seconds ?? (values.quick ? 4 : 20));
const warmupSeconds = Number(values.warmup ?? (values.quick ? 2 : 8));

/**
 * Half of them critical: were it fewer, four times a low camera's share would be more than one critical camera sends,
 * and what it sends would be seen instead of what it may.
 */
const PRIORITY_GROUPS = { critical: cameras / 2, normal: cameras / 4, low: cameras / 4 } as const;
const PRIORITY_FLAGS = Object.entries(PRIORITY_GROUPS).map(([name, n]) => `${name}:${n}`);
const PRIORITIES = { critical: ['critical-*'], low: ['low-*'] };

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (!Number.isInteger(cameras / 4)) throw new RangeError('--cameras must be a multiple of 4');
  const facts = machineFacts(new Date(), PACKAGE_DIR);
  console.log(factsLine(facts));
  const saturationFps =
    values.saturation === undefined
      ? (await findSaturation({ fromFps: 40, cameras, seconds: values.quick ? 3 : 10, frames: FRAMES_DIR })).fps
      : Number(values.saturation);
  console.log(`saturation: ${saturationFps} fps`);

  const outcomes: HotOutcome[] = [];
  const kinds = Object.keys(HOT_RUN_NAME) as HotRunKind[];
  for (let repeat = 0; repeat < Number(values.repeats ?? (values.quick ? 1 : 3)); repeat++) {
    for (const kind of kinds) {
      const figures = await runOf(kind, saturationFps);
      outcomes.push({ kind, figures });
      const groups = figures.swarm.groups.map(
        (g) => `${g.name} ${g.resultsPerSPerCamera}/s each, p99 ${g.latencyMs.p99} ms`,
      );
      const ledger = figures.swarm.ledger?.closed === true ? '' : `, LEDGER OPEN: ${figures.swarm.ledger?.problems[0]}`;
      console.log(`${HOT_RUN_NAME[kind]}: ${groups.join('; ')}${ledger}`);
    }
  }

  const rows = hotRows(outcomes);
  const targets = hotTargets(rows);
  const markdown = [
    '# A hot camera, and priorities',
    factsLine(facts),
    `Saturation ${saturationFps} fps. ${cameras} cameras together at ${values.share} of it, one of them then at ` +
      `${values.factor}x its rate; priorities at ${values.overload}x saturation, weights 4, 2, 1. Credits are ignored ` +
      `unless said, gate off, one input size except with the whole ladder; ${seconds} s measured after ` +
      `${warmupSeconds} s, ${describeFrames(values.frames, await readFrames(FRAMES_DIR))}, medians of ` +
      `${outcomes.length / kinds.length} repeats.`,
    hotTable(rows),
    '## What it must show',
    targetLines(targets),
  ].join('\n\n');
  const out = values.out ?? (values.quick ? tmpdir() : join(PACKAGE_DIR, 'loadtest', 'results'));
  const data = {
    saturationFps,
    rows,
    targets,
    outcomes: outcomes.map((o) => ({ kind: o.kind, swarm: o.figures.swarm })),
  };
  const path = writeReport(out, values.quick ? 'hot-camera-quick' : 'hot-camera', facts, markdown, data);
  console.log(`\n${markdown}\n\n${path}.md`);
  return targets.at(-1)?.met === true ? 0 : 1;
}

function runOf(kind: HotRunKind, saturationFps: number): Promise<LoadFigures> {
  const priorities = kind !== 'equal' && kind !== 'hot';
  const base = LADDER_CONFIG[kind === 'priorities_ladder' ? 'whole' : 'none'];
  const config: NodeConfigInput = priorities ? { ...base, flow: { ...base.flow, priorities: PRIORITIES } } : base;
  const flags = priorities
    ? ['--groups', PRIORITY_FLAGS.join(',')]
    : kind === 'hot'
      ? ['--hot', `1:${values.factor}`]
      : [];
  const share = priorities ? Number(values.overload) : Number(values.share);
  return measureLoad({
    config,
    cameras,
    fps: (saturationFps * share) / cameras,
    seconds,
    warmupSeconds,
    frames: FRAMES_DIR,
    flags: [...flags, ...(kind === 'priorities_obeying' ? [] : ['--ignore-credits'])],
  });
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
