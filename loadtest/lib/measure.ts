import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeConfigInput } from '../../config/schema.ts';
import { systemClock } from '../../core/clock.ts';
import type { OverloadStatus } from '../../core/overload.ts';
import type { SwarmSummary } from '../swarm/swarm.ts';
import { readOverload } from './node-api.ts';
import { type ProcessSample, ProcessWatch, type WatchedUse } from './proc-stats.ts';
import { type Server, startNode, startSwarm, withServer } from './servers.ts';

/** One load on one fresh node: no run inherits another's memory, or the rung it stood on. */
export interface LoadRun {
  readonly config: NodeConfigInput;
  readonly cameras: number;
  /** Of each. */
  readonly fps: number;
  /** Measured, after `warmupSeconds` of the same load. */
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly frames: string;
  /** Further options of the swarm. */
  readonly flags?: readonly string[];
}

export interface LoadFigures {
  readonly swarm: SwarmSummary;
  /** Of the node process, while measured. */
  readonly use: WatchedUse;
  readonly samples: readonly ProcessSample[];
  /** Each second while measured; empty where the node does not say. */
  readonly overload: readonly OverloadStatus[];
}

/** Runs it with the node process by itself. A ledger that does not close is told by the figures, not by an error. */
export function measureLoad(run: LoadRun): Promise<LoadFigures> {
  const config: NodeConfigInput = { ...run.config, telemetry: { logLevel: 'warn' } };
  return withServer(startNode({ config }), (node) => measureOn(node, run));
}

/** {@link measureLoad} on a server that runs already. */
export async function measureOn(server: Server, run: Omit<LoadRun, 'config'>): Promise<LoadFigures> {
  const warmup = ['--warmup', String(run.warmupSeconds)];
  const { child, sending, summary } = startSwarm({
    url: server.wsUrl,
    cameras: run.cameras,
    fps: run.fps,
    seconds: run.seconds,
    frames: run.frames,
    flags: ['--results', ...warmup, ...(run.flags ?? [])],
  });
  await sending;
  await sleep(run.warmupSeconds * 1000);
  const watch = new ProcessWatch(server.child.pid, 500);
  const overload: OverloadStatus[] = [];
  const startMs = systemClock.nowMs();
  const untilMs = startMs + run.seconds * 1000;
  // By the clock, not by counting seconds: a node under load answers late, and the watch must end with the load.
  for (let nextMs = startMs + 1_000; ; nextMs += 1_000) {
    await sleep(Math.max(0, Math.min(nextMs, untilMs) - systemClock.nowMs()));
    if (systemClock.nowMs() >= untilMs - 1) break;
    const status = await readOverload(server.httpUrl);
    if (status !== undefined) overload.push(status);
  }
  const use = watch.stop();
  const swarm = await summary;
  await child.exited;
  return { swarm, use, samples: watch.samples, overload };
}

/** Which input sizes served, by how much of the time, e.g. `320 px 20 %, 224 px 80 %`; `-` where the node does not say. */
export function describeSizes(overload: readonly Pick<OverloadStatus, 'rung' | 'rungs'>[]): string {
  const counts = new Map<number, number>();
  for (const { rungs, rung } of overload) {
    const size = rungs[rung]?.inputSize ?? 0;
    counts.set(size, (counts.get(size) ?? 0) + 1);
  }
  if (counts.size === 0) return '-';
  const [only] = counts.keys();
  if (counts.size === 1) return `${only} px`;
  return [...counts]
    .sort(([a], [b]) => b - a)
    .map(([size, n]) => `${size} px ${Math.round((100 * n) / overload.length)} %`)
    .join(', ');
}

/** Of the machine, besides the node and the generator, and what the hypervisor withheld; cores. */
export function othersCores({ use, swarm }: Pick<LoadFigures, 'use' | 'swarm'>): number {
  return Math.max(0, use.machineCores - use.cpuCores - swarm.generatorCpuCores) + use.stolenCores;
}
