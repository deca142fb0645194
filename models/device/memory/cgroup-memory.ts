import { readFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import type { MemoryReading } from '../port.ts';
import { type CgroupFolder, memoryCgroups } from './cgroup-paths.ts';
import type { MemoryReader } from './memory-reader.ts';

/** What bounds memory: a cgroup's limit, or the machine itself. Bytes. */
export interface MemoryBound {
  readonly from: 'cgroup v1' | 'cgroup v2' | 'machine';
  readonly totalBytes: number;
  readonly usedBytes: number;
}

/** Version 1 says "no limit" with a number near 2^63. */
const UNLIMITED_BYTES_MIN = 2 ** 60;

/**
 * A cgroup's limit and use from the text of its files; undefined where it sets no limit. Pages of files that were not
 * used lately count as free, since the kernel takes them back before it ends a process.
 * @param limit `memory.max`, in version 1 `memory.limit_in_bytes`
 * @param current `memory.current`, in version 1 `memory.usage_in_bytes`
 * @param stat `memory.stat`
 */
export function cgroupBound(version: 1 | 2, limit: string, current: string, stat: string): MemoryBound | undefined {
  const totalBytes = wholeNumber(limit);
  const current_ = wholeNumber(current);
  if (totalBytes === undefined || current_ === undefined || totalBytes >= UNLIMITED_BYTES_MIN) return undefined;
  // Version 1's plain figure leaves out the groups below, which its usage counts.
  const line = version === 2 ? /^inactive_file (\d+)$/m : /^total_inactive_file (\d+)$/m;
  const reclaimable = Number(line.exec(stat)?.[1] ?? 0);
  return { from: `cgroup v${version}`, totalBytes, usedBytes: Math.max(0, current_ - reclaimable) };
}

/** The machine's own memory from `/proc/meminfo`, whose kB are KiB; undefined where it says neither figure. */
export function machineBound(meminfo: string): MemoryBound | undefined {
  const bytes = (key: string): number | undefined => {
    const kib = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  };
  const totalBytes = bytes('MemTotal');
  const available = bytes('MemAvailable');
  if (totalBytes === undefined || available === undefined) return undefined;
  return { from: 'machine', totalBytes, usedBytes: Math.max(0, totalBytes - available) };
}

/** Of several bounds the one that leaves least: it is the one that will be hit. */
export function tightest(bounds: readonly MemoryBound[]): MemoryBound | undefined {
  const free = (bound: MemoryBound): number => bound.totalBytes - bound.usedBytes;
  return bounds.reduce<MemoryBound | undefined>(
    (best, bound) => (best === undefined || free(bound) < free(best) ? bound : best),
    undefined,
  );
}

function wholeNumber(text: string): number | undefined {
  return /^\d+$/.test(text.trim()) ? Number(text) : undefined;
}

/** Reads a text file; rejects where there is none. */
export type ReadText = (path: string) => Promise<string>;

/**
 * The memory a CPU device shares with everything else in its cgroup or on its machine. `ownBytes` is the resident set of
 * the whole process, since threads share it.
 */
export class CgroupMemoryReader implements MemoryReader {
  readonly #readText: ReadText;
  #folders: Promise<readonly CgroupFolder[]> | undefined;

  constructor(readText: ReadText = (path) => readFile(path, 'utf8')) {
    this.#readText = readText;
  }

  async read(): Promise<MemoryReading> {
    const { totalBytes, usedBytes } = await this.bound();
    return { totalBytes, usedBytes, ownBytes: process.memoryUsage.rss() };
  }

  /** What bounds memory just now. */
  async bound(): Promise<MemoryBound> {
    const text = (path: string): Promise<string> => this.#readText(path).catch(() => '');
    this.#folders ??= Promise.all([text('/proc/self/cgroup'), text('/proc/self/mountinfo')]).then(([own, mounts]) =>
      memoryCgroups(own, mounts),
    );
    const limited = (await this.#folders).map(async ({ version, path }) => {
      const files =
        version === 2 ? ['memory.max', 'memory.current'] : ['memory.limit_in_bytes', 'memory.usage_in_bytes'];
      const [limit = '', current = '', stat = ''] = await Promise.all(
        [...files, 'memory.stat'].map((file) => text(`${path}/${file}`)),
      );
      return cgroupBound(version, limit, current, stat);
    });
    const bounds = await Promise.all([...limited, text('/proc/meminfo').then(machineBound)]);
    // Elsewhere than on Linux none of these files is there.
    const total = totalmem();
    const machine: MemoryBound = { from: 'machine', totalBytes: total, usedBytes: total - freemem() };
    return tightest(bounds.filter((bound) => bound !== undefined)) ?? machine;
  }
}
