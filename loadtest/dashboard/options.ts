import { parseArgs } from 'node:util';

export const USAGE = `Usage: node dist/loadtest/dashboard/main.js [options]

What the page costs those who look, and the nodes. A cluster with simulated devices and cameras that send; in Chromium the
wall is opened several times, looked at, and scrolled from end to end; then rounds with and without dashboards take turns,
and the nodes' own p99 of both is compared. For the rounds the dashboards are what the page asks of a node, without a
browser: on this machine ten browsers would take the cores the nodes need.

  --full           the size that the project states: 4 nodes, 1,000 cameras at 1 frame/s, 10 dashboards
  --nodes N        (2; --full: 4)          --cameras N   (100; --full: 1000)
  --fps F          of each camera (1)      --frames X    folder of JPEGs, or 60k, 20k, 4k (4k)
  --dashboards N   (3; --full: 10)         --shown N     cameras on the screen of each (16)
  --opens N        times the page is opened (3; --full: 7)
  --scroll-s S     from one end of the wall to the other (6; --full: 25)
  --rest-s S       the wall is only looked at (4; --full: 15)
  --rounds N       pairs with and without (1; --full: 4)   --round-s S   length of each (6; --full: 12)
  --keep           keep logs and data of the nodes, and say where
  --write          write loadtest/results/<date>-dashboard.{md,json}
  --out DIR        there instead

Exit status: 1 where a target is missed.`;

export interface DashboardOptions {
  readonly nodes: number;
  readonly cameras: number;
  readonly fps: number;
  readonly frames: string;
  readonly dashboards: number;
  readonly shown: number;
  readonly opens: number;
  readonly scrollS: number;
  readonly restS: number;
  readonly rounds: number;
  readonly roundS: number;
  readonly keep: boolean;
  readonly out: string | undefined;
  readonly write: boolean;
}

/** Reads the command line; undefined where help was asked for. @throws TypeError or RangeError naming what is wrong */
export function parseCommand(argv: readonly string[]): DashboardOptions | undefined {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      full: { type: 'boolean', default: false },
      nodes: { type: 'string' },
      cameras: { type: 'string' },
      fps: { type: 'string' },
      frames: { type: 'string', default: '4k' },
      dashboards: { type: 'string' },
      shown: { type: 'string' },
      opens: { type: 'string' },
      'scroll-s': { type: 'string' },
      'rest-s': { type: 'string' },
      rounds: { type: 'string' },
      'round-s': { type: 'string' },
      keep: { type: 'boolean', default: false },
      out: { type: 'string' },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const number = (name: string, value: string | undefined, small: number, full: number, min: number): number => {
    const n = value === undefined ? (values.full ? full : small) : Number(value);
    if (!Number.isFinite(n) || n < min) throw new RangeError(`--${name} ${value}: must be a number from ${min}`);
    return n;
  };
  return {
    nodes: Math.floor(number('nodes', values.nodes, 2, 4, 2)),
    cameras: Math.floor(number('cameras', values.cameras, 100, 1_000, 1)),
    fps: number('fps', values.fps, 1, 1, 0.1),
    frames: values.frames,
    dashboards: Math.floor(number('dashboards', values.dashboards, 3, 10, 1)),
    shown: Math.floor(number('shown', values.shown, 16, 16, 1)),
    opens: Math.floor(number('opens', values.opens, 3, 7, 1)),
    scrollS: number('scroll-s', values['scroll-s'], 6, 25, 1),
    restS: number('rest-s', values['rest-s'], 4, 15, 1),
    rounds: Math.floor(number('rounds', values.rounds, 1, 4, 1)),
    roundS: number('round-s', values['round-s'], 6, 12, 3),
    keep: values.keep,
    out: values.out,
    write: values.write || values.out !== undefined,
  };
}
