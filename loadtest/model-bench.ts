/**
 * What one run of the default model costs, under the settings of ONNX Runtime and the rewrites of its importer:
 *
 *     node dist/loadtest/model-bench.js [--size 320] [--rounds 40] [--only settings|batches|rewrites|sizes|start]
 *
 * All variants of a table run in turn, one run each per round, so that whatever else the machine does hits all alike.
 * Wall and CPU time are per frame; CPU time counts all threads, spinning ones too.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { buildCenternet, centernet } from '../models/import/centernet.ts';
import { readModelSource } from '../models/import/model-source.ts';
import { CPU_REWRITES } from '../models/import/optimise-graph.ts';
import { encodeOnnx } from '../models/import/write-onnx.ts';

const { values: flags } = parseArgs({
  options: {
    size: { type: 'string', default: '320' },
    rounds: { type: 'string', default: '40' },
    only: { type: 'string' },
  },
});
const size = Number(flags.size);
const rounds = Number(flags.rounds);
const source = await readModelSource(centernet);
const producer = { name: 'model-bench', version: '0' };
const modelOf = (side: number, rewrites = CPU_REWRITES): Uint8Array =>
  encodeOnnx(buildCenternet(source, side, [], rewrites), 'bench', producer);

interface Variant {
  readonly name: string;
  readonly model?: Uint8Array;
  readonly options?: InferenceSession.SessionOptions;
  readonly batch?: number;
  readonly side?: number;
}

const threads = (count: number, spin = false): InferenceSession.SessionOptions => ({
  intraOpNumThreads: count,
  logSeverityLevel: 3,
  extra: { session: { intra_op: { allow_spinning: spin ? '1' : '0' } } },
});

async function compare(title: string, variants: readonly Variant[]): Promise<void> {
  const model = modelOf(size);
  const running: {
    readonly variant: Variant;
    session: InferenceSession;
    feed: Tensor;
    wall: number[];
    cpu: number[];
  }[] = [];
  for (const variant of variants) {
    const { batch = 1, side = size } = variant;
    const data = Uint8Array.from({ length: batch * side * side * 3 }, (_, i) => (i * 7919) % 251);
    const session = await InferenceSession.create(variant.model ?? model, variant.options ?? threads(1));
    running.push({ variant, session, feed: new Tensor('uint8', data, [batch, side, side, 3]), wall: [], cpu: [] });
  }
  for (let round = -3; round < rounds; round++) {
    for (const { variant, session, feed, wall, cpu } of running) {
      // Threads of the variant before go on spinning for some milliseconds, at this one's cost.
      await sleep(15);
      const cpuBefore = process.cpuUsage();
      const start = performance.now();
      await session.run({ frames: feed });
      const wallMs = performance.now() - start;
      const used = process.cpuUsage(cpuBefore);
      if (round < 0) continue;
      wall.push(wallMs / (variant.batch ?? 1));
      cpu.push((used.user + used.system) / 1000 / (variant.batch ?? 1));
    }
  }
  const table = new Table({
    style: { head: [], border: [] },
    head: [title, 'wall min', 'wall p50', 'cpu min', 'cpu p50'],
  });
  for (const { variant, session, wall, cpu } of running) {
    table.push([variant.name, at(wall, 0), at(wall, 0.5), at(cpu, 0), at(cpu, 0.5)]);
    await session.release();
  }
  console.log(`${table.toString()}\n`);
}

function at(values: number[], share: number): string {
  values.sort((a, b) => a - b);
  return (values[Math.floor(share * (values.length - 1))] ?? NaN).toFixed(2);
}

async function compareStart(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'camshard-model-bench-'));
  const plain = join(dir, 'plain.onnx');
  const optimised = join(dir, 'optimised.onnx');
  await writeFile(plain, modelOf(size));
  const first = await InferenceSession.create(plain, { ...threads(1), optimizedModelFilePath: optimised });
  await first.release();
  const times: Record<string, number[]> = { plain: [], optimised: [] };
  for (let round = 0; round < 7; round++) {
    for (const [name, path, level] of [
      ['plain', plain, 'all'],
      ['optimised', optimised, 'disabled'],
    ] as const) {
      const start = performance.now();
      const session = await InferenceSession.create(path, { ...threads(1), graphOptimizationLevel: level });
      times[name]?.push(performance.now() - start);
      await session.release();
    }
  }
  const table = new Table({ style: { head: [], border: [] }, head: ['start of a session', 'min ms', 'p50 ms'] });
  for (const [name, values] of Object.entries(times)) table.push([name, at(values, 0), at(values, 0.5)]);
  console.log(`${table.toString()}\n`);
  await rm(dir, { recursive: true, force: true });
}

const wants = (table: string) => flags.only === undefined || flags.only === table;
console.log(`default model at ${size}, ms per frame, ${rounds} rounds\n`);
if (wants('settings')) {
  await compare('settings, batch 1', [
    { name: '1 thread' },
    { name: '2 threads, no spinning', options: threads(2) },
    { name: '2 threads, spinning', options: threads(2, true) },
    {
      name: '1 thread, parallel execution',
      options: { ...threads(1), executionMode: 'parallel', interOpNumThreads: 2 },
    },
    { name: '1 thread, optimisation extended', options: { ...threads(1), graphOptimizationLevel: 'extended' } },
    { name: '1 thread, optimisation disabled', options: { ...threads(1), graphOptimizationLevel: 'disabled' } },
  ]);
}
if (wants('batches')) {
  const batches = [1, 2, 4, 8];
  await compare('batch', [
    ...batches.map((batch) => ({ name: `b=${batch}, 1 thread`, batch })),
    ...batches.map((batch) => ({ name: `b=${batch}, 2 threads, no spinning`, batch, options: threads(2) })),
  ]);
  // In tables of their own: spinning threads take the processor from whatever runs next.
  for (const batch of batches) {
    await compare('batch, spinning', [{ name: `b=${batch}, 2 threads, spinning`, batch, options: threads(2, true) }]);
  }
}
if (wants('rewrites')) {
  const upTo = CPU_REWRITES.map((rewrite, i) => ({
    name: `+ ${rewrite.name}`,
    model: modelOf(size, CPU_REWRITES.slice(0, i + 1)),
  }));
  await compare('rewrites, 1 thread', [{ name: 'none', model: modelOf(size, []) }, ...upTo]);
}
if (wants('sizes')) {
  await compare(
    'input size, 1 thread',
    centernet.inputSizes.map((side) => ({ name: `${side}`, side, model: modelOf(side) })),
  );
}
if (wants('start')) await compareStart();
