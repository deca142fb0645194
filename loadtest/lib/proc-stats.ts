import { readdirSync, readFileSync } from 'node:fs';
import { systemClock } from '../../core/clock.ts';
import { meanOrNull, slope } from './statistics.ts';

/** What Linux says of a process. */
export interface ProcessSample {
  readonly atMs: number;
  readonly rssBytes: number;
  /** User and system time since its start, ms. */
  readonly cpuMs: number;
  /** The same of its first thread alone, which in Node is the one that runs JavaScript and the sockets. */
  readonly mainThreadCpuMs: number;
}

/** Ticks per second of `utime` and `stime` in /proc/PID/stat: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Reads /proc; `undefined` where the process is gone, or this is not Linux. */
export function sampleProcess(pid: number, atMs: number): ProcessSample | undefined {
  try {
    return {
      atMs,
      rssBytes: rssOfStatus(readFileSync(`/proc/${pid}/status`, 'latin1')),
      cpuMs: cpuMsOfStat(readFileSync(`/proc/${pid}/stat`, 'latin1')),
      mainThreadCpuMs: cpuMsOfStat(readFileSync(`/proc/${pid}/task/${pid}/stat`, 'latin1')),
    };
  } catch {
    return undefined;
  }
}

/** `VmRSS` of /proc/PID/status in bytes; 0 where there is none (a zombie). */
export function rssOfStatus(status: string): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kilobytes === undefined ? 0 : Number(kilobytes) * 1024;
}

/** utime + stime (fields 14 and 15) of /proc/PID/stat in ms. The name in field 2 may hold spaces and brackets. */
export function cpuMsOfStat(stat: string): number {
  const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(afterName[11]) + Number(afterName[12])) * 1000) / TICKS_PER_SECOND;
}

/** What a process holds open. */
export interface HandleCount {
  readonly fds: number;
  readonly threads: number;
}

/** Reads /proc; `undefined` where the process is gone. */
export function countHandles(pid: number): HandleCount | undefined {
  try {
    return { fds: readdirSync(`/proc/${pid}/fd`).length, threads: readdirSync(`/proc/${pid}/task`).length };
  } catch {
    return undefined;
  }
}

/** The first child process of `pid`; of `camshard up` without demo, the node. @throws Error where it has none */
export function childOf(pid: number): number {
  const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0];
  if (child === undefined || child === '') throw new Error(`process ${pid} has no child`);
  return Number(child);
}

/** State and process group of /proc/PID/stat; undefined where the process is gone or a zombie. */
function livingGroup(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : Number(group);
  } catch {
    return undefined;
  }
}

export const isAlive = (pid: number): boolean => livingGroup(pid) !== undefined;

/** Living processes of process group `group`, besides its leader. */
export function groupMembers(group: number): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => pid !== group && livingGroup(pid) === group);
}

export interface ProcessUse {
  readonly rssStartBytes: number;
  readonly rssEndBytes: number;
  readonly rssMaxBytes: number;
  /** Growth of the second half of the samples, by a line fitted through them: what warming up does is over by then. */
  readonly rssGrowthBytesPerS: number;
  /** Mean over the time watched, in cores. */
  readonly cpuCores: number;
  /** Of the first thread; near 1 it is what limits the process, however many cores there are. */
  readonly mainThreadCores: number;
  readonly samples: number;
}

/** With what the whole machine did meanwhile: whether a figure was taken in company shows here. */
export interface WatchedUse extends ProcessUse {
  readonly machineCores: number;
  readonly stolenCores: number;
}

/** Summary of samples in order of time; zeros of fewer than two. */
export function summariseUse(samples: readonly ProcessSample[]): ProcessUse {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs === first.atMs) {
    const rss = first?.rssBytes ?? 0;
    return {
      rssStartBytes: rss,
      rssEndBytes: rss,
      rssMaxBytes: rss,
      rssGrowthBytesPerS: 0,
      cpuCores: 0,
      mainThreadCores: 0,
      samples: samples.length,
    };
  }
  const late = samples.slice(samples.length >> 1);
  const growthPerMs = slope(
    late.map((s) => s.atMs),
    late.map((s) => s.rssBytes),
  );
  return {
    rssStartBytes: first.rssBytes,
    rssEndBytes: last.rssBytes,
    rssMaxBytes: Math.max(...samples.map((s) => s.rssBytes)),
    rssGrowthBytesPerS: Math.round(growthPerMs * 1000),
    cpuCores: (last.cpuMs - first.cpuMs) / (last.atMs - first.atMs),
    mainThreadCores: (last.mainThreadCpuMs - first.mainThreadCpuMs) / (last.atMs - first.atMs),
    samples: samples.length,
  };
}

/** Resident memory by slices of time, so that what breathes within one does not look like growth. */
export interface RssSlice {
  /** Start, ms after `fromMs`. */
  readonly fromMs: number;
  /** Mean of its samples. */
  readonly rssBytes: number;
}

/** Means over whole slices of `sliceMs` from `fromMs` on; a slice without samples, and the one cut short, are left out. */
export function rssSlices(samples: readonly ProcessSample[], fromMs: number, sliceMs: number): readonly RssSlice[] {
  const endMs = samples.at(-1)?.atMs ?? fromMs;
  const slices: RssSlice[] = [];
  // Samples lie apart: a slice that lacks less than a tenth of its time is whole.
  for (let i = 0; fromMs + (i + 1) * sliceMs <= endMs + sliceMs / 10; i++) {
    const startMs = fromMs + i * sliceMs;
    const within = samples.filter((s) => s.atMs >= startMs && s.atMs < startMs + sliceMs).map((s) => s.rssBytes);
    const rssBytes = meanOrNull(within);
    if (rssBytes !== null) slices.push({ fromMs: i * sliceMs, rssBytes });
  }
  return slices;
}

/** Last slice against the first, e.g. 0.03 where it grew by 3 %; NaN of fewer than two. */
export function rssGrowth(slices: readonly RssSlice[]): number {
  const first = slices[0];
  const last = slices.at(-1);
  if (first === undefined || last === undefined || slices.length < 2) return Number.NaN;
  return last.rssBytes / first.rssBytes - 1;
}

/** Time of all cores together since the machine started, ms. */
export interface MachineSample {
  readonly busyMs: number;
  /** Taken by the hypervisor for other machines: time this one wanted and did not get. */
  readonly stolenMs: number;
}

/** The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal, in ticks. */
export function machineOfStat(stat: string): MachineSample {
  const ticks = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(' ').map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks;
  const toMs = 1000 / TICKS_PER_SECOND;
  return { busyMs: (user + nice + system + irq + softirq) * toMs, stolenMs: steal * toMs };
}

function sampleMachine(): MachineSample {
  try {
    return machineOfStat(readFileSync('/proc/stat', 'latin1'));
  } catch {
    return { busyMs: 0, stolenMs: 0 };
  }
}

/** Samples a process until stopped. */
export class ProcessWatch {
  readonly #samples: ProcessSample[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #pid: number;
  readonly #machineBefore = sampleMachine();
  readonly #startedMs = systemClock.nowMs();

  constructor(pid: number, intervalMs = 200) {
    this.#pid = pid;
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), intervalMs);
    this.#timer.unref();
  }

  #sample(): void {
    const sample = sampleProcess(this.#pid, systemClock.nowMs());
    if (sample !== undefined && sample.rssBytes > 0) this.#samples.push(sample);
  }

  /** So far. */
  get samples(): readonly ProcessSample[] {
    return this.#samples;
  }

  stop(): WatchedUse {
    clearInterval(this.#timer);
    this.#sample();
    const machine = sampleMachine();
    const forMs = systemClock.nowMs() - this.#startedMs;
    return {
      ...summariseUse(this.#samples),
      machineCores: (machine.busyMs - this.#machineBefore.busyMs) / forMs,
      stolenCores: (machine.stolenMs - this.#machineBefore.stolenMs) / forMs,
    };
  }
}
