import { parseArgs } from 'node:util';
import { type GroupSpec, parseGroups, parseHot } from './groups.ts';
import type { SwarmOptions } from './swarm.ts';

export interface SwarmCommand {
  readonly help: boolean;
  readonly json: boolean;
  /** A folder, or the name of a set of frames.ts. */
  readonly frames: string;
  /** Widths that cameras which obey send where the node asks for them. */
  readonly fitWidths: readonly number[];
  readonly options: Omit<SwarmOptions, 'pictures' | 'fitted'>;
}

export const SWARM_USAGE = `Usage: node dist/loadtest/swarm/main.js --url ws://127.0.0.1:8080 [options]

  --url U            a node; of several (--url again, or a comma between) cameras begin at each in turn, and turn to the
                     next where one is away
  --no-follow        cameras do not follow redirects: nodes relay their frames
  --cameras N        cameras (16)
  --fps F            frames/s of each; 0 sends whenever there is credit (10)
  --seconds S        measured seconds (30)
  --warmup S         seconds of the same load before them (2)
  --drain S          longest wait for answers afterwards (10)
  --ramp N           new connections per second (200)
  --frames X         folder of JPEGs, or 60k, 20k, 4k: sets made here (60k)
  --fit W1,W2        make the frames in these widths too; cameras that obey send the width they are asked for
  --ignore-credits   send whatever the node allows, instead of obeying credit and rate
  --hot N:FACTOR     N of the cameras send at FACTOR times the rate; figures of them and of the others
  --groups LIST      name:cameras[:factor][:ignore|:obey], comma between: cameras critical-0, low-0 ... instead of
                     --cameras; figures of each group
  --sequence         play the frames as a recording, each camera from a place of its own
  --footage-fps F    frames/s of that recording (24)
  --storm N          N cameras more connect at once, send a frame and drop ...
  --storm-every S    ... each S seconds (60)
  --record FILE      each answer as a line of JSON
  --results          ask for results (default: acks only)
  --bare             bare JPEG, without the CSF1 envelope
  --token T          access token
  --prefix P         camera names are P-0, P-1 ... (swarm-<pid>)
  --seed N           of phases and jitter (1)
  --no-ledger        do not read /v1/ledger (servers that have none)
  --not-alone        others use the node too: do not hold its totals against this run
  --json             one JSON object instead of text

Exit status: 0, or 1 where the ledger does not close or a frame stayed unanswered.`;

type Values = { readonly hot?: string | undefined; readonly groups?: string | undefined };

function groupsOf({ hot, groups }: Values, cameras: number): readonly GroupSpec[] | undefined {
  if (hot !== undefined && groups !== undefined) throw new RangeError('--hot and --groups exclude each other');
  if (hot !== undefined) return parseHot(hot, cameras);
  return groups === undefined ? undefined : parseGroups(groups);
}

/** Reads the command line. @throws TypeError or RangeError naming the option that is wrong. */
export function parseSwarmCommand(argv: readonly string[]): SwarmCommand {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      url: { type: 'string', multiple: true, default: ['ws://127.0.0.1:8080'] },
      'no-follow': { type: 'boolean', default: false },
      cameras: { type: 'string', default: '16' },
      fps: { type: 'string', default: '10' },
      seconds: { type: 'string', default: '30' },
      warmup: { type: 'string', default: '2' },
      drain: { type: 'string', default: '10' },
      ramp: { type: 'string', default: '200' },
      frames: { type: 'string', default: '60k' },
      fit: { type: 'string', default: '' },
      'ignore-credits': { type: 'boolean', default: false },
      hot: { type: 'string' },
      groups: { type: 'string' },
      sequence: { type: 'boolean', default: false },
      'footage-fps': { type: 'string', default: '24' },
      storm: { type: 'string' },
      'storm-every': { type: 'string', default: '60' },
      record: { type: 'string' },
      results: { type: 'boolean', default: false },
      bare: { type: 'boolean', default: false },
      token: { type: 'string' },
      prefix: { type: 'string' },
      seed: { type: 'string', default: '1' },
      'no-ledger': { type: 'boolean', default: false },
      'not-alone': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  type Numeric = 'cameras' | 'fps' | 'seconds' | 'warmup' | 'drain' | 'ramp' | 'seed';
  const number = (name: Numeric | 'footage-fps' | 'storm' | 'storm-every', min: number): number => {
    const n = Number(values[name]);
    if (!Number.isFinite(n) || n < min) throw new RangeError(`--${name} ${values[name]}: must be a number from ${min}`);
    return n;
  };
  const cameras = Math.floor(number('cameras', 1));
  const groups = groupsOf(values, cameras);
  return {
    help: values.help,
    json: values.json,
    frames: values.frames,
    fitWidths: values.fit === '' ? [] : values.fit.split(',').map(Number),
    options: {
      url: values.url.join(','),
      follow: !values['no-follow'],
      ...(values.token === undefined ? {} : { token: values.token }),
      cameras: groups?.reduce((sum, group) => sum + group.cameras, 0) ?? cameras,
      ...(groups === undefined ? {} : { groups }),
      ...(values.sequence ? { footageFps: number('footage-fps', 0.1) } : {}),
      ...(values.storm === undefined
        ? {}
        : { storm: { cameras: number('storm', 1), everySeconds: number('storm-every', 0.1) } }),
      ...(values.record === undefined ? {} : { recordFile: values.record }),
      fps: number('fps', 0),
      seconds: number('seconds', 0.1),
      warmupSeconds: number('warmup', 0),
      drainSeconds: number('drain', 0),
      rampPerSecond: number('ramp', 1),
      obeyCredits: !values['ignore-credits'],
      results: values.results,
      bare: values.bare,
      prefix: values.prefix ?? `swarm-${process.pid}`,
      prefixGiven: values.prefix !== undefined,
      seed: number('seed', 0),
      checkLedger: !values['no-ledger'],
      alone: !values['not-alone'],
    },
  };
}
