import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { FAULTS, type FaultName, SIM_DEFAULTS, type SimOptions } from '../../test/sim/options.ts';
import { failureText, runSeed } from '../../test/sim/run-seed.ts';
import type { SimResult } from '../../test/sim/simulation.ts';
import { addStats, newStats } from '../../test/sim/stats.ts';

/**
 * The simulated cluster (test/sim), many seeds on all cores:
 *
 *     node dist/loadtest/sim/main.js                      1,000 seeds, 10^8 steps
 *     node dist/loadtest/sim/main.js --seconds 180        fresh seeds for so long
 *     node dist/loadtest/sim/main.js --seed 7 [--trace]   one of them
 *
 * `--faults crash,pause` or `--without lossy` narrow down what a seed may do, `--nodes`, `--shards`, `--cameras`,
 * `--fps` how much there is. Ends with status 1 where an invariant broke, and says how to see it again.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    first: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1000' },
    seconds: { type: 'string' },
    steps: { type: 'string', default: String(SIM_DEFAULTS.steps) },
    nodes: { type: 'string' },
    shards: { type: 'string', default: String(SIM_DEFAULTS.shards) },
    cameras: { type: 'string', default: String(SIM_DEFAULTS.camerasPerShard) },
    fps: { type: 'string', default: String(SIM_DEFAULTS.fps) },
    faults: { type: 'string' },
    without: { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
    failures: { type: 'string', default: '3' },
    trace: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

function optionsOf(seed: number): SimOptions {
  const list = (text: string) =>
    text.split(',').filter((name): name is FaultName => FAULTS.includes(name as FaultName));
  return {
    seed,
    steps: Number(values.steps),
    shards: Number(values.shards),
    camerasPerShard: Number(values.cameras),
    fps: Number(values.fps),
    trace: false,
    ...(values.nodes === undefined ? {} : { nodes: Number(values.nodes) }),
    ...(values.faults === undefined ? {} : { faults: list(values.faults) }),
    ...(values.without === undefined ? {} : { without: list(values.without) }),
  };
}

/** Seeds one after the other, as they are asked for. */
function work(): void {
  parentPort?.on('message', (seed: number) => parentPort?.postMessage(runSeed(optionsOf(seed))));
}

function one(seed: number): number {
  const options = { ...optionsOf(seed), trace: values.trace };
  const startedAt = performance.now();
  const result = runSeed(options);
  const ms = performance.now() - startedAt;
  console.log(JSON.stringify(result.stats, null, 1));
  console.log(`${result.steps} steps in ${ms.toFixed(0)} ms, ${((result.steps / ms) * 1_000).toFixed(0)} steps/s`);
  if (result.failure === undefined) return 0;
  console.log(failureText(result, options));
  return 1;
}

async function many(): Promise<number> {
  const forMs = values.seconds === undefined ? undefined : Number(values.seconds) * 1_000;
  // Fresh seeds: from the time of day, printed with each failure.
  const first = forMs === undefined ? Number(values.first) : Date.now() % 2 ** 31;
  const count = forMs === undefined ? Number(values.seeds) : Number.POSITIVE_INFINITY;
  const startedAt = performance.now();
  const sum = newStats();
  const failed: SimResult[] = [];
  let given = 0;
  let done = 0;
  let steps = 0;
  let simulatedMs = 0;
  const elapsedMs = () => performance.now() - startedAt;
  const worker = () =>
    new Promise<void>((resolve, reject) => {
      const thread = new Worker(fileURLToPath(import.meta.url), { argv: process.argv.slice(2), workerData: 'sim' });
      const next = () => {
        const over = given >= count || (forMs !== undefined && elapsedMs() > forMs);
        if (over || failed.length >= Number(values.failures)) void thread.terminate().then(() => resolve(), reject);
        else thread.postMessage(first + given++);
      };
      thread.on('error', reject);
      thread.on('message', (result: SimResult) => {
        done++;
        steps += result.steps;
        simulatedMs += result.simulatedMs;
        addStats(sum, result.stats);
        if (result.failure !== undefined) {
          failed.push(result);
          console.log(failureText(result, optionsOf(result.seed)), '\n');
        }
        if (done % 100 === 0) console.log(`${done} seeds, ${steps} steps, ${failed.length} failed`);
        next();
      });
      next();
    });
  await Promise.all(Array.from({ length: Number(values.workers) }, worker));
  const s = elapsedMs() / 1_000;
  const lines = [
    '| figure | value |',
    '| --- | --- |',
    `| seeds | ${done}, from ${first} |`,
    `| steps | ${steps} |`,
    `| simulated | ${(simulatedMs / 3_600_000).toFixed(1)} h |`,
    `| took | ${s.toFixed(0)} s, ${(steps / s / 1e6).toFixed(2)} M steps/s on ${values.workers} threads |`,
    `| seeds with a broken invariant | ${failed.length}${failed.map(({ seed }) => ` ${seed}`).join('')} |`,
    `| slowest recovery | ${(sum.recoveryMsMax / 1_000).toFixed(1)} s after the last fault |`,
    ...Object.entries(sum)
      .filter(([key]) => key !== 'recoveryMsMax')
      .map(([key, value]) => `| ${key} | ${typeof value === 'number' ? value : told(value)} |`),
  ];
  console.log(lines.join('\n'));
  if (values.out !== undefined) writeFileSync(values.out, `${lines.join('\n')}\n`);
  return failed.length === 0 ? 0 : 1;
}

function told(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ');
}

if (!isMainThread && workerData === 'sim') work();
else if (values.seed !== undefined) process.exitCode = one(Number(values.seed));
else process.exitCode = await many();
