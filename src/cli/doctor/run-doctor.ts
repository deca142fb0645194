import { type FlagSetting, loadConfig } from '../../../config/load.ts';
import { checkProvider } from '../../../models/device/providers/check-provider.ts';
import { triedOnce } from '../../devices.ts';
import type { DoctorOptions } from '../doctor.ts';
import { EXIT } from '../exit.ts';
import { type CheckResult, guarded, ok, renderChecks } from './check.ts';
import { deviceChecks } from './device-checks.ts';
import { checkCpu, checkDataDir, checkFfmpeg, checkMemory, checkNode, checkPort } from './machine-checks.ts';
import { checkModel } from './model-check.ts';
import { checkGpu, providerCheck } from './provider-checks.ts';

/**
 * Runs `camshard doctor`.
 * @returns 1 where something fails that a node cannot do without, else 0
 * @throws ConfigError where the configuration itself is wrong
 */
export async function runDoctor(options: DoctorOptions): Promise<number> {
  const flags: FlagSetting[] = (options.set ?? []).map(({ key, value }) => ({ flag: '--set', key, value }));
  if (options.port !== undefined) flags.push({ flag: '--port', key: 'server.port', value: options.port });
  if (options.data !== undefined) flags.push({ flag: '--data', key: 'node.dataDir', value: options.data });
  const { config, file } = loadConfig({ file: options.config, env: process.env, flags });
  const stateOf = triedOnce(checkProvider);
  const results: CheckResult[] = await Promise.all([
    checkNode(),
    checkCpu(),
    guarded('memory', checkMemory),
    ok('config', file === undefined ? 'defaults and environment are valid' : `${file} is valid`),
    guarded('gpu', checkGpu),
    guarded('provider cpu', () => providerCheck('cpu', stateOf)),
    guarded('provider cuda', () => providerCheck('cuda', stateOf)),
    guarded('provider webgpu', () => providerCheck('webgpu', stateOf)),
    ...deviceChecks(config, stateOf),
    guarded('model', () => checkModel(config)),
    guarded('data', () => checkDataDir(config.node.dataDir)),
    guarded('port', () => checkPort(config.server.host, config.server.port)),
    guarded('ffmpeg', checkFfmpeg),
  ]);
  const failed = results.some((r) => r.status === 'fail');
  if (options.json === true) console.log(JSON.stringify({ ok: !failed, checks: results }, null, 2));
  else console.log(`${renderChecks(results)}\n\n${verdict(results)}`);
  return failed ? EXIT.fault : EXIT.ok;
}

function verdict(results: readonly CheckResult[]): string {
  const failed = results.filter((r) => r.status === 'fail').map((r) => r.check);
  if (failed.length > 0) return `A node cannot run here yet: ${failed.join(', ')}.`;
  return results.some((r) => r.status === 'warn')
    ? 'A node runs here; what is marked warn is optional.'
    : 'All is well.';
}
