import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type CheckResult, fail, ok, warn } from './check.ts';
import { run } from './machine-checks.ts';

export type Provider = 'cpu' | 'cuda' | 'webgpu';

/** What trying a provider gave: the error thrown and the noise it made on stderr. */
export interface ProbeOutcome {
  readonly works: boolean;
  readonly text: string;
}

const PROBE_MS_MAX = 30_000;
const CUDA_PACKAGE = 'com.github.asus4.onnxruntime.linux-x64-gpu@0.4.9';

/** Tries one execution provider of ONNX Runtime in a process of its own. */
export async function checkProvider(provider: Provider): Promise<CheckResult> {
  const outcome = await probe(provider);
  const name = `provider ${provider}`;
  if (outcome.works) return ok(name, 'a session was made and run');
  const { detail, hint } = explainProvider(provider, outcome.text, existsSync('/dev/nvidiactl'));
  return provider === 'cpu' ? fail(name, detail, hint) : warn(name, detail, hint);
}

function probe(provider: Provider): Promise<ProbeOutcome> {
  const script = fileURLToPath(new URL('./provider-probe.js', import.meta.url));
  return new Promise((done) => {
    const options = { timeout: PROBE_MS_MAX, killSignal: 'SIGKILL', maxBuffer: 1024 * 1024 } as const;
    execFile(process.execPath, [script, provider], options, (error, stdout, stderr) => {
      const line = stdout.trim().split('\n').at(-1) ?? '';
      if (line === '{"ok":true}') return done({ works: true, text: '' });
      const died = error?.killed === true ? `no answer within ${PROBE_MS_MAX / 1_000} s` : (error?.message ?? '');
      done({ works: false, text: `${line}\n${stderr}\n${died}` });
    });
  });
}

/** Says in plain words why a provider does not work, from what ONNX Runtime wrote. */
export function explainProvider(
  provider: Provider,
  text: string,
  hasNvidiaDriver: boolean,
): { readonly detail: string; readonly hint: string } {
  const missing = /(lib[\w.+-]+\.so[\w.]*): cannot open shared object file/.exec(text)?.[1];
  if (/Cannot find (package|module) 'onnxruntime-node'/.test(text)) {
    return { detail: 'the package onnxruntime-node is not installed', hint: 'npm ci in the project' };
  }
  if (provider === 'cuda') return explainCuda(text, missing, hasNvidiaDriver);
  if (provider === 'webgpu' && /No supported adapters|Failed to get a WebGPU adapter|RequestAdapter/.test(text)) {
    return {
      detail: 'no graphics card that WebGPU can use was found',
      hint: 'needs a Vulkan driver for the card (Debian: mesa-vulkan-drivers, or the NVIDIA driver); CPU nodes do without',
    };
  }
  if (/Illegal instruction/i.test(text)) {
    return { detail: 'the processor lacks an instruction it uses', hint: 'x86-64 with AVX, or arm64, is needed' };
  }
  if (missing !== undefined) {
    return { detail: `the library ${missing} is missing`, hint: `install the package that holds ${missing}` };
  }
  return { detail: firstSentence(text), hint: 'CPU nodes do without' };
}

function explainCuda(text: string, missing: string | undefined, hasNvidiaDriver: boolean) {
  if (!hasNvidiaDriver) {
    return {
      detail: 'this machine has no NVIDIA card, or its driver is not loaded',
      hint: 'nodes of this version run on the CPU; a GPU will need its driver, and in a container the NVIDIA toolkit',
    };
  }
  if (missing?.startsWith('libonnxruntime_providers') === true || /Failed to load shared library\s*$/.test(text)) {
    return {
      detail: `the CUDA provider of ONNX Runtime is not installed (${missing ?? 'its library'} is missing)`,
      hint:
        `npm package ${CUDA_PACKAGE}: put its libonnxruntime_providers_shared.so and _cuda.so beside ` +
        'libonnxruntime.so.1 of onnxruntime-node; needs cuBLAS 13 and cuDNN 9. Nodes of this version do not use it yet',
    };
  }
  if (missing !== undefined) {
    return {
      detail: `the CUDA provider is there, but ${missing} is missing`,
      hint: 'install CUDA 13 (cuBLAS, cuRAND, cuFFT) and cuDNN 9 from NVIDIA, and let the loader find them',
    };
  }
  return { detail: firstSentence(text), hint: 'see nvidia-smi; the driver must support CUDA 13' };
}

function firstSentence(text: string): string {
  const error = /"error":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  const plain = (error ?? text).replace(/\\n/g, ' ').trim().replace(/\s+/g, ' ');
  return plain === '' ? 'it does not work, and says nothing' : plain.slice(0, 200);
}

/** The NVIDIA cards, where there are any. */
export async function checkGpu(): Promise<CheckResult> {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'];
  const found = await run('nvidia-smi', query);
  if (found.kind === 'ok' && found.stdout.trim() !== '') return ok('gpu', found.stdout.trim().replaceAll('\n', '; '));
  return ok('gpu', 'no NVIDIA card seen; the node runs on the CPU');
}
