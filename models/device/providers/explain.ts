import type { ProviderKind, ProviderState } from './provider.ts';

type Unusable = Extract<ProviderState, { usable: false }>;

const SETUP_CUDA = 'npm run setup:cuda';

/** What a failed try of a provider left behind. */
export interface FailedTry {
  /** The error thrown and the noise made on stderr. */
  readonly text: string;
  /** The signal that ended the process, where one did. */
  readonly signal?: string | undefined;
}

/** Says which libraries are not there and how to get each. */
export function explainMissing(missing: readonly string[]): Unusable {
  const fixes = [...new Set(missing.map(fixFor))];
  return {
    usable: false,
    missing,
    why: `${list(missing)} ${missing.length === 1 ? 'is' : 'are'} missing`,
    fix: fixes.join('; '),
  };
}

function fixFor(library: string): string {
  if (library.startsWith('libonnxruntime_providers')) return SETUP_CUDA;
  if (library.startsWith('libcuda.so')) {
    return 'install the NVIDIA driver, 580 or newer for CUDA 13 (a container: start it with --gpus all)';
  }
  if (library.startsWith('libcudnn')) return "install cuDNN 9 for CUDA 13 (NVIDIA's repository: libcudnn9-cuda-13)";
  if (/^lib(cudart|cublas|curand|cufft|nvrtc)/.test(library)) {
    return "install CUDA 13's libraries (NVIDIA's repository: cuda-libraries-13-0) and let the loader find them";
  }
  if (library.startsWith('libvulkan')) {
    return "install the Vulkan loader and the card's driver (Debian: libvulkan1 mesa-vulkan-drivers, or NVIDIA's)";
  }
  return `install the package that holds ${library}`;
}

/** Says in plain words why a session could not be made or run, from what ONNX Runtime wrote. */
export function explainFailure(provider: ProviderKind, { text, signal }: FailedTry): Unusable {
  const because = (why: string, fix: string, missing: readonly string[] = []): Unusable => ({
    usable: false,
    missing,
    why,
    fix,
  });
  if (/Cannot find (package|module) 'onnxruntime-node'/.test(text)) {
    return because('the package onnxruntime-node is not installed', 'npm ci in the project');
  }
  const missing = /(lib[\w.+-]+\.so[\w.]*): cannot open shared object file/.exec(text)?.[1];
  if (missing !== undefined) return explainMissing([missing]);
  if (/cuDNN library was not found/.test(text)) return explainMissing(['libcudnn.so.9']);
  if (signal === 'SIGILL' || /Illegal instruction/i.test(text)) {
    return because('the processor lacks an instruction it uses', 'x86-64 with AVX, or arm64, is needed');
  }
  if (/driver version is insufficient|CUDA (failure|error) 35\b/i.test(text)) {
    return because("the NVIDIA driver is too old for CUDA 13, or is CUDA's stub", 'install driver 580 or newer');
  }
  if (/no CUDA-capable device|CUDA (failure|error) 100\b/i.test(text)) {
    return because('the NVIDIA driver is there, but finds no card', 'see nvidia-smi, and CUDA_VISIBLE_DEVICES');
  }
  if (/invalid device ordinal|invalid device_id|CUDA (failure|error) 101\b/i.test(text)) {
    return because(
      'there is no card of that number',
      'see nvidia-smi -L; cards are counted from 0 (devices[].deviceId)',
    );
  }
  if (/out of memory|CUDA (failure|error) 2\b/i.test(text)) {
    return because('the card has no memory left', 'see nvidia-smi for who holds it');
  }
  if (/No supported adapters|Failed to get a WebGPU adapter|RequestAdapter/.test(text)) {
    return because(
      'no graphics card that WebGPU can use was found',
      "needs a Vulkan driver for the card (Debian: mesa-vulkan-drivers, or NVIDIA's)",
    );
  }
  const said = firstSentence(text);
  if (said !== '') return because(said, provider === 'cpu' ? 'npm ci in the project' : 'CPU nodes do without');
  const end = signal === undefined ? 'says nothing' : `was ended by ${signal}`;
  return because(`a session on it ${end}`, provider === 'cpu' ? 'npm ci in the project' : 'CPU nodes do without');
}

function firstSentence(text: string): string {
  const error = /"error":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  return (error ?? text).replace(/\\n/g, ' ').trim().replace(/\s+/g, ' ').slice(0, 200);
}

/** `a`, `a and b`, `a, b and c`. */
function list(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
