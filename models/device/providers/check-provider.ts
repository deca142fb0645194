import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage } from '../../../core/errors.ts';
import {
  CUDA_PROVIDER_FILES,
  CUDA_PROVIDER_LIBRARY,
  CUDA_RUNTIME_LIBRARIES,
  CUDNN_LIBRARY,
  onnxRuntimeFolder,
} from './cuda-libraries.ts';
import { neededLibraries } from './elf-needed.ts';
import { explainFailure, explainMissing } from './explain.ts';
import type { ProviderKind, ProviderState } from './provider.ts';
import { runChild } from './run-child.ts';

export interface ProviderChecks {
  /** `process.platform` and `process.arch`. */
  readonly platform: string;
  readonly arch: string;
  /** Where ONNX Runtime looks for providers. */
  readonly folder: () => string | undefined;
  /** Of these libraries, those the loader does not find, and those they lack in turn. */
  readonly notLoadable: (names: readonly string[]) => Promise<readonly string[]>;
  /** Makes and runs a session. */
  readonly trySession: (kind: ProviderKind, deviceId: number) => Promise<ProviderState>;
}

/**
 * Whether a device of this kind can run here, found out by really running a session in a process of its own (0.2 s on a
 * CPU, seconds on CUDA); where it cannot, which libraries are missing, all of them and by name, and how to get them.
 * Never rejects.
 * @param deviceId which card, for `cuda`
 */
export async function checkProvider(
  kind: ProviderKind,
  deviceId = 0,
  given: Partial<ProviderChecks> = {},
): Promise<ProviderState> {
  const checks: ProviderChecks = { ...realChecks, ...given };
  if (kind === 'cuda') {
    const missing = await missingForCuda(checks);
    if (!Array.isArray(missing)) return missing as ProviderState;
    if (missing.length > 0) return explainMissing(missing);
  }
  const state = await checks.trySession(kind, deviceId);
  if (!state.usable && kind === 'webgpu' && checks.platform === 'linux' && state.missing.length === 0) {
    // Without a loader for Vulkan it finds no card, and says only that.
    const missing = await checks.notLoadable(['libvulkan.so.1']);
    if (missing.length > 0) return explainMissing(missing);
  }
  return state;
}

async function missingForCuda(checks: ProviderChecks): Promise<readonly string[] | ProviderState> {
  if (checks.platform !== 'linux' || checks.arch !== 'x64') {
    const why = `there is no CUDA provider for ${checks.platform} on ${checks.arch}, only for Linux on x64`;
    return { usable: false, missing: [], why, fix: 'webgpu or cpu' };
  }
  const folder = checks.folder();
  if (folder === undefined) {
    return {
      usable: false,
      missing: [],
      why: 'the package onnxruntime-node is not installed',
      fix: 'npm ci in the project',
    };
  }
  const files = CUDA_PROVIDER_FILES.filter((file) => !existsSync(join(folder, file)));
  let wanted: readonly string[] = CUDA_RUNTIME_LIBRARIES;
  if (!files.includes(CUDA_PROVIDER_LIBRARY)) {
    try {
      wanted = await neededLibraries(join(folder, CUDA_PROVIDER_LIBRARY));
    } catch (error) {
      const why = `${CUDA_PROVIDER_LIBRARY} is damaged: ${errorMessage(error)}`;
      return { usable: false, missing: [], why, fix: 'npm run setup:cuda' };
    }
  }
  return [...files, ...(await checks.notLoadable([...wanted, CUDNN_LIBRARY]))];
}

const realChecks: ProviderChecks = {
  platform: process.platform,
  arch: process.arch,
  folder: onnxRuntimeFolder,
  notLoadable,
  trySession,
};

async function notLoadable(names: readonly string[]): Promise<readonly string[]> {
  const { answer } = await runChild('library-probe.js', names);
  let errors: Record<string, string | null> = {};
  try {
    errors = JSON.parse(answer) as Record<string, string | null>;
  } catch {
    // The process crashed over a library; the session will too, and tells more.
  }
  return [...new Set(names.flatMap((name) => libraryNotFound(errors[name] ?? null)))];
}

/**
 * The library missing according to the loader: the one asked for, or one that it needs in turn. One that is found and
 * does not load for another reason is not missing.
 */
export function libraryNotFound(loaderError: string | null): readonly string[] {
  const missing = /^(\S+): cannot open shared object file/.exec(loaderError ?? '')?.[1];
  return missing === undefined ? [] : [missing];
}

async function trySession(kind: ProviderKind, deviceId: number, env?: NodeJS.ProcessEnv): Promise<ProviderState> {
  const { answer, noise, signal } = await runChild('session-probe.js', [kind, `${deviceId}`], env);
  if (answer === '{"ok":true}' && signal === undefined) return { usable: true };
  return explainFailure(kind, { text: `${answer}\n${noise}`, signal });
}
