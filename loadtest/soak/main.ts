import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../../core/clock.ts';
import { describeFrames, framesFolder, readFrames } from '../frames.ts';
import { injectFault, readOverload } from '../lib/node-api.ts';
import { childOf, countHandles, groupMembers, isAlive, ProcessWatch } from '../lib/proc-stats.ts';
import { factsLine, machineFacts, targetLines, writeReport } from '../lib/report.ts';
import { PACKAGE_DIR, type Server, startNode, startSwarm, TWO_CPU_DEVICES, withServer } from '../lib/servers.ts';
import { findSaturation } from '../overload/saturation.ts';
import { readAnswers } from '../swarm/record.ts';
import type { SwarmSummary } from '../swarm/swarm.ts';
import { type HandleSample, type SoakEnd, type SoakNotes, soakRows, soakTable, soakTargets } from './outcome.ts';
import { type Disturbance, soakSchedule, stormEveryS } from './schedule.ts';

/**
 * Half an hour at twice what the node serves, under `camshard up`, two real CPU devices, with something done to it each
 * 30 s in turn: a device ends, one hangs, one runs out of memory, a storm of cameras.
 */
const USAGE = `Usage: node dist/loadtest/soak/main.js [options]

  --minutes N      measured (30)        --warmup S      seconds before (60)
  --quick          two minutes, faults each 8 s, small storms; figures mean little
  --fps F          frames/s of all cameras; twice saturation, which is looked for, where not given
  --fault-every S  (30)                 --storm N       cameras of a storm (1000)
  --cameras N      half of which ignore credits (16)
  --frames X       folder of JPEGs, or 60k, 20k, 4k (60k)
  --out DIR        where the report goes (loadtest/results; --quick: the temporary folder)`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    warmup: { type: 'string' },
    quick: { type: 'boolean', default: false },
    fps: { type: 'string' },
    'fault-every': { type: 'string' },
    storm: { type: 'string' },
    cameras: { type: 'string', default: '16' },
    frames: { type: 'string', default: '60k' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const FRAMES_DIR = await framesFolder(values.frames);
const cameras = Number(values.cameras);
const seconds = Number(values.minutes ?? (values.quick ? 2 : 30)) * 60;
const warmupS = Number(values.warmup ?? (values.quick ? 10 : 60));
const faultEveryS = Number(values['fault-every'] ?? (values.quick ? 8 : 30));
const stormCameras = Number(values.storm ?? (values.quick ? 100 : 1_000));
const sliceMs = Math.min(60, seconds / 5) * 1000;
const SAMPLE_MS = 5_000;
const EXIT_MS_MAX = 20_000;
const OVERLOAD = 2;
const scratch = mkdtempSync(join(tmpdir(), 'camshard-soak-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const facts = machineFacts(new Date(), PACKAGE_DIR);
  console.log(factsLine(facts));
  const fps = Number(values.fps ?? OVERLOAD * (await saturationFps()));
  console.log(`${cameras} cameras, together ${fps} fps, ${seconds} s after ${warmupS} s`);
  const starting = startNode({
    viaParent: true,
    config: { ...TWO_CPU_DEVICES, debug: { faultHooks: true }, telemetry: { logLevel: 'warn' } },
  });
  const { notes, swarm, end } = await withServer(starting, (node) => soak(node, fps));

  const rows = soakRows(notes);
  const targets = soakTargets(rows, end);
  const markdown = [
    '# Soak',
    factsLine(facts),
    `${seconds / 60} minutes after ${warmupS} s, under \`camshard up\`, two CPU devices of one thread each, centernet, ` +
      `the node as it comes; ${cameras} cameras, together ${fps} fps, half of them ignore credits, ` +
      `${describeFrames(values.frames, await readFrames(FRAMES_DIR))}. Each ${faultEveryS} s in turn a device ends, one ` +
      `hangs, one runs out of memory, ${stormCameras} cameras connect at once, send a frame and drop. RSS, open files ` +
      `and threads of the node each ${SAMPLE_MS / 1000} s; a row is ${sliceMs / 1000} s.`,
    soakTable(rows),
    stormLine(swarm),
    '## What it must show',
    targetLines(targets),
  ].join('\n\n');
  const out = values.out ?? (values.quick ? tmpdir() : join(PACKAGE_DIR, 'loadtest', 'results'));
  const path = writeReport(out, values.quick ? 'soak-quick' : 'soak', facts, markdown, { rows, end, targets, swarm });
  console.log(`\n${markdown}\n\n${path}.md`);
  return targets.at(-1)?.met === true ? 0 : 1;
}

async function saturationFps(): Promise<number> {
  const search = { fromFps: 40, cameras, seconds: values.quick ? 3 : 10, frames: FRAMES_DIR, config: TWO_CPU_DEVICES };
  return (await findSaturation(search)).fps;
}

async function soak(
  node: Server,
  fps: number,
): Promise<{ readonly notes: SoakNotes; readonly swarm: SwarmSummary; readonly end: SoakEnd }> {
  const record = join(scratch, 'answers.jsonl');
  const half = Math.ceil(cameras / 2);
  const nodePid = childOf(node.child.pid);
  const load = startSwarm({
    url: node.wsUrl,
    cameras,
    fps: fps / cameras,
    seconds,
    frames: FRAMES_DIR,
    flags: [
      ...['--results', '--warmup', String(warmupS), '--record', record],
      ...['--groups', `obeying:${half},ignoring:${cameras - half}:ignore`],
      ...['--storm', String(stormCameras), '--storm-every', String(stormEveryS(faultEveryS))],
    ],
  });
  await load.sending;
  const startMs = systemClock.nowMs();
  const startAt = systemClock.wallMs();
  const watch = new ProcessWatch(nodePid, SAMPLE_MS);
  const handles: HandleSample[] = [];
  const over = new AbortController();
  const disturbances = soakSchedule({ warmupS, seconds, faultEveryS });
  const background = Promise.all([
    sampleHandles(node, nodePid, handles, over.signal),
    disturb(node, disturbances, startMs, over.signal),
  ]);
  const loadEnd = sleep((warmupS + seconds) * 1000 - (systemClock.nowMs() - startMs));
  // Whichever fails first ends the run: a swarm that died needs no more faults.
  await Promise.race([loadEnd, load.summary]);
  over.abort();
  await background;
  watch.stop();
  const swarm = await load.summary;
  await load.child.exited;
  const sameProcess = childOf(node.child.pid) === nodePid;
  const ledgerProblems = swarm.ledger === null ? ['not read'] : swarm.ledger.problems;
  const end = { ledgerProblems, sent: swarm.sent + (swarm.storm?.sent ?? 0), sameProcess, ...(await stop(node)) };
  const notes: SoakNotes = {
    fromMs: startMs + warmupS * 1000,
    fromAt: startAt + warmupS * 1000,
    sliceMs,
    seconds,
    samples: watch.samples,
    handles,
    answers: readAnswers(record),
    disturbances: disturbances.map((d) => ({ ...d, warmupS })),
  };
  return { notes, swarm, end };
}

async function sampleHandles(node: Server, pid: number, into: HandleSample[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const count = countHandles(pid);
    const status = await readOverload(node.httpUrl);
    if (count !== undefined) into.push({ ...count, atMs: systemClock.nowMs(), rung: status?.rung ?? null });
    await sleep(SAMPLE_MS, undefined, { signal }).catch(() => {});
  }
}

/** Does what the schedule says when it says so; storms are the swarm's. */
async function disturb(
  node: Server,
  schedule: readonly Disturbance[],
  startMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (const { atS, what, fault, device } of schedule) {
    await sleep(Math.max(0, startMs + atS * 1000 - systemClock.nowMs()), undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    console.log(`${atS} s: ${what}${device === undefined ? '' : ` on ${device}`}`);
    if (fault === undefined || device === undefined) continue;
    // A node too busy to take a fault is a finding, not the end of the soak.
    await injectFault(node.httpUrl, fault, device).catch((error: unknown) => console.log(String(error)));
  }
}

async function stop(node: Server): Promise<Pick<SoakEnd, 'exit' | 'exitMs' | 'left'>> {
  const parentPid = node.child.pid;
  const nodePid = childOf(parentPid);
  let left: readonly number[] = [];
  // Looked at in the moment the parent has ended, before its group is cleaned up.
  node.child.process.once('exit', () => {
    const groups = [...groupMembers(parentPid), ...groupMembers(nodePid)];
    left = isAlive(nodePid) ? [nodePid, ...groups] : groups;
  });
  const startMs = systemClock.nowMs();
  const { code, signal } = await node.child.stop(EXIT_MS_MAX);
  return { exit: String(code ?? signal), exitMs: systemClock.nowMs() - startMs, left };
}

function stormLine({ storm, groups }: SwarmSummary): string {
  const cameraLines = groups.map(
    (g) => `${g.name}: ${g.resultsPerSPerCamera} results/s each (Jain ${g.jain}), p99 ${g.latencyMs.p99} ms`,
  );
  const storms =
    storm === null
      ? 'no storms'
      : `${storm.storms} storms: ${storm.tried} connections, ${storm.refused} refused with 503, ${storm.failed} failed, ` +
        `${storm.sent} frames`;
  return `${cameraLines.join('; ')}; ${storms}.`;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
