/**
 * What the motion gate and adaptive sampling save on footage, and what they miss, against every frame analysed:
 *
 *     node dist/loadtest/gate-report/main.js --footage street=DIR:24 --line street=230,235,560,160
 *       --footage bottles=DIR:29.8 --objects bottles=bottle
 *       [--fps 5] [--size 320] [--score 0.3] [--difference N] [--cells N] [--slight SHARE]
 *       [--models DIR] [--out DIR]
 *
 * DIR holds JPEG frames. Offline: no node, no clock; each picture is decoded and analysed once, and the runs are replayed
 * from that, once per phase (how many frames of the footage later the first one is taken). The same footage gives the
 * same figures each time. The camera sends `--fps` throughout, whatever its target is.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Box } from '../../core/detection.ts';
import { createRandom } from '../../core/random.ts';
import { readFrames } from '../frames.ts';
import { type Crossing, CrossingCounter } from '../lib/crossings.ts';
import {
  factsLine,
  machineFacts,
  markdownTable,
  percent,
  type Target,
  targetLines,
  writeReport,
} from '../lib/report.ts';
import { PACKAGE_DIR } from '../lib/servers.ts';
import { type AnalysedPicture, Analyser } from './analyser.ts';
import { changesSeen } from './count-changes.ts';
import { type FootageOptions, readOptions } from './options.ts';
import { offer, type Replay, replayAll, replayGated } from './replay.ts';
import { type StillRun, StillScene, watchStill } from './still-camera.ts';

const VEHICLES: ReadonlySet<string> = new Set(['car', 'truck', 'bus', 'train', 'motorcycle']);
/** A count must hold for this many offered frames to be one. */
const LASTING_FRAMES = 3;
const FOOTAGE_FRAMES_MAX = 5_000;
const STILL_TRIALS = 6;
const STILL_SIGMA = 2;
/** Upper left corner of what appears, shares of the picture. */
const STILL_PLACE = [0.75, 0.65] as const;

const options = readOptions(
  process.argv.slice(2),
  join(tmpdir(), 'camshard-gate-models'),
  join(PACKAGE_DIR, 'loadtest/results'),
);
const facts = machineFacts(new Date(), PACKAGE_DIR);
const analyser = await Analyser.open(options.modelsDir, options.size, options.scoreMin);
const range = { fpsMin: options.fpsMin, fpsMax: options.fps };
const sections: string[] = [];
const targets: Target[] = [];
const data: Record<string, unknown> = {};
let stillFrom: { readonly jpeg: Buffer; readonly picture: AnalysedPicture } | undefined;

interface PhaseRuns {
  readonly phase: number;
  readonly ungated: Replay;
  readonly gated: Replay;
}

for (const footage of options.footage) {
  const jpegs = await readFrames(footage.dir, FOOTAGE_FRAMES_MAX);
  const pictures: AnalysedPicture[] = [];
  for (const jpeg of jpegs) pictures.push(await analyser.analyse(jpeg));
  const [firstJpeg, first] = [jpegs[0], pictures[0]];
  if (firstJpeg === undefined || first === undefined) throw new Error(`${footage.dir}: no frames`);
  stillFrom ??= { jpeg: firstJpeg, picture: first };
  const phases = Array.from({ length: Math.ceil(footage.fps / options.fps) }, (_, phase): PhaseRuns => {
    const frames = offer(pictures, footage.fps, options.fps, phase);
    return { phase, ungated: replayAll(frames), gated: replayGated(frames, { gate: options.gate, range }) };
  });
  sections.push(
    `## ${footage.name}\n\n${pictures.length} frames ${first.width}x${first.height} at ${footage.fps} fps.`,
  );
  sections.push(savings(phases));
  data[footage.name] = {
    phases: phases.map(({ phase, gated: { analyses, timesMs: _, ...gated } }) => ({
      phase,
      ...gated,
      analysed: analyses.length,
    })),
  };
  if (footage.lines.length > 0) sections.push(crossingsOf(footage, first, phases));
  if (footage.objects !== undefined) sections.push(changesOf(footage, footage.objects, phases));
}
if (stillFrom !== undefined) sections.push(await stillCamera(stillFrom.jpeg, stillFrom.picture));
await analyser.close();

const markdown = [
  '# Motion gate and adaptive sampling on real footage',
  factsLine(facts),
  `centernet float32 at ${options.size}, score >= ${options.scoreMin}, ${options.fps} fps offered throughout, sampling within ` +
    `${range.fpsMin} to ${range.fpsMax} fps, lumaDifferenceMin ${options.gate.lumaDifferenceMin}, cellsMin ` +
    `${options.gate.cellsMin}, analyseEveryMsMax ${options.gate.analyseEveryMsMax}, slight below ${options.gate.slightActivity}. Phases: the footage starts so many of its frames later.`,
  targetLines(targets),
  ...sections,
].join('\n\n');
console.log(markdown);
console.log(
  `\nwritten: ${writeReport(options.out, 'gate', facts, markdown, { options: { ...options, footage: options.footage.map(({ dir: _, ...rest }) => rest), modelsDir: undefined, out: undefined }, targets, ...data })}.{md,json}`,
);
if (targets.some((target) => !target.met)) process.exitCode = 1;

function savings(phases: readonly PhaseRuns[]): string {
  const row = (name: string, runs: readonly Replay[]): string[] => {
    const sum = (of: (run: Replay) => number): number => runs.reduce((all, run) => all + of(run), 0);
    const offered = sum((run) => run.offered);
    const share = (of: (run: Replay) => number): string => percent(sum(of) / offered);
    return [
      name,
      String(offered),
      share((run) => run.neverDecoded),
      share((run) => run.still),
      share((run) => run.slight),
      share((run) => run.moved),
      share((run) => run.due),
      share((run) => run.offered - run.analyses.length),
    ];
  };
  return markdownTable(
    ['phase', 'offered', 'never decoded', 'gated, still', 'gated, slight', 'run, moved', 'run, due', 'runs saved'],
    [
      ...phases.map(({ phase, gated }) => row(String(phase), [gated])),
      row(
        'all',
        phases.map(({ gated }) => gated),
      ),
    ],
  );
}

function crossingsOf(footage: FootageOptions, first: AnalysedPicture, phases: readonly PhaseRuns[]): string {
  const tables = footage.lines.map((line, index) => {
    const count = ({ analyses }: Replay): readonly Crossing[] => {
      const counter = new CrossingCounter({ ...first, line, labels: VEHICLES, scoreMin: options.scoreMin });
      for (const { atMs, picture } of analyses) counter.add(picture.detections, atMs);
      return counter.crossings;
    };
    const counted = phases.map(({ phase, ungated, gated }) => ({
      phase,
      ungated: count(ungated),
      gated: count(gated),
    }));
    const totalOf = (side: 'ungated' | 'gated'): number => counted.reduce((sum, phase) => sum + phase[side].length, 0);
    const [all, found] = [totalOf('ungated'), totalOf('gated')];
    const rows = counted.map(({ phase, ungated, gated }) => [
      String(phase),
      String(ungated.length),
      String(gated.length),
      seconds(ungated),
      seconds(gated),
    ]);
    if (index === 0) {
      targets.push({
        what: `${footage.name}: line crossings within 5 % of the ungated run's`,
        measured: `${found} against ${all} over ${phases.length} phases`,
        met: Math.abs(found - all) <= 0.05 * all,
      });
    }
    return (
      `Crossings of the line (${line.from.join(', ')}) to (${line.to.join(', ')}), up marked \`-\`:\n\n` +
      markdownTable(
        ['phase', 'ungated', 'gated', 'ungated, at s', 'gated, at s'],
        [...rows, ['all', String(all), String(found), '', '']],
      )
    );
  });
  return tables.join('\n\n');

  function seconds(crossings: readonly Crossing[]): string {
    return crossings
      .map(({ atMs, direction }) => `${direction === 'up' ? '-' : ''}${(atMs / 1_000).toFixed(1)}`)
      .join(', ');
  }
}

function changesOf(footage: FootageOptions, label: string, phases: readonly PhaseRuns[]): string {
  const results = phases.map(({ phase, ungated, gated }) => ({
    phase,
    ...changesSeen(ungated, gated, label, LASTING_FRAMES),
  }));
  const seconds = (delays: readonly number[]): string =>
    delays.length === 0 ? '-' : (delays.reduce((a, b) => a + b, 0) / delays.length / 1_000).toFixed(2);
  const longest = (delays: readonly number[]): string => (Math.max(0, ...delays) / 1_000).toFixed(2);
  const row = (name: string, parts: readonly (typeof results)[number][]): string[] => {
    const delays = parts.flatMap((part) => part.delaysMs);
    return [
      name,
      String(parts.reduce((sum, part) => sum + part.changes, 0)),
      String(parts.reduce((sum, part) => sum + part.seen, 0)),
      seconds(delays),
      longest(delays),
      parts.flatMap((part) => part.missedAtMs.map((at) => (at / 1_000).toFixed(1))).join(', ') || '-',
    ];
  };
  const changes = results.reduce((sum, part) => sum + part.changes, 0);
  const seen = results.reduce((sum, part) => sum + part.seen, 0);
  targets.push({
    what: `${footage.name}: changes in the number of \`${label}\` seen, of those the ungated run saw`,
    measured: `${seen} of ${changes}`,
    met: seen >= 0.95 * changes,
  });
  return (
    `Changes of the number of \`${label}\` that last ${LASTING_FRAMES} offered frames or more in the ungated run:\n\n` +
    markdownTable(
      ['phase', 'changes', 'seen gated', 'mean delay s', 'longest s', 'missed, at s'],
      [...results.map((part) => row(String(part.phase), [part])), row('all', results)],
    )
  );
}

/** The smallest and the largest object found in a picture, put where none was, on a camera that sees nothing else. */
async function stillCamera(jpeg: Buffer, picture: AnalysedPicture): Promise<string> {
  const area = ([x1, y1, x2, y2]: Box): number => (x2 - x1) * (y2 - y1);
  const found = picture.detections.map((d) => d.box).sort((a, b) => area(a) - area(b));
  const objects = [...new Set([found[0], found.at(-1)])].filter((box) => box !== undefined);
  const rows: string[][] = [];
  for (const object of objects) {
    const side = (share: number, pixels: number): number => Math.round(share * pixels);
    const size = `${side(object[2] - object[0], picture.width)}x${side(object[3] - object[1], picture.height)} pixels`;
    const scene = await StillScene.open(jpeg, object, STILL_PLACE, STILL_SIGMA, createRandom(1));
    for (const fps of [options.fps, 25]) {
      const runs: StillRun[] = [];
      for (let trial = 0; trial < STILL_TRIALS; trial++) {
        const appearsAtMs = 20_000 + 97 * trial;
        runs.push(await watchStill({ scene, analyser, gate: options.gate, range, fps, appearsAtMs, seed: trial + 1 }));
      }
      const total = (of: (run: StillRun) => number): number => runs.reduce((sum, run) => sum + of(run), 0);
      const offered = total((run) => run.offered);
      const delays = runs.map((run) => run.seenAfterMs ?? Number.POSITIVE_INFINITY);
      const longest = (Math.max(...delays) / 1_000).toFixed(2);
      targets.push({
        what: `still camera that sends ${fps} fps: an object of ${size} that appears is seen within 1 s`,
        measured: `at most ${longest} s`,
        met: Math.max(...delays) <= 1_000,
      });
      rows.push([
        `${size}, ${fps} fps`,
        String(offered),
        percent(total((run) => run.neverDecoded) / offered),
        percent(total((run) => run.gated) / offered),
        percent(total((run) => run.analysed) / offered),
        (delays.reduce((a, b) => a + b, 0) / delays.length / 1_000).toFixed(2),
        longest,
      ]);
      data[`still ${size} ${fps} fps`] = runs;
    }
  }
  return (
    `## Still camera\n\nThe first frame of the first footage over and over, with noise of sigma ${STILL_SIGMA} on each ` +
    'channel, encoded again each time; after 20 s an object cut from the picture appears at another place ' +
    `(${STILL_TRIALS} trials of each kind). Shares are of the time before, with the first seconds, in which the camera ` +
    'is not yet known to be still.\n\n' +
    markdownTable(
      ['object, rate sent', 'offered', 'never decoded', 'gated', 'run', 'seen after s, mean', 'longest'],
      rows,
    )
  );
}
