import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../../core/clock.ts';
import { type LedgerSnapshot, ledgerImbalance } from '../../core/ledger.ts';
import { framesFolder } from '../frames.ts';
import { injectFault, readTotal } from '../lib/node-api.ts';
import { childOf } from '../lib/proc-stats.ts';
import { factsLine, machineFacts, markdownTable, type Target, targetLines, writeReport } from '../lib/report.ts';
import { EVERY_FRAME, PACKAGE_DIR, type Server, startNode, startSwarm, withServer } from '../lib/servers.ts';
import { median, round } from '../lib/statistics.ts';

/**
 * How long service is gone when something ends, real model, under load:
 *
 *     node dist/loadtest/recovery/main.js [--repeats 5] [--fps 40]
 *
 * `device`: a fault hook ends the device's thread; its batch must be counted lost and results come again within 3 s.
 * `node`: `kill -9` of the node process under `camshard up`; its parent must have it ready again within 5 s.
 */
const { values } = parseArgs({
  options: {
    repeats: { type: 'string' },
    fps: { type: 'string', default: '40' },
    cameras: { type: 'string', default: '8' },
    frames: { type: 'string', default: '60k' },
    out: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});

const DEVICE_MS_MAX = 3_000;
const NODE_MS_MAX = 5_000;
const GIVE_UP_MS = 30_000;
const FRAMES_DIR = await framesFolder(values.frames);
/** Load before the fault, so that batches are in flight. */
const LOAD_S = 3;

interface Recovery {
  readonly what: 'device' | 'node';
  /** From the fault to the next result (device) or to ready again (node), ms. */
  readonly goneMs: number;
  /** Frames counted lost; a killed node's counts are gone with it. */
  readonly lost: number | undefined;
  readonly imbalance: number;
}

async function main(): Promise<number> {
  const facts = machineFacts(new Date(), PACKAGE_DIR);
  const repeats = Number(values.repeats ?? (values.quick ? 1 : 5));
  const runs: Recovery[] = [];
  for (let i = 0; i < repeats; i++) {
    for (const run of [await deviceEnds(), await nodeKilled()]) {
      runs.push(run);
      console.log(`${run.what}: gone for ${run.goneMs} ms, ${run.lost ?? 'unknown'} frames lost`);
    }
  }
  const of = (what: Recovery['what']) => runs.filter((r) => r.what === what);
  const slowest = (what: Recovery['what']) => Math.max(...of(what).map((r) => r.goneMs));
  const targets: Target[] = [
    {
      what: `a device thread that ends: results again within ${DEVICE_MS_MAX / 1000} s`,
      measured: `slowest ${slowest('device')} ms`,
      met: slowest('device') < DEVICE_MS_MAX,
    },
    {
      what: 'its batch is counted lost',
      measured: of('device')
        .map((r) => String(r.lost))
        .join(', '),
      met: of('device').every((r) => (r.lost ?? 0) > 0),
    },
    {
      what: `kill -9 of the node: ready again within ${NODE_MS_MAX / 1000} s`,
      measured: `slowest ${slowest('node')} ms`,
      met: slowest('node') < NODE_MS_MAX,
    },
    {
      what: 'every ledger closes',
      measured: runs.map((r) => r.imbalance).join(', '),
      met: runs.every((r) => r.imbalance === 0),
    },
  ];
  const row = (what: Recovery['what'], name: string): string[] => [
    name,
    String(of(what).length),
    `${round(median(of(what).map((r) => r.goneMs)), 0)} ms`,
    `${slowest(what)} ms`,
  ];
  const markdown = [
    '# How long service is gone',
    factsLine(facts),
    `${values.cameras} cameras, together ${values.fps} fps, real model at 320.`,
    markdownTable(
      ['fault', 'times', 'median', 'slowest'],
      [row('device', 'device thread ended, until the next result'), row('node', 'node killed, until ready again')],
    ),
    targetLines(targets),
  ].join('\n\n');
  const out = values.out ?? (values.quick ? tmpdir() : join(PACKAGE_DIR, 'loadtest', 'results'));
  console.log(`\n${markdown}\n\n${writeReport(out, 'recovery', facts, markdown, { runs, targets })}.md`);
  return targets.every((t) => t.met) ? 0 : 1;
}

function deviceEnds(): Promise<Recovery> {
  return withServer(startNode({ config: { ...EVERY_FRAME, debug: { faultHooks: true } } }), (node) =>
    underLoad(node, async () => {
      const before = await ledgerOf(node);
      const startMs = systemClock.nowMs();
      await injectFault(node.httpUrl, { kind: 'exit' }, 'cpu-0');
      // The batch at the device is lost first; what is inferred after that was inferred by a new thread.
      const lostAt = await until(node, (ledger) => lostFrames(ledger) > lostFrames(before));
      await until(node, (ledger) => ledger.inferred > lostAt.inferred);
      const goneMs = Math.round(systemClock.nowMs() - startMs);
      const after = await ledgerOf(node);
      return { what: 'device', goneMs, lost: lostFrames(after), imbalance: ledgerImbalance(after) };
    }),
  );
}

function nodeKilled(): Promise<Recovery> {
  return withServer(startNode({ viaParent: true, config: EVERY_FRAME }), (node) =>
    underLoad(node, async () => {
      const pid = childOf(node.child.process.pid ?? 0);
      const startMs = systemClock.nowMs();
      process.kill(pid, 'SIGKILL');
      await readyAgain(node);
      const goneMs = Math.round(systemClock.nowMs() - startMs);
      return { what: 'node', goneMs, lost: undefined, imbalance: ledgerImbalance(await ledgerOf(node)) };
    }),
  );
}

/** Does `use` under a load that has run for a while and goes on meanwhile. */
async function underLoad<T>(node: Server, use: () => Promise<T>): Promise<T> {
  const cameras = Number(values.cameras);
  const load = startSwarm({
    url: node.wsUrl,
    cameras,
    fps: Number(values.fps) / cameras,
    seconds: LOAD_S + 12,
    frames: FRAMES_DIR,
    flags: ['--results', '--warmup', '0', '--drain', '0', '--no-ledger'],
  });
  try {
    await load.sending;
    await sleep(LOAD_S * 1000);
    return await use();
  } finally {
    await load.child.stop();
  }
}

async function readyAgain(node: Server): Promise<void> {
  const untilMs = systemClock.nowMs() + GIVE_UP_MS;
  while (systemClock.nowMs() < untilMs) {
    const ok = await fetch(`${node.httpUrl}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await sleep(10);
  }
  throw new Error(`the node is not back after ${GIVE_UP_MS} ms`);
}

async function until(node: Server, holds: (ledger: LedgerSnapshot) => boolean): Promise<LedgerSnapshot> {
  const untilMs = systemClock.nowMs() + GIVE_UP_MS;
  while (systemClock.nowMs() < untilMs) {
    const ledger = await ledgerOf(node);
    if (holds(ledger)) return ledger;
    await sleep(10);
  }
  throw new Error(`not seen in the ledger within ${GIVE_UP_MS} ms`);
}

const ledgerOf = (node: Server): Promise<LedgerSnapshot> => readTotal(node.httpUrl);
const lostFrames = (ledger: LedgerSnapshot): number => ledger.lost.device_failed ?? 0;

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
