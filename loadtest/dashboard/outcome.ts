import { markdownTable, ms, type Target, targetLines } from '../lib/report.ts';
import { percentileOf } from '../lib/statistics.ts';
import type { Opened, Rested, Scrolled } from './browser.ts';
import type { Round } from './rounds.ts';

export interface Outcome {
  readonly cameras: number;
  /** First paint and first picture, each time the page was opened. */
  readonly overview: readonly Opened[];
  readonly wall: readonly Opened[];
  readonly rested: Rested;
  readonly scrolled: Scrolled;
  readonly rounds: readonly Round[];
}

const PAINT_MS_MAX = 1_000;
const TASK_MS_MAX = 100;
/** Rounds of the same kind differ by so much by themselves: less is no change. */
const P99_FACTOR_MAX = 1.1;
const P99_SLACK_MS = 2;

const median = (values: readonly number[]): number => percentileOf(values, 0.5) ?? 0;
const most = (values: readonly number[]): number => Math.max(0, ...values);

/** Median p99 of the rounds without and with dashboards, ms. */
export function comparedP99(rounds: readonly Round[]): { readonly without: number; readonly with: number } {
  const of = (dashboards: boolean): number =>
    median(rounds.filter((round) => round.dashboards > 0 === dashboards).map(({ p99Ms }) => p99Ms));
  return { without: of(false), with: of(true) };
}

export function targetsOf(o: Outcome): readonly Target[] {
  const paintMs = most([...o.overview, ...o.wall].map(({ paintMs: each }) => each));
  const longestMs = most(o.scrolled.longTasks);
  const p99 = comparedP99(o.rounds);
  const dashboards = most(o.rounds.map((round) => round.dashboards));
  return [
    { what: 'first paint < 1 s on loopback', measured: `worst ${ms(paintMs)}`, met: paintMs < PAINT_MS_MAX },
    {
      what: 'main-thread tasks < 100 ms while the wall is scrolled from end to end',
      measured: longestMs === 0 ? 'none over 50 ms' : `longest ${ms(longestMs)}`,
      met: longestMs < TASK_MS_MAX,
    },
    {
      what: `the wall of ${o.cameras} cameras has only those near the screen in the document`,
      measured: `at most ${o.scrolled.tilesMax} tiles, ${o.scrolled.camerasSeen} cameras seen`,
      met: o.scrolled.camerasSeen === o.cameras && (o.cameras < 100 || o.scrolled.tilesMax < o.cameras / 5),
    },
    {
      what: `nodes' p99 unchanged with ${dashboards} dashboards open (within 10 % or 2 ms)`,
      measured: `${ms(p99.without)} without, ${ms(p99.with)} with`,
      met: p99.with <= Math.max(p99.without * P99_FACTOR_MAX, p99.without + P99_SLACK_MS),
    },
  ];
}

export function markdownOf(o: Outcome): string {
  const opens = (name: string, all: readonly Opened[]): readonly string[] => [
    name,
    ms(median(all.map(({ paintMs }) => paintMs))),
    ms(most(all.map(({ paintMs }) => paintMs))),
    ms(
      percentileOf(
        all.flatMap(({ pictureMs }) => pictureMs ?? []),
        0.5,
      ),
    ),
  ];
  const { intervals } = o.scrolled;
  return [
    targetLines(targetsOf(o)),
    '## Opening',
    markdownTable(
      ['page', 'first paint, median', 'worst', 'first picture, median'],
      [opens('overview', o.overview), opens('wall', o.wall)],
    ),
    '## The wall in the browser',
    markdownTable(
      ['', 'figure'],
      [
        ['cameras listed', String(o.cameras)],
        ['at rest: main thread, of each second', ms(o.rested.taskMsPerS)],
        ['of that, scripts', ms(o.rested.scriptMsPerS)],
        [
          'at rest: longest task (only those over 50 ms are told)',
          o.rested.longTasks.length === 0 ? 'none' : ms(most(o.rested.longTasks)),
        ],
        ['DOM nodes; JavaScript heap', `${o.rested.domNodes}; ${(o.rested.heapBytes / 1e6).toFixed(1)} MB`],
        [
          'scrolling: frames a second',
          (1_000 / (intervals.reduce((a, b) => a + b, 0) / Math.max(1, intervals.length))).toFixed(1),
        ],
        ['time between frames, median', ms(median(intervals))],
        ['99 of 100', ms(percentileOf(intervals, 0.99))],
        ['longest', ms(most(intervals))],
        [
          'tasks over 50 ms; longest',
          `${o.scrolled.longTasks.length}; ${o.scrolled.longTasks.length === 0 ? '-' : ms(most(o.scrolled.longTasks))}`,
        ],
        [
          'scrolling: main thread, of each second: all; scripts; styles; layout',
          [
            o.scrolled.spent.taskMsPerS,
            o.scrolled.spent.scriptMsPerS,
            o.scrolled.spent.styleMsPerS,
            o.scrolled.spent.layoutMsPerS,
          ]
            .map(ms)
            .join('; '),
        ],
        ['tiles in the document, at most', String(o.scrolled.tilesMax)],
      ],
    ),
    '## The nodes, with and without dashboards',
    markdownTable(
      ['round', 'dashboards', 'p50', 'p99', 'answered', 'messages', 'pictures', 'sent'],
      o.rounds.map((round, i) => [
        String(i + 1),
        String(round.dashboards),
        ms(round.p50Ms),
        ms(round.p99Ms),
        `${round.fpsOut.toFixed(0)} fps`,
        `${round.textsPerS.toFixed(0)}/s`,
        `${round.picturesPerS.toFixed(0)}/s`,
        `${round.megabytesPerS.toFixed(2)} MB/s`,
      ]),
    ),
  ].join('\n\n');
}
