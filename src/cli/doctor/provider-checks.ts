import type { ProviderKind, ProviderState } from '../../../models/device/providers/provider.ts';
import type { StateOf } from '../../devices.ts';
import { type CheckResult, fail, ok, warn } from './check.ts';
import { run } from './machine-checks.ts';

/** Tries one execution provider of ONNX Runtime. */
export async function providerCheck(provider: ProviderKind, stateOf: StateOf): Promise<CheckResult> {
  return providerResult(provider, await stateOf(provider, 0));
}

/** A provider as one line: the CPU's is needed, the others are not unless a device asks for them. */
export function providerResult(provider: ProviderKind, state: ProviderState): CheckResult {
  const name = `provider ${provider}`;
  if (state.usable) return ok(name, 'a session was made and run');
  return provider === 'cpu' ? fail(name, state.why, state.fix) : warn(name, state.why, state.fix);
}

/** The NVIDIA cards, where there are any. */
export async function checkGpu(): Promise<CheckResult> {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'];
  const found = await run('nvidia-smi', query);
  if (found.kind === 'ok' && found.stdout.trim() !== '') return ok('gpu', found.stdout.trim().replaceAll('\n', '; '));
  if (found.kind === 'failed' && !found.missing) return warn('gpu', `nvidia-smi does not work: ${found.why}`);
  return ok('gpu', 'no NVIDIA card seen');
}
