/**
 * Makes the figures the importer quantises with (docs/models.md) from the even half of folders of JPEGs:
 *
 *     node dist/loadtest/calibrate.js --frames DIR [--frames DIR ...] --out models/import/calibration/centernet.json
 *       [--size 320] [--frames-max 40] [--range minmax|leastError|0.9999] [--alike 0.5] [--float NAME ...]
 *       [--about 'what is to be seen']
 *
 * A change of these figures is a new importer revision.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { buildCenternetForCalibration, centernet } from '../models/import/centernet.ts';
import { readModelSource } from '../models/import/model-source.ts';
import { calibrate, type Recipe } from './precision/calibrate.ts';
import { prepareFrames } from './precision/frames.ts';

const { values: flags } = parseArgs({
  options: {
    frames: { type: 'string', multiple: true },
    out: { type: 'string' },
    size: { type: 'string', default: '320' },
    'frames-max': { type: 'string', default: '40' },
    range: { type: 'string', default: '0.9999' },
    alike: { type: 'string', default: '0.5' },
    float: { type: 'string', multiple: true, default: [] },
    about: { type: 'string', default: 'pictures' },
  },
});
if (flags.frames === undefined || flags.out === undefined) {
  console.error('needs --frames DIR and --out FILE');
  process.exit(2);
}
const size = Number(flags.size);
const framesMax = Number(flags['frames-max']);
const range: Recipe['range'] =
  flags.range === 'minmax' || flags.range === 'leastError' ? flags.range : { share: Number(flags.range) };
const recipe = { range, alike: Number(flags.alike), float: flags.float };
const frames = await prepareFrames(flags.frames, size, 'even', framesMax);
const made = `${frames.length} frames (${flags.about}) at ${size}; range ${flags.range}; alike ${flags.alike}`;
const graph = buildCenternetForCalibration(await readModelSource(centernet), size);
const calibration = await calibrate(graph, frames, size, recipe, made);
await writeFile(flags.out, `${JSON.stringify(calibration)}\n`);
console.log(`${flags.out}: ${Object.keys(calibration.ranges).length} ranges from ${made}`);
