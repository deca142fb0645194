import { describe, expect, it } from 'vitest';
import { isOutOfMemory } from '../../../../models/device/out-of-memory.ts';

describe('what a failed run says', () => {
  it.each([
    // Seen from ONNX Runtime 1.29 on the CPU.
    "Non-zero status code returned while running ConstantOfShape node. Name:'huge' Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:359 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 70368744177664",
    // As users report them.
    'BFCArena::AllocateRawInternal Available memory of 536870912 is smaller than requested bytes of 1073741824',
    'CUDA failure 2: out of memory ; GPU=0 ; hostname=node-1 ; file=cuda_allocator.cc ; line=48 ; expr=cudaMalloc(&p, size);',
    'cudaErrorMemoryAllocation: out of memory',
    'CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; expr=cublasCreate(&handle);',
    'CUDNN failure 4004: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED ; GPU=0',
    'CUDNN_STATUS_ALLOC_FAILED',
    'CUDA_ERROR_OUT_OF_MEMORY',
    'std::bad_alloc',
    'Status Message: bad allocation',
    'WebGPU device error(2): Out of memory',
    'vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY',
    'Array buffer allocation failed',
  ])('is that memory ran out: %s', (message) => {
    expect(isOutOfMemory(new Error(message))).toBe(true);
  });

  it.each([
    'Got invalid dimensions for input: frames for the following indices index: 1 Got: 224 Expected: 320',
    'CUDA failure 209: no kernel image is available for execution on the device ; GPU=0',
    'CUDA failure 700: an illegal memory access was encountered ; GPU=0',
    'CUDA failure 20: unspecified',
    'CUDNN_STATUS_EXECUTION_FAILED',
    'index out of range in memory pattern',
    'no session of input size 224 is loaded',
    'fault injected',
    '',
  ])('is something else: %s', (message) => {
    expect(isOutOfMemory(new Error(message))).toBe(false);
  });

  it('is read from anything thrown', () => {
    expect(isOutOfMemory('out of memory')).toBe(true);
    expect(isOutOfMemory(undefined)).toBe(false);
  });
});
