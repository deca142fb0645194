import { parseArgs } from 'node:util';

export const SCENARIO_NAMES = ['join', 'kill', 'rolling', 'pause', 'redis-master', 'redis-stop'] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];

export const USAGE = `Usage: node dist/loadtest/cluster/main.js <scenario> [options]

  join           one node more joins: who moves, for how long cameras go unserved, whether counters go on
  kill           kill -9 of a node for good: when its cameras are served elsewhere, what became of their frames
  rolling        SIGTERM of each node in turn, each started again
  pause          SIGSTOP of a node for 10 s: nothing it does afterwards may count
  redis-master   kill -9 of a Redis master during a rebalance: of the map's, then of the jobs'
  redis-stop     all of Redis gone for 60 s: frames go on, alerts come afterwards, nobody owns what another owns
  all            one after the other

  --full           the size that the project states: 4 nodes, 1,000 cameras at 1 frame/s
  --nodes N        nodes at the beginning (3; --full: 4)
  --cameras N      (80; --full: 1000)     --fps F   of each (2; --full: 1)
  --watched N      cameras with rules and tracked boxes (all; --full: 200)
  --frames X       folder of JPEGs, or 60k, 20k, 4k (20k)
  --before-s S     load before anything happens (6; --full: 15)
  --seconds S      of load in all (as long as the scenario is bounded to take)
  --outage-s S     pause: 10; redis-stop: 60 (without --full: 20)
  --how X          redis-stop: kill (started again with its data) or freeze (kill)
  --tag X          redis-master: map, jobs or both, one after the other (both)
  --victim X       kill, pause: coordinator, other, or n1 ... (other)
  --repeats N      each with a new cluster (1)
  --ignore-credits cameras send whatever they are allowed (pause: always)
  --no-follow      cameras do not follow redirects: nodes relay
  --postgres       with a PostgreSQL and history; without it the nodes keep no history
  --breaker-s S    how long the open breaker of the alerts' sink waits (5; the product's default is 30)
  --keep           keep logs and data of the nodes, and say where
  --write          write loadtest/results/<date>-cluster-<scenario>.{md,json}
  --out DIR        there instead

Exit status: 1 where a frame is unaccounted for, an alert is doubled past its id, lost or out of its epoch, or a shard had
two owners; times that are missed are only told.`;

export interface ClusterOptions {
  readonly scenarios: readonly ScenarioName[];
  readonly nodes: number;
  readonly cameras: number;
  readonly fps: number;
  readonly watched: number;
  readonly frames: string;
  /** Folder of {@link frames}. */
  readonly framesDir: string;
  readonly beforeS: number;
  readonly seconds: number;
  /** Where `--seconds` was given. */
  readonly secondsAsked: number | undefined;
  readonly outageS: number | undefined;
  readonly full: boolean;
  readonly how: 'kill' | 'freeze';
  readonly tags: readonly ('map' | 'jobs')[];
  readonly victim: string;
  readonly repeats: number;
  readonly ignoreCredits: boolean;
  readonly follow: boolean;
  readonly postgres: boolean;
  readonly breakerMs: number;
  readonly keep: boolean;
  readonly out: string | undefined;
  readonly write: boolean;
}

/** Reads the command line; undefined where help was asked for. @throws TypeError or RangeError naming what is wrong */
export function parseCommand(argv: readonly string[]): ClusterOptions | undefined {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      full: { type: 'boolean', default: false },
      nodes: { type: 'string' },
      cameras: { type: 'string' },
      fps: { type: 'string' },
      watched: { type: 'string' },
      frames: { type: 'string', default: '20k' },
      'before-s': { type: 'string' },
      seconds: { type: 'string' },
      'outage-s': { type: 'string' },
      how: { type: 'string', default: 'kill' },
      tag: { type: 'string', default: 'both' },
      victim: { type: 'string', default: 'other' },
      repeats: { type: 'string', default: '1' },
      'ignore-credits': { type: 'boolean', default: false },
      'no-follow': { type: 'boolean', default: false },
      postgres: { type: 'boolean', default: false },
      'breaker-s': { type: 'string', default: '5' },
      keep: { type: 'boolean', default: false },
      out: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || positionals.length === 0) return undefined;
  const number = (name: string, value: string | undefined, absent: number, min: number): number => {
    const n = value === undefined ? absent : Number(value);
    if (!Number.isFinite(n) || n < min) throw new RangeError(`--${name} ${value}: must be a number from ${min}`);
    return n;
  };
  const { full } = values;
  const cameras = Math.floor(number('cameras', values.cameras, full ? 1_000 : 80, 1));
  const secondsAsked = values.seconds === undefined ? undefined : number('seconds', values.seconds, 0, 1);
  return {
    scenarios: positionals.includes('all') ? SCENARIO_NAMES : positionals.map(scenarioName),
    nodes: Math.floor(number('nodes', values.nodes, full ? 4 : 3, 2)),
    cameras,
    fps: number('fps', values.fps, full ? 1 : 2, 0.1),
    watched: Math.floor(number('watched', values.watched, full ? 200 : cameras, 0)),
    frames: values.frames,
    framesDir: '',
    beforeS: number('before-s', values['before-s'], full ? 15 : 6, 1),
    seconds: secondsAsked ?? 0,
    secondsAsked,
    outageS: values['outage-s'] === undefined ? undefined : number('outage-s', values['outage-s'], 0, 1),
    full,
    how: oneOf('how', values.how, ['kill', 'freeze']),
    tags: values.tag === 'both' ? ['map', 'jobs'] : [oneOf('tag', values.tag, ['map', 'jobs'])],
    victim: values.victim,
    repeats: Math.floor(number('repeats', values.repeats, 1, 1)),
    ignoreCredits: values['ignore-credits'],
    follow: !values['no-follow'],
    postgres: values.postgres,
    breakerMs: number('breaker-s', values['breaker-s'], 5, 0.1) * 1_000,
    keep: values.keep,
    out: values.out,
    write: values.write || values.out !== undefined,
  };
}

function scenarioName(name: string): ScenarioName {
  return oneOf('scenario', name, SCENARIO_NAMES);
}

function oneOf<T extends string>(what: string, value: string, of: readonly T[]): T {
  const found = of.find((each) => each === value);
  if (found === undefined) throw new RangeError(`${what} ${value}: must be one of ${of.join(', ')}`);
  return found;
}
