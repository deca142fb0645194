/**
 * The default detector in float32, float16 and int8: what each finds on real frames against float32, and how fast it is
 * on this machine's CPU:
 *
 *     node dist/loadtest/precision-bench.js --frames DIR [--frames DIR ...] [--sizes 224,320] [--frames-max 200]
 *       [--rounds 40] [--recipes] [--out loadtest/results]
 *
 * Judged on the odd half of each folder; `--recipes` calibrates on the even half, as `calibrate.js` does. Speeds: all
 * graphs in turn, one run each per round, so that whatever else the machine does hits all alike; ratios are of medians.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  buildCenternet,
  buildCenternetForCalibration,
  buildCenternetInt8,
  CENTERNET_DISTANCES,
  centernet,
} from '../models/import/centernet.ts';
import { readModelSource } from '../models/import/model-source.ts';
import type { OnnxGraph } from '../models/import/onnx-graph.ts';
import { encodeOnnx } from '../models/import/write-onnx.ts';
import { factsLine, machineFacts, markdownTable } from './lib/report.ts';
import { calibrate } from './precision/calibrate.ts';
import { type PreparedFrame, prepareFrames, tensorOf } from './precision/frames.ts';
import { type Boxes, type Comparison, compareDetections } from './precision/match.ts';
import { RECIPES } from './precision/recipes.ts';
import { roundToFloat16 } from './precision/round-to-float16.ts';

const ACCURACY_HEAD = [
  'found by float32',
  'lost',
  'lost of 0.05 above',
  'extra',
  'mean score shift',
  'mean score error',
];

function accuracy(c: Comparison): string[] {
  const percent = (value: number) => `${value.toFixed(2)} %`;
  return [
    String(c.reference),
    percent(c.lostPercent),
    percent(c.clearLostPercent),
    percent(c.extraPercent),
    c.scoreShift.toFixed(4),
    c.scoreError.toFixed(4),
  ];
}

const { values: flags } = parseArgs({
  options: {
    frames: { type: 'string', multiple: true },
    sizes: { type: 'string', default: '224,320' },
    'frames-max': { type: 'string', default: '200' },
    rounds: { type: 'string', default: '40' },
    recipes: { type: 'boolean', default: false },
    out: { type: 'string', default: 'loadtest/results' },
  },
});
if (flags.frames === undefined) {
  console.error('needs --frames DIR');
  process.exit(2);
}
const folders = flags.frames;
const framesMax = Number(flags['frames-max']);
const rounds = Number(flags.rounds);
const source = await readModelSource(centernet);
const facts = machineFacts(new Date(), process.cwd());
const report: string[] = [`# Precisions of the default detector`, '', factsLine(facts), ''];

for (const size of flags.sizes.split(',').map(Number)) {
  const frames = await prepareFrames(folders, size, 'odd', framesMax);
  const reference = await detect(buildCenternet(source, size), frames, size);
  const judged = async (graph: OnnxGraph) =>
    compareDetections(reference, await detect(graph, frames, size), centernet.scoreThreshold);
  const int8 = centernet.build(source, size, 'int8');
  const rounded = roundToFloat16(buildCenternet(source, size, [], []), isNetwork);
  print(`## At ${size}: ${frames.length} frames of ${folders.length} films, score ${centernet.scoreThreshold} and up`, [
    ['against float32', ...ACCURACY_HEAD],
    ['float16 (rounding simulated)', ...accuracy(await judged(rounded))],
    ['int8', ...accuracy(await judged(int8))],
  ]);
  const speeds: string[][] = [['batch 1, wall ms', 'float32 p50', 'min', 'int8 p50', 'min', 'float32 / int8']];
  for (const threads of [1, 2]) {
    const [plain, quantised] = await race([buildCenternet(source, size), int8], size, threads);
    if (plain === undefined || quantised === undefined) continue;
    const ratio = (plain.p50 / quantised.p50).toFixed(2);
    speeds.push([
      `${threads} thread${threads > 1 ? 's' : ''}`,
      ...[plain.p50, plain.min, quantised.p50, quantised.min].map((ms) => ms.toFixed(1)),
      ratio,
    ]);
  }
  print(undefined, speeds);
}
if (flags.recipes) await compareRecipes(320);
const path = join(flags.out, `${facts.at.slice(0, 10)}-precision.md`);
await writeFile(path, `${report.join('\n')}\n`);
console.log(`written: ${path}`);

/** What was tried for int8, each with its accuracy and its speed on one thread. */
async function compareRecipes(size: number): Promise<void> {
  const frames = await prepareFrames(folders, size, 'odd', framesMax);
  const seen = await prepareFrames(folders, size, 'even', 30);
  const plain = buildCenternet(source, size);
  const reference = await detect(plain, frames, size);
  const rows: string[][] = [['recipe', ...ACCURACY_HEAD, 'float32 / int8, 1 thread']];
  for (const [name, recipe] of Object.entries(RECIPES)) {
    const figures = await calibrate(buildCenternetForCalibration(source, size), seen, size, recipe, name);
    const graph = buildCenternetInt8(source, size, figures);
    const comparison = compareDetections(reference, await detect(graph, frames, size), centernet.scoreThreshold);
    const [float32, int8] = await race([plain, graph], size, 1);
    rows.push([name, ...accuracy(comparison), ((float32?.p50 ?? NaN) / (int8?.p50 ?? NaN)).toFixed(2)]);
  }
  print(`## Recipes for int8, at ${size}, calibrated on ${seen.length} other frames of the same films`, rows);
}

function print(title: string | undefined, [head = [], ...rows]: readonly (readonly string[])[]): void {
  const text = [...(title === undefined ? [] : [title, '']), markdownTable(head, rows), ''];
  report.push(...text);
  console.log(text.join('\n'));
}

/** Values a float16 graph holds in float16: all but the boxes' computation. */
function isNetwork(value: string): boolean {
  return value.startsWith('tower_0/') && value !== CENTERNET_DISTANCES && value !== 'tower_0/mul';
}

function open(graph: OnnxGraph, threads: number): Promise<InferenceSession> {
  const model = encodeOnnx(graph, 'precision-bench', { name: 'camshard', version: '0' });
  return InferenceSession.create(model, {
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
}

async function detect(graph: OnnxGraph, frames: readonly PreparedFrame[], size: number): Promise<readonly Boxes[]> {
  const session = await open(graph, 1);
  const found: Boxes[] = [];
  for (const frame of frames) {
    const { boxes } = await session.run({ frames: tensorOf(frame, size) });
    found.push(Float32Array.from((boxes?.data ?? []) as Float32Array));
  }
  await session.release();
  return found;
}

interface Times {
  readonly p50: number;
  readonly min: number;
}

async function race(graphs: readonly OnnxGraph[], size: number, threads: number): Promise<readonly Times[]> {
  const pixels = Uint8Array.from({ length: size * size * 3 }, (_, i) => (i * 7919) % 251);
  const feed = new Tensor('uint8', pixels, [1, size, size, 3]);
  const racers = await Promise.all(graphs.map(async (graph) => ({ session: await open(graph, threads), ms: [0] })));
  for (const racer of racers) racer.ms.pop();
  for (let round = -3; round < rounds; round++) {
    for (const { session, ms } of racers) {
      const start = performance.now();
      await session.run({ frames: feed });
      if (round >= 0) ms.push(performance.now() - start);
    }
    // Short bursts with rests, so that a neighbour's busy second is a few rounds and not all.
    await sleep(10);
  }
  for (const { session } of racers) await session.release();
  return racers.map(({ ms }) => {
    ms.sort((a, b) => a - b);
    return { p50: ms[ms.length >> 1] ?? NaN, min: ms[0] ?? NaN };
  });
}
