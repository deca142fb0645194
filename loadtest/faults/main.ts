import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../../core/clock.ts';
import { type LedgerSnapshot, ledgerImbalance, sumCounts } from '../../core/ledger.ts';
import type { DeviceFault } from '../../models/device/port.ts';
import { describeFrames, framesFolder, readFrames } from '../frames.ts';
import { injectFault, readCameraDevices, readTotal } from '../lib/node-api.ts';
import { childOf } from '../lib/proc-stats.ts';
import { factsLine, machineFacts, targetLines, writeReport } from '../lib/report.ts';
import {
  EVERY_FRAME,
  PACKAGE_DIR,
  type Server,
  startNode,
  startSwarm,
  TWO_CPU_DEVICES,
  withServer,
} from '../lib/servers.ts';
import { readAnswers } from '../swarm/record.ts';
import type { SwarmSummary } from '../swarm/swarm.ts';
import { type FaultRun, faultEffect, faultRows, faultTable, faultTargets } from './outcome.ts';

/**
 * One fault after the other on the first of two real CPU devices, under load, each on a fresh node under `camshard up`:
 * who noticed, for how long, what was lost, and what the cameras of the other device saw of it.
 */
const USAGE = `Usage: node dist/loadtest/faults/main.js [options]

  --faults LIST    of ${'exit,throw,hang,hang_native,crash,out_of_memory,start_fails'} (all)
  --repeats N      (3)      --before S  seconds of load before the fault (8)   --after S  (15)
  --fps F          of all cameras together (24): what one of the devices can carry alone
  --cameras N      (8)      --frames X  folder of JPEGs, or 60k, 20k, 4k (60k)
  --quick          one repeat, short
  --out DIR        where the report goes (loadtest/results; --quick: the temporary folder)`;

const FAULTS: Readonly<Record<string, readonly DeviceFault[]>> = {
  exit: [{ kind: 'exit' }],
  throw: [{ kind: 'throw' }],
  hang: [{ kind: 'hang' }],
  hang_native: [{ kind: 'hang_native' }],
  crash: [{ kind: 'crash' }],
  out_of_memory: [{ kind: 'out_of_memory', framesAbove: 0, times: 2 }],
  // The device ends, and twice cannot be made anew.
  start_fails: [{ kind: 'start_fails', times: 2 }, { kind: 'exit' }],
};
const FAILED_DEVICE = 'cpu-0';

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: Object.keys(FAULTS).join(',') },
    repeats: { type: 'string' },
    before: { type: 'string' },
    after: { type: 'string' },
    fps: { type: 'string', default: '24' },
    cameras: { type: 'string', default: '8' },
    frames: { type: 'string', default: '60k' },
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const FRAMES_DIR = await framesFolder(values.frames);
const cameras = Number(values.cameras);
const fps = Number(values.fps) / cameras;
const beforeS = Number(values.before ?? (values.quick ? 4 : 8));
const afterS = Number(values.after ?? (values.quick ? 10 : 15));
/** Of the seconds before the fault, left out of what is compared. */
const WARM_S = 2;
const EXIT_MS_MAX = 15_000;
const scratch = mkdtempSync(join(tmpdir(), 'camshard-faults-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const facts = machineFacts(new Date(), PACKAGE_DIR);
  console.log(factsLine(facts));
  const names = values.faults.split(',');
  for (const name of names) if (FAULTS[name] === undefined) throw new RangeError(`--faults: no fault ${name}`);
  const runs: FaultRun[] = [];
  for (let repeat = 0; repeat < Number(values.repeats ?? (values.quick ? 1 : 3)); repeat++) {
    for (const name of names) {
      const run = await faultRun(name, FAULTS[name] ?? [], `${name}-${repeat}`);
      runs.push(run);
      const { hit, goneMs, othersP99BeforeMs, othersP99DuringMs } = run.effect;
      console.log(
        `${name}: ${hit.length} cameras hit, results again after ${goneMs ?? 0} ms, lost ${run.lost}, others' p99 ` +
          `${othersP99BeforeMs} to ${othersP99DuringMs} ms, exit ${run.exit}; ${run.problems[0] ?? 'ledger closed'}`,
      );
    }
  }
  const rows = faultRows(runs);
  const targets = faultTargets(rows);
  const markdown = [
    '# Faults under load',
    factsLine(facts),
    `Two CPU devices of one thread each, real model at 320, a fresh node under \`camshard up\` for each; ${cameras} ` +
      `cameras, together ${values.fps} fps, credits ignored, gate off, ` +
      `${describeFrames(values.frames, await readFrames(FRAMES_DIR))}. The fault is put to ${FAILED_DEVICE} after ` +
      `${beforeS} s, the load goes on for ${afterS} s. A camera is hit where it lost a frame to the device or got no ` +
      'result for 2.5 of its periods; "again after" is when the last of them got results again. Others are all those ' +
      `not hit; their p99 is of results before the fault, and from it to the end. Medians of ${rows[0]?.repeats ?? 0} ` +
      'repeats.',
    faultTable(rows),
    '## What it must show',
    targetLines(targets),
  ].join('\n\n');
  const out = values.out ?? (values.quick ? tmpdir() : join(PACKAGE_DIR, 'loadtest', 'results'));
  const path = writeReport(out, values.quick ? 'faults-quick' : 'faults', facts, markdown, { rows, targets, runs });
  console.log(`\n${markdown}\n\n${path}.md`);
  return targets.at(-1)?.met === true ? 0 : 1;
}

function faultRun(name: string, faults: readonly DeviceFault[], id: string): Promise<FaultRun> {
  const starting = startNode({
    viaParent: true,
    config: { ...EVERY_FRAME, ...TWO_CPU_DEVICES, debug: { faultHooks: true }, telemetry: { logLevel: 'warn' } },
  });
  return withServer(starting, async (node) => {
    const crash = faults.some((fault) => fault.kind === 'crash');
    const record = join(scratch, `${id}.jsonl`);
    const load = startSwarm({
      url: node.wsUrl,
      cameras,
      fps,
      seconds: beforeS + afterS,
      frames: FRAMES_DIR,
      flags: [
        ...['--results', '--ignore-credits', '--warmup', '0', '--prefix', 'f', '--record', record],
        // The account of a process that crashed is gone with it.
        ...(crash ? ['--no-ledger'] : []),
      ],
    });
    await load.sending;
    const startedAt = systemClock.wallMs();
    await sleep(beforeS * 1000);
    const nodePid = childOf(node.child.pid);
    const before = await readTotal(node.httpUrl);
    const devices = await readCameraDevices(node.httpUrl);
    const faultAt = systemClock.wallMs();
    for (const fault of faults) await injectFault(node.httpUrl, fault, FAILED_DEVICE);
    const swarm = await load.summary;
    await load.child.exited;
    const after = await readTotal(node.httpUrl);
    const restarted = childOf(node.child.pid) !== nodePid;
    const effect = faultEffect(readAnswers(record), {
      faultAt,
      fromAt: startedAt + WARM_S * 1000,
      toAt: startedAt + (beforeS + afterS) * 1000,
      periodMs: 1000 / fps,
      cameras: Array.from({ length: cameras }, (_, i) => `f-${i}`),
      ...(devices === undefined || crash ? {} : { onFailed: camerasOn(devices, FAILED_DEVICE) }),
    });
    return {
      name,
      effect,
      lost: crash ? swarm.cutOff + swarm.unanswered : sumCounts(after.lost) - sumCounts(before.lost),
      shed: sumCounts(after.shed) - (crash ? 0 : sumCounts(before.shed)),
      restarted,
      problems: problemsOf(after, swarm),
      ...(await stop(node)),
    };
  });
}

const camerasOn = (devices: ReadonlyMap<string, string>, device: string): ReadonlySet<string> =>
  new Set([...devices].flatMap(([camera, on]) => (on === device ? [camera] : [])));

function problemsOf(total: LedgerSnapshot, swarm: SwarmSummary): readonly string[] {
  if (swarm.ledger !== null) return swarm.ledger.closed ? [] : swarm.ledger.problems;
  const problems: string[] = [];
  if (ledgerImbalance(total) !== 0) problems.push(`total: does not close by ${ledgerImbalance(total)} frames`);
  if (total.inFlight !== 0) problems.push(`total: ${total.inFlight} frames still in flight`);
  if (total.received > swarm.sent) problems.push(`total: received ${total.received}, only ${swarm.sent} were sent`);
  return problems;
}

async function stop(node: Server): Promise<Pick<FaultRun, 'exit' | 'exitMs'>> {
  const startMs = systemClock.nowMs();
  const { code, signal } = await node.child.stop(EXIT_MS_MAX);
  return { exit: String(code ?? signal), exitMs: systemClock.nowMs() - startMs };
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
