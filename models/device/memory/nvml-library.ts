import koffi from 'koffi';

/** What is used of NVML. Answers are nvmlReturn_t, 0 for success; handles are opaque pointers. */
export interface NvmlLibrary {
  init(): number;
  shutdown(): number;
  /** Writes a uint32. */
  count(out: Buffer): number;
  /** Writes a handle of 8 bytes. */
  handleByIndex(index: number, out: Buffer): number;
  /** Writes a handle of 8 bytes. */
  handleByBusId(busId: string, out: Buffer): number;
  /** Takes a whole UUID, of a card or of a MIG slice; writes a handle of 8 bytes. */
  handleByUuid(uuid: string, out: Buffer): number;
  /** Writes a string that ends with a zero. */
  uuid(handle: bigint, out: Buffer, length: number): number;
  /** Writes nvmlMemory_t: total, free and used, three uint64. */
  memory(handle: bigint, out: Buffer): number;
  /**
   * Writes as many nvmlProcessInfo_t as `count`, a uint32, says there is room for, 24 bytes each: pid uint32, four
   * bytes unused, bytes used uint64, two uint32 for MIG. Sets `count` to how many there are.
   */
  processes(handle: bigint, count: Buffer, out: Buffer): number;
  /** What an answer means, in English. */
  errorText(code: number): string;
}

/**
 * NVIDIA's management library through koffi; comes with the driver. Its calls answer in well under a millisecond, so
 * they may be made on the main thread as long as they are made seldom.
 * @throws Error where it cannot be loaded or is older than 2021 (no nvmlDeviceGetComputeRunningProcesses_v3 or _v2)
 */
export function bindNvml(path = 'libnvidia-ml.so.1'): NvmlLibrary {
  const lib = koffi.load(path);
  const init = lib.func('nvmlInit_v2', 'int', []);
  const shutdown = lib.func('nvmlShutdown', 'int', []);
  const errorText = lib.func('nvmlErrorString', 'const char *', ['int']);
  const count = lib.func('nvmlDeviceGetCount_v2', 'int', ['void *']);
  const byIndex = lib.func('nvmlDeviceGetHandleByIndex_v2', 'int', ['uint32_t', 'void *']);
  const byBusId = lib.func('nvmlDeviceGetHandleByPciBusId_v2', 'int', ['const char *', 'void *']);
  const byUuid = lib.func('nvmlDeviceGetHandleByUUID', 'int', ['const char *', 'void *']);
  const uuid = lib.func('nvmlDeviceGetUUID', 'int', ['uintptr_t', 'void *', 'uint32_t']);
  const memory = lib.func('nvmlDeviceGetMemoryInfo', 'int', ['uintptr_t', 'void *']);
  const processesOf = (name: string) => lib.func(name, 'int', ['uintptr_t', 'void *', 'void *']);
  let processes: ReturnType<typeof processesOf>;
  try {
    processes = processesOf('nvmlDeviceGetComputeRunningProcesses_v3');
  } catch {
    processes = processesOf('nvmlDeviceGetComputeRunningProcesses_v2'); // the same layout
  }
  return {
    init: () => init() as number,
    shutdown: () => shutdown() as number,
    count: (out) => count(out) as number,
    handleByIndex: (index, out) => byIndex(index, out) as number,
    handleByBusId: (busId, out) => byBusId(busId, out) as number,
    handleByUuid: (text, out) => byUuid(text, out) as number,
    uuid: (handle, out, length) => uuid(handle, out, length) as number,
    memory: (handle, out) => memory(handle, out) as number,
    processes: (handle, found, out) => processes(handle, found, out) as number,
    errorText: (code) => errorText(code) as string,
  };
}
