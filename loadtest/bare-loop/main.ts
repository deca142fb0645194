import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureModel } from '../../models/import/ensure-model.ts';
import { loadFrames } from '../frames.ts';
import { runBareLoop } from './bare-loop.ts';

/**
 * The bare loop as a process of its own; prints one JSON line.
 *
 *     node dist/loadtest/bare-loop/main.js --seconds 20 --frames 60k
 */
const { values } = parseArgs({
  options: {
    models: { type: 'string', default: join('data', 'models') },
    frames: { type: 'string', default: '60k' },
    seconds: { type: 'string', default: '20' },
    warmup: { type: 'string', default: '2' },
    batch: { type: 'string', default: '1' },
    threads: { type: 'string', default: '0' },
    size: { type: 'string', default: '320' },
  },
});
const model = await ensureModel({ dir: values.models, name: 'centernet', size: Number(values.size) });
const summary = await runBareLoop({
  model,
  pictures: await loadFrames(values.frames),
  batch: Number(values.batch),
  threads: Number(values.threads),
  warmupSeconds: Number(values.warmup),
  seconds: Number(values.seconds),
});
console.log(JSON.stringify(summary));
