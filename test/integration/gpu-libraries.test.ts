import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bindCudaDriver, cudaCard } from '../../models/device/memory/cuda-card.ts';
import { bindNvml } from '../../models/device/memory/nvml-library.ts';
import { openNvml } from '../../models/device/memory/nvml-memory.ts';
import { checkProvider } from '../../models/device/providers/check-provider.ts';
import { runChild } from '../../models/device/providers/run-child.ts';
import { root } from './fixtures/processes.ts';

const dir = mkdtempSync(join(tmpdir(), 'camshard-libraries-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const hasCompiler = spawnSync('cc', ['--version']).status === 0;
const compile = (name: string, source: string, ...args: readonly string[]): string => {
  const file = join(dir, name);
  writeFileSync(`${file}.c`, source);
  execFileSync('cc', ['-shared', '-fPIC', '-o', file, `${file}.c`, ...args]);
  return file;
};

// Two cards behind the real function signatures; every pointer is written through as the driver's library does.
const NVML = `
#include <string.h>
typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned pid; unsigned long long used; unsigned gi, ci; } process_t;
static int cards[2] = {7, 8}; static int open_count = 0;
int nvmlInit_v2(void) { open_count++; return 0; }
int nvmlShutdown(void) { return --open_count < 0 ? 1 : 0; }
const char *nvmlErrorString(int code) { return code == 6 ? "Not Found" : "Unknown Error"; }
int nvmlDeviceGetCount_v2(unsigned *n) { *n = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **h) { if (i > 1) return 6; *h = &cards[i]; return 0; }
int nvmlDeviceGetHandleByPciBusId_v2(const char *id, void **h) {
  if (strcmp(id, "0000:AF:00.0")) return 6; *h = &cards[1]; return 0; }
int nvmlDeviceGetHandleByUUID(const char *id, void **h) {
  if (strcmp(id, "GPU-whole")) return 6; *h = &cards[0]; return 0; }
int nvmlDeviceGetUUID(int *h, char *out, unsigned n) { strncpy(out, *h == 7 ? "GPU-whole" : "GPU-other", n); return 0; }
int nvmlDeviceGetMemoryInfo(int *h, memory_t *m) {
  m->total = (*h - 6) * 80ULL << 30; m->used = 3ULL << 30; m->free = m->total - m->used; return 0; }
int nvmlDeviceGetComputeRunningProcesses_v3(int *h, unsigned *n, process_t *out) {
  if (*n < 1) { *n = 1; return 7; }
  *n = 1; out[0].pid = 4711; out[0].used = *h == 7 ? ~0ULL : 5ULL << 30; return 0; }
`;
const CUDA = `
#include <stdio.h>
int cuInit(unsigned flags) { return flags; }
int cuDeviceGet(int *device, int ordinal) { if (ordinal > 0) return 101; *device = 0xAF; return 0; }
int cuDeviceGetPCIBusId(char *out, int n, int device) { snprintf(out, n, "0000:%X:00.0", device); return 0; }
`;

describe.skipIf(!hasCompiler)('the binding of the driver s libraries', () => {
  let nvml = '';
  let cuda = '';
  beforeAll(() => {
    nvml = compile('libnvidia-ml.so.1', NVML);
    cuda = compile('libcuda.so.1', CUDA);
  });

  it('reads a card s memory through NVML s own structures', async () => {
    for (const [card, totalBytes] of [
      [{ kind: 'index', index: 0 }, 80],
      [{ kind: 'uuid', uuid: 'GPU-whole' }, 80],
      [{ kind: 'uuid', uuid: 'GPU-oth' }, 160],
      [{ kind: 'pci', busId: '0000:AF:00.0' }, 160],
    ] as const) {
      const opened = openNvml(card, () => bindNvml(nvml));
      if (opened.kind !== 'open') throw new Error(opened.why);
      const reading = await opened.reader.read();
      expect(reading).toMatchObject({ totalBytes: totalBytes * 1024 ** 3, usedBytes: 3 * 1024 ** 3 });
      opened.reader.close();
    }
    expect(openNvml({ kind: 'index', index: 2 }, () => bindNvml(nvml))).toEqual({
      kind: 'unusable',
      why: 'NVML does not give card 2: Not Found',
    });
  });

  it('reads the processes on a card', () => {
    const library = bindNvml(nvml);
    const handle = Buffer.alloc(8);
    expect(library.handleByIndex(1, handle)).toBe(0);
    const count = Buffer.from([4, 0, 0, 0]);
    const table = Buffer.alloc(4 * 24);
    expect(library.processes(handle.readBigUInt64LE(0), count, table)).toBe(0);
    expect([count.readUInt32LE(0), table.readUInt32LE(0), table.readBigUInt64LE(8)]).toEqual([1, 4711, 5n << 30n]);
  });

  it('asks the CUDA driver for a card s slot', () => {
    expect(cudaCard(0, () => bindCudaDriver(cuda), undefined)).toEqual({ kind: 'pci', busId: '0000:AF:00.0' });
    expect(cudaCard(1, () => bindCudaDriver(cuda), undefined)).toEqual({ kind: 'index', index: 1 });
  });

  it('says which library is missing, also one that another needs', async () => {
    const inner = compile('libinner.so.7', 'int inner(void) { return 1; }', '-Wl,-soname,libinner.so.7');
    const outer = compile('libouter.so', 'int inner(void); int outer(void) { return inner(); }', inner);
    rmSync(inner);
    const { answer } = await runChild('library-probe.js', [outer, 'libnowhere.so.1', nvml]);
    const errors = JSON.parse(answer) as Record<string, string | null>;
    expect(errors[outer]).toMatch(/^libinner\.so\.7: cannot open shared object file/);
    expect(errors['libnowhere.so.1']).toMatch(/^libnowhere\.so\.1: cannot open/);
    expect(errors[nvml]).toBeNull();
  });
});

// Chromium, which the end-to-end tests need anyway, brings a Vulkan driver that computes on the CPU.
const SOFTWARE_CARD = '/usr/lib/chromium/vk_swiftshader_icd.json';

describe('the check of a provider on this machine', () => {
  const driverBefore = process.env.VK_DRIVER_FILES;
  afterEach(() => {
    if (driverBefore === undefined) delete process.env.VK_DRIVER_FILES;
    else process.env.VK_DRIVER_FILES = driverBefore;
  });

  it('runs a session on the CPU', async () => {
    expect(await checkProvider('cpu')).toEqual({ usable: true });
  });

  it('runs CUDA, or names the libraries that are missing', async () => {
    const state = await checkProvider('cuda');
    if (state.usable) return;
    expect(state.why.length).toBeGreaterThan(5);
    expect(state.fix.length).toBeGreaterThan(5);
    for (const library of state.missing) expect(library).toMatch(/^lib.+\.so/);
  });

  it.skipIf(!existsSync(SOFTWARE_CARD) || !existsSync('/usr/lib/x86_64-linux-gnu/libvulkan.so.1'))(
    'really computes on a card that Vulkan gives to WebGPU',
    async () => {
      process.env.VK_DRIVER_FILES = SOFTWARE_CARD;
      expect(await checkProvider('webgpu')).toEqual({ usable: true });
    },
  );

  it('finds no card where Vulkan has no driver', async () => {
    process.env.VK_DRIVER_FILES = join(dir, 'none.json');
    expect(await checkProvider('webgpu')).toMatchObject({ usable: false });
  });
});

describe('scripts/install-cuda.mjs', () => {
  const script = join(root, 'scripts/install-cuda.mjs');

  it.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('takes no archive but the very one', () => {
    const other = join(dir, 'other.tgz');
    writeFileSync(other, 'something else');
    const ended = spawnSync(process.execPath, [script, '--from', other], { encoding: 'utf8' });
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(/is not com\.github\.asus4\.onnxruntime\.linux-x64-gpu@0\.4\.9/);
  });
});
