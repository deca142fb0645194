/**
 * What analytics costs per frame, on one thread and without a node around it:
 *
 *     node dist/loadtest/analytics-bench/main.js [--frames 1500] [--rounds 3]
 *
 * Objects drive about the picture with a detector's noise (jitter, misses, second boxes, weak scores) at 10 frames/s.
 * `crowd` puts them on a tenth of the picture, where boxes overlap and the assignment has the most to decide. Medians
 * and 99th percentiles are over single frames of all rounds, after a warm-up round that is not counted. The second table
 * is all of a camera's analytics, from detections to alerts: four lines, four zones, a ground plane, health, six rules.
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { Tracker } from '../../analytics/tracking/tracker.ts';
import type { Detection } from '../../core/detection.ts';
import type { PictureStats } from '../../core/picture-stats.ts';
import { percentileOf } from '../lib/statistics.ts';
import { timeCamera } from './camera.ts';
import { driveAbout } from './drive-about.ts';

const { values: flags } = parseArgs({
  options: { frames: { type: 'string', default: '1500' }, rounds: { type: 'string', default: '3' } },
});
const frames = Number(flags.frames);
const rounds = Number(flags.rounds);
const OPTIONS = { highScore: 0.3, hitsMin: 2, lostS: 1.5, mixLabels: 'groups', scoreMin: 0.1 } as const;
const STEP_MS = 100;

function timesOf(scene: readonly (readonly Detection[])[]): { us: number[]; tracks: number } {
  const us: number[] = [];
  let tracks = 0;
  for (let round = -1; round < rounds; round++) {
    const tracker = new Tracker(OPTIONS);
    tracks = 0;
    scene.forEach((detections, i) => {
      const start = performance.now();
      const update = tracker.update(detections, i * STEP_MS, 16 / 9);
      if (round >= 0) us.push((performance.now() - start) * 1000);
      tracks += update.tracks.length;
    });
  }
  return { us, tracks: tracks / scene.length };
}

const table = new Table({
  style: { head: [], border: [] },
  head: ['tracker', 'objects', 'detections/frame', 'tracks/frame', 'p50 µs', 'p99 µs', 'state, kB'],
});
for (const [name, spread] of [
  ['spread out', 1],
  ['crowd', 0.33],
] as const) {
  for (const objects of [20, 50, 100]) {
    const scene = driveAbout({ objects, frames, stepS: STEP_MS / 1000, spread, seed: objects });
    const { us, tracks } = timesOf(scene);
    const tracker = new Tracker(OPTIONS);
    scene.slice(0, 50).forEach((detections, i) => {
      tracker.update(detections, i * STEP_MS, 16 / 9);
    });
    table.push([
      name,
      objects,
      (scene.reduce((sum, detections) => sum + detections.length, 0) / scene.length).toFixed(1),
      tracks.toFixed(1),
      (percentileOf(us, 0.5) ?? 0).toFixed(0),
      (percentileOf(us, 0.99) ?? 0).toFixed(0),
      (JSON.stringify(tracker.state()).length / 1000).toFixed(0),
    ]);
  }
}
console.log(table.toString());

/** As a live daylight picture gives it. */
const edges = Uint8Array.from({ length: 24 * 14 }, (_, i) => (i * 37) % 120);
const picture = (frame: number): PictureStats => ({
  mean: 110 + (frame % 7),
  deviation: 45,
  darkShare: 0.02,
  brightShare: 0.01,
  colour: 30,
  sharpness: 400 + (frame % 11),
  edges,
  columns: 24,
  rows: 14,
  fingerprint: frame,
});
const whole = new Table({
  style: { head: [], border: [] },
  head: ['camera', 'objects', 'tracks/frame', 'CPU p50 µs', 'CPU p99 µs', 'state, kB'],
});
for (const objects of [5, 20, 50]) {
  const scene = driveAbout({ objects, frames, stepS: STEP_MS / 1000, spread: 1, seed: objects });
  const { us, tracks, stateBytes } = timeCamera(scene, STEP_MS, rounds, picture);
  whole.push([
    'tracker to rules',
    objects,
    tracks.toFixed(1),
    (percentileOf([...us], 0.5) ?? 0).toFixed(0),
    (percentileOf([...us], 0.99) ?? 0).toFixed(0),
    (stateBytes / 1000).toFixed(0),
  ]);
}
console.log(whole.toString());
