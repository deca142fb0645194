/**
 * How right counts, speeds and identities are on synthetic crossroads, the real tracker before them:
 *
 *     node dist/loadtest/analytics-report/main.js [--vehicles 1000] [--seeds 11,12,13] [--only 10]
 *
 * Each run shows the detections of a scene (test/support/scenes: stop-and-go on both lines, traffic across, a pole and a
 * footbridge) to all of a camera's analytics with settings by default, and prints a row of a Markdown table. `net` is
 * the sum over lines and ways of counts off by, `gross` every missed and every extra crossing, both over the true ones.
 * Speed errors are relative to the truth, at least 5 km/h; `untold` are counted crossings whose speed was withheld.
 */
import { parseArgs } from 'node:util';
import { analyseScene } from '../../test/support/scenes/analyse-scene.ts';
import type { SceneOptions } from '../../test/support/scenes/scene.ts';
import { percentileOf } from '../lib/statistics.ts';

const { values: flags } = parseArgs({
  options: {
    vehicles: { type: 'string', default: '1000' },
    seeds: { type: 'string', default: '11' },
    only: { type: 'string' },
  },
});

const RATES: readonly (readonly [name: string, options: Pick<SceneOptions, 'fps' | 'gaps'>])[] = [
  ['24', { fps: 24 }],
  ['10', { fps: 10 }],
  ['5', { fps: 5 }],
  ['2', { fps: 2 }],
  ['2 to 10, 1 s gone each 15 s', { fps: [2, 10], gaps: { everyS: 15, lengthS: 1 } }],
];

const percent = (share: number | null): string => (share === null ? '' : `${(100 * share).toFixed(2)} %`);

console.log(
  '| frames/s | seed | true | counted | net | missed | extra | gross | speed mean | p50 | p95 | of sum | untold | switches | fragments | IDF1 |',
);
console.log(
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
);
for (const [name, rate] of RATES) {
  if (flags.only !== undefined && flags.only !== name) continue;
  for (const seed of flags.seeds.split(',').map(Number)) {
    const { crossings: c, identities } = analyseScene({ ...rate, seed, vehicles: Number(flags.vehicles) });
    const errors = [...c.speedErrors];
    const cells = [
      name,
      seed,
      c.truth,
      c.counted,
      percent(c.net / c.truth),
      c.missed.length,
      c.extra.length,
      percent((c.missed.length + c.extra.length) / c.truth),
      percent(errors.reduce((a, b) => a + b, 0) / errors.length),
      percent(percentileOf(errors, 0.5)),
      percent(percentileOf(errors, 0.95)),
      percent(c.speedErrorOfSum),
      percent(c.untold / c.counted),
      identities.switches,
      identities.fragments,
      identities.idf1.toFixed(3),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}
