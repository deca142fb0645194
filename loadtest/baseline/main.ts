import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureModel } from '../../models/import/ensure-model.ts';
import { startBaseline } from './server.ts';

/**
 * The baseline server as a process of its own. Prints one JSON line when ready; SIGTERM ends it.
 *
 *     node dist/loadtest/baseline/main.js --port 0 --models data/models
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    models: { type: 'string', default: join('data', 'models') },
    size: { type: 'string', default: '320' },
  },
});
const size = Number(values.size);
const model = await ensureModel({ dir: values.models, name: 'centernet', size });
const baseline = await startBaseline({
  port: Number(values.port),
  modelPath: model.path,
  inputName: model.manifest.input,
  outputName: model.manifest.output,
  labels: model.labels,
  inputSize: size,
  padValue: model.manifest.preprocessing.padValue,
  scoreThreshold: 0.3,
});
console.log(JSON.stringify({ msg: 'ready', url: `http://127.0.0.1:${baseline.port}` }));
process.once('SIGTERM', () => void baseline.close().then(() => process.exit(0)));
