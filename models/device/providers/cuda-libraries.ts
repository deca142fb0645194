import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What `npm run setup:cuda` places: see scripts/install-cuda.mjs. */
export const CUDA_PROVIDER_LIBRARY = 'libonnxruntime_providers_cuda.so';
export const CUDA_PROVIDER_FILES = ['libonnxruntime_providers_shared.so', CUDA_PROVIDER_LIBRARY] as const;

/**
 * What the provider of ONNX Runtime 1.29.0 asks the loader for, beyond what every Linux has: for machines where it is
 * not placed yet. Where it is, its own list counts.
 */
export const CUDA_RUNTIME_LIBRARIES = [
  'libcublasLt.so.13',
  'libcublas.so.13',
  'libcurand.so.10',
  'libcudart.so.13',
  'libcuda.so.1',
] as const;

/** Loaded at the first convolution, so its list does not name it; a detection model is nothing but convolutions. */
export const CUDNN_LIBRARY = 'libcudnn.so.9';

/**
 * The folder of onnxruntime-node's own libraries, beside which providers are looked for; undefined where the package is
 * not installed or has none for this machine.
 */
export function onnxRuntimeFolder(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve('onnxruntime-node'); // .../onnxruntime-node/dist/index.js
    const folder = join(dirname(dirname(entry)), 'bin', 'napi-v6', process.platform, process.arch);
    return existsSync(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}
