import { join as joinPath } from 'node:path';
import { errorMessage } from '../../core/errors.ts';
import { describeFrames, framesFolder, readFrames } from '../frames.ts';
import { factsLine, type MachineFacts, machineFacts, writeReport } from '../lib/report.ts';
import { PACKAGE_DIR } from '../lib/servers.ts';
import { type ClusterOptions, parseCommand, type ScenarioName, USAGE } from './options.ts';
import { resultTable, type ScenarioResult, targetText } from './outcome.ts';
import { join } from './scenarios/join.ts';
import { kill } from './scenarios/kill.ts';
import { pause } from './scenarios/pause.ts';
import { redisMaster } from './scenarios/redis-master.ts';
import { redisStop } from './scenarios/redis-stop.ts';
import { rolling } from './scenarios/rolling.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { World } from './world.ts';

/** A cluster of real processes under load, disturbed in one way after the other: see `--help`. */
async function main(): Promise<number> {
  const options = parseCommand(process.argv.slice(2));
  if (options === undefined) {
    console.log(USAGE);
    return process.argv.includes('--help') ? 0 : 2;
  }
  // Whatever way it ends, everything that was started is ended with it: on 'exit'.
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => process.exit(status));
  }
  const framesDir = await framesFolder(options.frames);
  let broken = false;
  for (const name of options.scenarios) {
    const facts = machineFacts(new Date(), PACKAGE_DIR);
    console.log(factsLine(facts));
    const results: ScenarioResult[] = [];
    for (let i = 0; i < options.repeats; i++) {
      for (const scenario of scenariosOf(name, options)) {
        results.push(await runOne(scenario, { ...options, framesDir }));
      }
    }
    broken ||= results.some(({ targets }) => targets.some(({ met, hard }) => hard && !met));
    await report(name, facts, { ...options, framesDir }, results);
  }
  return broken ? 1 : 0;
}

function scenariosOf(name: ScenarioName, { tags }: ClusterOptions): readonly Scenario[] {
  switch (name) {
    case 'join':
      return [join];
    case 'kill':
      return [kill];
    case 'rolling':
      return [rolling];
    case 'pause':
      return [pause];
    case 'redis-master':
      return tags.map(redisMaster);
    case 'redis-stop':
      return [redisStop];
  }
}

async function runOne(scenario: Scenario, asked: ClusterOptions): Promise<ScenarioResult> {
  const o = { ...asked, seconds: asked.secondsAsked ?? scenario.seconds(asked) };
  const { nodes, postgres, breakerMs, keep } = o;
  const world = await World.start({ nodes, postgres, breakerMs, keep, config: {} });
  if (keep) console.log(`logs and data: ${world.dir}`);
  try {
    const result = await scenario.run(world, o);
    console.log(`\n${section(result)}\n`);
    return result;
  } finally {
    await world.close();
  }
}

const section = (r: ScenarioResult): string =>
  `## ${r.name}: ${r.what}\n\n${resultTable(r)}\n\n${targetText(r.targets)}`;

async function report(
  name: ScenarioName,
  facts: MachineFacts,
  o: ClusterOptions,
  results: readonly ScenarioResult[],
): Promise<void> {
  if (!o.write) return;
  const pictures = describeFrames(o.frames, await readFrames(o.framesDir));
  const markdown = [
    `# Cluster: ${name}`,
    factsLine(facts),
    `\`node dist/loadtest/cluster/main.js ${process.argv.slice(2).join(' ')}\``,
    `${o.nodes} nodes under \`camshard up\`, each with a simulated device (8 frames in 6 ms), gate and adaptive sampling ` +
      `off, on a Redis Cluster of six (three masters); ${o.postgres ? 'history in a PostgreSQL' : 'no history is kept'}. ` +
      `${o.cameras} cameras of ${o.fps} frames/s each, ${pictures}; ${o.watched} of them with six rules, and a track number for ` +
      `every invented box. All on this one machine, generator and watching included. A gap is what was missing between two ` +
      "served frames beyond the frame interval. The open breaker of the alerts' sink waits " +
      `${o.breakerMs / 1_000} s. Exactness is asked of every run; times are told.`,
    ...results.map(section),
  ].join('\n\n');
  const data = results.map(({ load, ...rest }) => {
    const { answers: _answers, stream: _stream, events: _events, ...figures } = load;
    return { ...rest, load: figures };
  });
  const out = o.out ?? joinPath(PACKAGE_DIR, 'loadtest', 'results');
  console.log(`${writeReport(out, `cluster-${name}`, facts, markdown, { options: o, results: data })}.md`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? errorMessage(error)) : error);
  process.exitCode = 2;
}
