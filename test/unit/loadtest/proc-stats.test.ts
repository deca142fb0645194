import { describe, expect, it } from 'vitest';
import {
  countHandles,
  cpuMsOfStat,
  isAlive,
  machineOfStat,
  rssGrowth,
  rssOfStatus,
  rssSlices,
  sampleProcess,
  summariseUse,
} from '../../../loadtest/lib/proc-stats.ts';

describe('what /proc says of a process', () => {
  it('reads resident memory, and none of a zombie', () => {
    expect(rssOfStatus('Name:\tnode\nVmPeak:\t 999 kB\nVmRSS:\t  2048 kB\n')).toBe(2048 * 1024);
    expect(rssOfStatus('Name:\tnode\nState:\tZ (zombie)\n')).toBe(0);
  });

  it('reads processor time past a name with brackets and spaces', () => {
    expect(cpuMsOfStat('42 (a (b) c) S 1 42 42 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 11 0')).toBe(2_000);
  });

  it('reads how busy the machine is, without idling and waiting, and what was stolen from it', () => {
    expect(machineOfStat('cpu  100 10 50 9000 300 5 5 20 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n')).toEqual({
      busyMs: 1_700,
      stolenMs: 200,
    });
  });

  it('knows this process and not one that does not exist', () => {
    expect(sampleProcess(process.pid, 5)?.rssBytes).toBeGreaterThan(1e6);
    expect(sampleProcess(2 ** 30, 5)).toBeUndefined();
    expect(countHandles(process.pid)?.threads).toBeGreaterThan(0);
    expect(countHandles(2 ** 30)).toBeUndefined();
    expect([isAlive(process.pid), isAlive(2 ** 30)]).toEqual([true, false]);
  });
});

describe('summariseUse', () => {
  it('takes growth from the second half only, after warming up', () => {
    const rss = [100, 200, 300, 400, 410, 420, 430, 440];
    const samples = rss.map((rssBytes, i) => ({ atMs: i * 1000, rssBytes, cpuMs: i * 500, mainThreadCpuMs: i * 250 }));
    expect(summariseUse(samples)).toEqual({
      rssStartBytes: 100,
      rssEndBytes: 440,
      rssMaxBytes: 440,
      rssGrowthBytesPerS: 10,
      cpuCores: 0.5,
      mainThreadCores: 0.25,
      samples: 8,
    });
  });

  it('claims no growth and no load from a single sample', () => {
    expect(summariseUse([{ atMs: 1, rssBytes: 7, cpuMs: 3, mainThreadCpuMs: 3 }])).toMatchObject({
      rssEndBytes: 7,
      cpuCores: 0,
    });
  });
});

describe('rssSlices', () => {
  const sample = (atMs: number, rssBytes: number) => ({ atMs, rssBytes, cpuMs: 0, mainThreadCpuMs: 0 });

  it('takes means of whole slices, and leaves out the one that was cut short and what came before', () => {
    const samples = [sample(0, 9), sample(100, 10), sample(150, 20), sample(200, 30), sample(250, 30), sample(310, 99)];
    const slices = rssSlices(samples, 100, 100);
    expect(slices).toEqual([
      { fromMs: 0, rssBytes: 15 },
      { fromMs: 100, rssBytes: 30 },
    ]);
    expect(rssGrowth(slices)).toBe(1);
  });

  it('claims nothing of a single slice', () => {
    expect(rssGrowth(rssSlices([sample(0, 5), sample(100, 5)], 0, 100))).toBeNaN();
  });
});
