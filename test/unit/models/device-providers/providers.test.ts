import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkProvider, libraryNotFound } from '../../../../models/device/providers/check-provider.ts';
import { CUDA_RUNTIME_LIBRARIES } from '../../../../models/device/providers/cuda-libraries.ts';
import { neededLibraries, neededOf } from '../../../../models/device/providers/elf-needed.ts';
import { explainFailure, explainMissing } from '../../../../models/device/providers/explain.ts';
import { elfFile } from './elf-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'camshard-providers-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const over = (bytes: Buffer) => (offset: number, length: number) =>
  Promise.resolve(bytes.subarray(offset, offset + length));

describe('the libraries an ELF file needs', () => {
  it('are read in order', async () => {
    expect(await neededOf(over(elfFile(['libcudart.so.13', 'libc.so.6'])))).toEqual(['libcudart.so.13', 'libc.so.6']);
    expect(await neededOf(over(elfFile([])))).toEqual([]);
  });

  it('are read of a real file', async () => {
    const real = process.platform === 'linux' ? await neededLibraries(process.execPath) : ['libc.so.6'];
    expect(real.some((name) => /^libc\./.test(name))).toBe(true);
  });

  it('cannot be read of anything else, or of a part of one', async () => {
    await expect(neededOf(over(Buffer.from('no such thing')))).rejects.toThrow(/ends too early/);
    await expect(neededOf(over(Buffer.alloc(64)))).rejects.toThrow(/not a 64-bit ELF/);
    const whole = elfFile(['libc.so.6']);
    for (let length = 0; length < whole.length - 1; length += 7) {
      await expect(neededOf(over(whole.subarray(0, length)))).rejects.toThrow(/ELF file/);
    }
  });
});

describe('what the loader says', () => {
  it('names the library that is missing, also where another one needs it', () => {
    const missing = 'cannot open shared object file: No such file or directory';
    expect(libraryNotFound(`libcuda.so.1: ${missing}`)).toEqual(['libcuda.so.1']);
    expect(libraryNotFound(`libz.so.1: ${missing}`)).toEqual(['libz.so.1']);
    expect(libraryNotFound('/usr/lib/libcuda.so.1: invalid ELF header')).toEqual([]);
    expect(libraryNotFound(null)).toEqual([]);
  });
});

describe('the check of a provider', () => {
  const usable = { usable: true } as const;
  const linux = { platform: 'linux', arch: 'x64', folder: () => dir, notLoadable: () => Promise.resolve([]) };

  it('of CUDA lists everything that is missing, each with where to get it', async () => {
    const asked: string[][] = [];
    const state = await checkProvider('cuda', 0, {
      ...linux,
      notLoadable: (names) => {
        asked.push([...names]);
        return Promise.resolve(['libcuda.so.1', 'libcudnn.so.9']);
      },
      trySession: () => Promise.reject(new Error('never tried without its libraries')),
    });
    expect(asked).toEqual([[...CUDA_RUNTIME_LIBRARIES, 'libcudnn.so.9']]);
    expect(state).toMatchObject({
      usable: false,
      missing: [
        'libonnxruntime_providers_shared.so',
        'libonnxruntime_providers_cuda.so',
        'libcuda.so.1',
        'libcudnn.so.9',
      ],
      fix: expect.stringMatching(/setup:cuda.*NVIDIA driver.*libcudnn9-cuda-13/),
    });
  });

  it('of CUDA goes by the list of the provider that is there, and then runs a session on the card meant', async () => {
    const there = mkdtempSync(join(dir, 'there-'));
    writeFileSync(join(there, 'libonnxruntime_providers_shared.so'), elfFile(['libc.so.6']));
    writeFileSync(join(there, 'libonnxruntime_providers_cuda.so'), elfFile(['libcudart.so.14', 'libc.so.6']));
    const asked: unknown[] = [];
    const state = await checkProvider('cuda', 3, {
      ...linux,
      folder: () => there,
      notLoadable: (names) => {
        asked.push(...names);
        return Promise.resolve([]);
      },
      trySession: (kind, deviceId) => {
        asked.push(kind, deviceId);
        return Promise.resolve(usable);
      },
    });
    expect(state).toEqual(usable);
    expect(asked).toEqual(['libcudart.so.14', 'libc.so.6', 'libcudnn.so.9', 'cuda', 3]);
    writeFileSync(join(there, 'libonnxruntime_providers_cuda.so'), 'half a file');
    expect(await checkProvider('cuda', 0, { ...linux, folder: () => there })).toMatchObject({
      why: expect.stringMatching(/is damaged/),
      fix: 'npm run setup:cuda',
    });
  });

  it('of CUDA knows the machines for which there is none', async () => {
    expect(await checkProvider('cuda', 0, { ...linux, arch: 'arm64' })).toMatchObject({
      why: expect.stringMatching(/only for Linux on x64/),
    });
    expect(await checkProvider('cuda', 0, { ...linux, folder: () => undefined })).toMatchObject({
      fix: 'npm ci in the project',
    });
  });

  it('of WebGPU asks for Vulkan only once no card was found', async () => {
    const noCard = explainFailure('webgpu', { text: 'Failed to get a WebGPU adapter: No supported adapters' });
    const tried = { ...linux, trySession: () => Promise.resolve(noCard) };
    expect(await checkProvider('webgpu', 0, tried)).toBe(noCard);
    expect(
      await checkProvider('webgpu', 0, { ...tried, notLoadable: (names) => Promise.resolve([...names]) }),
    ).toMatchObject({ missing: ['libvulkan.so.1'], fix: expect.stringMatching(/libvulkan1/) });
    expect(await checkProvider('webgpu', 0, { ...linux, trySession: () => Promise.resolve(usable) })).toEqual(usable);
  });
});

describe('why a provider cannot be used', () => {
  const why = (text: string, provider: 'cpu' | 'cuda' | 'webgpu' = 'cuda', signal?: string) =>
    explainFailure(provider, { text, signal });

  it('is said in plain words', () => {
    expect(explainMissing(['libcuda.so.1']).why).toBe('libcuda.so.1 is missing');
    expect(explainMissing(['a', 'b', 'c']).why).toBe('a, b and c are missing');
    expect(explainMissing(['libcublas.so.13', 'libcudart.so.13']).fix.split(';')).toHaveLength(1);
    expect(why('CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version').why).toMatch(/too old/);
    expect(why('CUDA failure 100: no CUDA-capable device is detected').why).toMatch(/finds no card/);
    expect(why('CUDA failure 101: invalid device ordinal ; GPU=3').why).toMatch(/no card of that number/);
    expect(why('CUDA failure 2: out of memory').why).toMatch(/no memory left/);
    expect(why('cuDNN library was not found').missing).toEqual(['libcudnn.so.9']);
    expect(why('Failed to get a WebGPU adapter: No supported adapters', 'webgpu').why).toMatch(/no graphics card/);
    expect(why("Cannot find package 'onnxruntime-node'", 'cpu').fix).toBe('npm ci in the project');
    expect(why('', 'cpu', 'SIGILL').why).toMatch(/lacks an instruction/);
  });

  it('is the runtime s own words where nothing better is known', () => {
    expect(why('{"ok":false,"error":"it\\nbroke"}\nnoise').why).toBe('it broke');
    expect(why('', 'cuda', 'SIGSEGV').why).toBe('a session on it was ended by SIGSEGV');
    expect(why('', 'cuda').why).toBe('a session on it says nothing');
  });

  it('names the library of any loader message', () => {
    const text =
      '/x/libonnxruntime_providers_cuda.so with error: libnvrtc.so.13: cannot open shared object file: No such';
    expect(why(text)).toMatchObject({ missing: ['libnvrtc.so.13'], why: 'libnvrtc.so.13 is missing' });
  });
});
