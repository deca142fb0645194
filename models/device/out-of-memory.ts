import { errorMessage } from '../../core/errors.ts';

/**
 * How ONNX Runtime 1.29 and what lies under it say that memory ran out. It gives no code to tell by: every failed run
 * is a plain Error whose message carries the text of the layer that failed. The phrases are those found in
 * `libonnxruntime.so.1` of that version, in CUDA's, cuDNN's and Vulkan's headers, and in reports by users.
 */
const OUT_OF_MEMORY_PHRASES: readonly RegExp[] = [
  // ONNX Runtime's arena (core/framework/bfc_arena.cc): the card refused, or the arena's own limit was met.
  /failed to allocate memory for requested buffer/i,
  /available memory of \d+ is smaller than requested bytes/i,
  /BFC ?Arena ran out of memory/i,
  // Host memory: C++, and V8 when a buffer for the frames cannot be had.
  /bad_alloc\b|bad allocation/i,
  /array buffer allocation failed/i,
  /memory allocation failed/i,
  /output buffer allocation failed/i,
  // CUDA, cuBLAS, cuDNN.
  /\bcuda (failure|error) 2\b/i,
  /\bcudaErrorMemoryAllocation\b|\bCUDA_ERROR_OUT_OF_MEMORY\b/,
  /\bCU(BLAS|DNN|FFT)\w*_(ALLOC_FAILED|ALLOCATION_FAILED)\b/,
  // WebGPU over Vulkan (Dawn), and everybody else.
  /\bVK_ERROR_OUT_OF_(DEVICE|HOST)_MEMORY\b/,
  /\bout of memory\b/i,
];

/** Whether `error`, thrown by loading or running a session, says that memory ran out; its causes are not looked at. */
export function isOutOfMemory(error: unknown): boolean {
  const message = errorMessage(error);
  return OUT_OF_MEMORY_PHRASES.some((phrase) => phrase.test(message));
}
