import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { describeFrames, readFrames } from '../frames.ts';
import type { CrossingOptions } from '../lib/crossings.ts';
import { type LoadFigures, measureOn } from '../lib/measure.ts';
import { factsLine, machineFacts, targetLines, writeReport } from '../lib/report.ts';
import { EVERY_FRAME, PACKAGE_DIR, type Server, startBaseline, startNode, withServer } from '../lib/servers.ts';
import { round } from '../lib/statistics.ts';
import { readAnswers } from '../swarm/record.ts';
import {
  type CrossingCount,
  countCrossings,
  holds,
  type StreamsStep,
  streamsTable,
  streamsTargets,
} from './outcome.ts';

/**
 * How many streams of 5 fps the node holds on real footage, gate and sampling on: more and more cameras that play the
 * recording from places of their own, until p99 or the line crossings found say stop; the baseline on the same footage.
 */
const USAGE = `Usage: node dist/loadtest/streams/main.js --footage DIR [options]

  --footage DIR     JPEG frames of a recording, in order of name
  --footage-fps F   (24)   --line X1,Y1,X2,Y2   counting line, pixels (230,235,560,160)
  --fps F           frames/s each camera offers (5)
  --from N          (10)   --step N  (10)       --max N   (200)
  --rounds R        rounds of the footage each step lasts (2.1)
  --reference N     cameras of the unsampled, ungated run (6)
  --baseline LIST   streams of the baseline (10,15,20); none leaves it out
  --quick           that all of it works; figures mean little
  --out DIR         where the report goes (loadtest/results; --quick: the temporary folder)`;

const { values } = parseArgs({
  options: {
    footage: { type: 'string' },
    'footage-fps': { type: 'string', default: '24' },
    line: { type: 'string', default: '230,235,560,160' },
    fps: { type: 'string', default: '5' },
    from: { type: 'string', default: '10' },
    step: { type: 'string', default: '10' },
    max: { type: 'string' },
    rounds: { type: 'string', default: '2.1' },
    reference: { type: 'string', default: '6' },
    baseline: { type: 'string' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const VEHICLES: ReadonlySet<string> = new Set(['car', 'truck', 'bus', 'train', 'motorcycle']);
const SCORE_MIN = 0.25;
/** Rates start at what is wanted and have to find what can be had. */
const WARMUP_S = 20;
const footage = values.footage ?? '';
const fps = Number(values.fps);
const scratch = mkdtempSync(join(tmpdir(), 'camshard-streams-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

async function main(): Promise<number> {
  if (values.help || footage === '') {
    console.log(USAGE);
    return values.help ? 0 : 2;
  }
  const facts = machineFacts(new Date(), PACKAGE_DIR);
  console.log(factsLine(facts));
  const pictures = await readFrames(footage, Number.POSITIVE_INFINITY);
  const { width, height } = await sharp(pictures[0]).metadata();
  const crossing: CrossingOptions = { width, height, line: lineOf(values.line), labels: VEHICLES, scoreMin: SCORE_MIN };
  const loopMs = (pictures.length / Number(values['footage-fps'])) * 1000;
  // Without whole rounds there is nothing to count, so even a quick run lasts as long; it only takes fewer steps.
  const seconds = round((Number(values.rounds) * loopMs) / 1000, 1);
  const run = async (
    server: StreamsStep['server'],
    streams: number,
    starting: Promise<Server>,
  ): Promise<StreamsStep> => {
    const record = join(scratch, `${server}-${streams}.jsonl`);
    const figures = await withServer(starting, (on) => measure(on, server, streams, seconds, record));
    return { server, streams, figures, crossings: countCrossings(readAnswers(record), loopMs, crossing) };
  };

  const reference = await run('camshard', Number(values.reference), startNode({ config: EVERY_FRAME }));
  console.log(`reference: ${oneLine(reference)}`);
  const steps: StreamsStep[] = [];
  const step = Number(values.step);
  const max = Number(values.max ?? (values.quick ? 10 : 200));
  for (let streams = Number(values.from); streams <= max; streams += step) {
    const done = await run('camshard', streams, startNode({ config: { telemetry: { logLevel: 'warn' } } }));
    steps.push(done);
    console.log(`${streams} streams: ${oneLine(done)}`);
    if (!holds(done, reference.crossings)) break;
  }
  for (const streams of baselineStreams()) {
    const done = await run('baseline', streams, startBaseline());
    steps.push(done);
    console.log(`baseline, ${streams} streams: ${oneLine(done)}`);
    if (!holds(done, reference.crossings)) break;
  }

  const targets = streamsTargets(steps, reference.crossings);
  const markdown = [
    '# Streams one machine holds',
    factsLine(facts),
    `Each camera offers ${fps} fps of one recording (${describeFrames(footage, pictures)}, ${values['footage-fps']} ` +
      `fps), begins at a place of its own and obeys credit, rate and size; the node as it comes, gate and sampling on, ` +
      `centernet. ${seconds} s measured after ${WARMUP_S} s. Shares: withheld of what the cameras would send, gated ` +
      'and shed of what they sent. Latency is of results, from sending. Crossings of the line downwards, counted by ' +
      `the load test from the results over whole rounds; the unsampled, ungated run of ${values.reference} cameras ` +
      `finds ${describe(reference.crossings)}.`,
    streamsTable(steps, reference.crossings),
    '## What it must show',
    targetLines(targets),
  ].join('\n\n');
  const out = values.out ?? (values.quick ? tmpdir() : join(PACKAGE_DIR, 'loadtest', 'results'));
  const path = writeReport(out, values.quick ? 'streams-quick' : 'streams', facts, markdown, {
    targets,
    reference: withoutStatuses(reference),
    steps: steps.map(withoutStatuses),
  });
  console.log(`\n${markdown}\n\n${path}.md`);
  return targets.at(-1)?.met === true ? 0 : 1;
}

function measure(
  on: Server,
  server: StreamsStep['server'],
  streams: number,
  seconds: number,
  record: string,
): Promise<LoadFigures> {
  const play = ['--sequence', '--footage-fps', values['footage-fps'], '--record', record];
  return measureOn(on, {
    cameras: streams,
    fps,
    seconds,
    warmupSeconds: WARMUP_S,
    frames: footage,
    // The baseline has no way to ask for a size.
    flags: [...play, ...(server === 'baseline' ? ['--no-ledger'] : ['--fit', '320,224'])],
  });
}

function baselineStreams(): readonly number[] {
  const list = values.baseline ?? (values.quick ? 'none' : '10,15,20');
  return list === 'none' ? [] : list.split(',').map(Number);
}

function lineOf(text: string): CrossingOptions['line'] {
  const [x1, y1, x2, y2] = text.split(',').map(Number);
  if (x1 === undefined || y1 === undefined || x2 === undefined || y2 === undefined || Number.isNaN(x1 + y1 + x2 + y2)) {
    throw new RangeError(`--line ${text}: must be X1,Y1,X2,Y2`);
  }
  return { from: [x1, y1], to: [x2, y2] };
}

const describe = (c: CrossingCount): string => `${round(c.perRound, 2)} a round (${c.crossings} in ${c.rounds})`;

function oneLine({ figures: { swarm }, crossings }: StreamsStep): string {
  const ledger = swarm.ledger?.closed === false ? `, LEDGER OPEN: ${swarm.ledger.problems[0]}` : '';
  return `${swarm.window.resultsPerS} results/s, p99 ${swarm.latencyMs.fromSend.p99} ms, crossings ${describe(crossings)}${ledger}`;
}

function withoutStatuses({ server, streams, figures: { swarm, use, overload }, crossings }: StreamsStep): unknown {
  return { server, streams, crossings, swarm, use, lastOverload: overload.at(-1) ?? null };
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
