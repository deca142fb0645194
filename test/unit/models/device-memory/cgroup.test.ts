import { describe, expect, it } from 'vitest';
import {
  CgroupMemoryReader,
  cgroupBound,
  machineBound,
  tightest,
} from '../../../../models/device/memory/cgroup-memory.ts';
import { memoryCgroups } from '../../../../models/device/memory/cgroup-paths.ts';

const GIB = 1024 ** 3;
const V2_MOUNT = '29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot';
const V1_MOUNT = '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory';
const HYBRID_MOUNT = '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw';
const MEMINFO =
  'MemTotal:       24731708 kB\nMemFree:        24039372 kB\nMemAvailable:   24260364 kB\nBuffers: 183456 kB\n';

const reader = (files: Readonly<Record<string, string>>) =>
  new CgroupMemoryReader((path) => {
    const text = files[path];
    return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
  });

describe('the folders of limits', () => {
  it('are all those from the own one up, since a limit on any of them counts', () => {
    expect(memoryCgroups('0::/system.slice/camshard.service\n', V2_MOUNT)).toEqual([
      { version: 2, path: '/sys/fs/cgroup/system.slice/camshard.service' },
      { version: 2, path: '/sys/fs/cgroup/system.slice' },
      { version: 2, path: '/sys/fs/cgroup' },
    ]);
  });

  it('are those of version 1 where the memory controller is there, though version 2 is mounted too', () => {
    const own = '9:name=systemd:/\n4:memory:/process_api/e11f\n1:cpu,cpuacct:/\n0::/\n';
    expect(memoryCgroups(own, `${HYBRID_MOUNT}\n${V1_MOUNT}\n`).map(({ version, path }) => [version, path])).toEqual([
      [1, '/sys/fs/cgroup/memory/process_api/e11f'],
      [1, '/sys/fs/cgroup/memory/process_api'],
      [1, '/sys/fs/cgroup/memory'],
    ]);
  });

  it('in a container are those below what is mounted, whether its path is its own or the machine s', () => {
    const mount = '684 683 0:32 /docker/9f3 /sys/fs/cgroup/memory ro,nosuid master:15 - cgroup cgroup rw,memory';
    expect(memoryCgroups('5:memory:/docker/9f3/job\n', mount).map(({ path }) => path)).toEqual([
      '/sys/fs/cgroup/memory/job',
      '/sys/fs/cgroup/memory',
    ]);
    expect(memoryCgroups('5:memory:/elsewhere\n', mount).map(({ path }) => path)).toEqual(['/sys/fs/cgroup/memory']);
    expect(memoryCgroups('0::/../../init.scope\n', V2_MOUNT).map(({ path }) => path)).toEqual(['/sys/fs/cgroup']);
  });

  it('are none where no memory controller is mounted', () => {
    expect(memoryCgroups('', '')).toEqual([]);
    expect(memoryCgroups('0::/\n', 'garbage\n\n')).toEqual([]);
  });
});

describe('a bound on memory', () => {
  it('counts file pages not used lately as free', () => {
    expect(cgroupBound(2, '4294967296\n', '3221225472\n', 'anon 1\ninactive_file 1073741824\nactive_file 7\n')).toEqual(
      {
        from: 'cgroup v2',
        totalBytes: 4 * GIB,
        usedBytes: 2 * GIB,
      },
    );
    const v1 = 'inactive_file 1\nhierarchical_memory_limit 9\ntotal_inactive_file 1073741824\n';
    expect(cgroupBound(1, '4294967296\n', '3221225472\n', v1)?.usedBytes).toBe(2 * GIB);
  });

  it('is none where the limit says so, in the words of either version', () => {
    expect(cgroupBound(2, 'max\n', '1\n', '')).toBeUndefined();
    expect(cgroupBound(1, '9223372036854771712\n', '1\n', '')).toBeUndefined();
    expect(cgroupBound(2, '', '', '')).toBeUndefined();
  });

  it('of the machine is what can be had without swapping', () => {
    expect(machineBound(MEMINFO)).toEqual({
      from: 'machine',
      totalBytes: 24731708 * 1024,
      usedBytes: (24731708 - 24260364) * 1024,
    });
    expect(machineBound('MemTotal: x\n')).toBeUndefined();
  });

  it('that leaves least is the one that counts', () => {
    const roomy = { from: 'machine', totalBytes: 100, usedBytes: 10 } as const;
    const tight = { from: 'cgroup v2', totalBytes: 50, usedBytes: 20 } as const;
    expect(tightest([roomy, tight])).toBe(tight);
    expect(tightest([])).toBeUndefined();
  });
});

describe('the memory reader of a CPU device', () => {
  it('reads the limit of a folder above its own where that is the tightest', async () => {
    const memory = reader({
      '/proc/self/cgroup': '0::/a/b\n',
      '/proc/self/mountinfo': V2_MOUNT,
      '/proc/meminfo': MEMINFO,
      '/sys/fs/cgroup/a/b/memory.max': 'max\n',
      '/sys/fs/cgroup/a/b/memory.current': '1\n',
      '/sys/fs/cgroup/a/memory.max': `${GIB}\n`,
      '/sys/fs/cgroup/a/memory.current': `${GIB / 2}\n`,
      '/sys/fs/cgroup/a/memory.stat': 'inactive_file 0\n',
    });
    const reading = await memory.read();
    expect(reading).toMatchObject({ totalBytes: GIB, usedBytes: GIB / 2 });
    expect(reading.ownBytes).toBeGreaterThan(1024 ** 2);
    expect((await memory.bound()).from).toBe('cgroup v2');
  });

  it('falls back to the machine, and works where Linux s files are missing', async () => {
    const machine = await reader({ '/proc/meminfo': MEMINFO }).bound();
    expect(machine).toMatchObject({ from: 'machine', totalBytes: 24731708 * 1024 });
    const elsewhere = await reader({}).read();
    expect(elsewhere.totalBytes).toBeGreaterThan(elsewhere.usedBytes);
  });
});
