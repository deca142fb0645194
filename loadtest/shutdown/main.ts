import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../../core/clock.ts';
import { type LedgerSnapshot, ledgerImbalance, sumCounts } from '../../core/ledger.ts';
import { describeFrames, framesFolder, readFrames } from '../frames.ts';
import { jsonLine } from '../lib/child.ts';
import { factsLine, machineFacts, markdownTable, type Target, targetLines, writeReport } from '../lib/report.ts';
import { PACKAGE_DIR, startNode, startSwarm, withServer } from '../lib/servers.ts';
import { round } from '../lib/statistics.ts';
import type { SwarmSummary } from '../swarm/swarm.ts';
import { findLedger } from './find-ledger.ts';

/**
 * SIGTERM under load: exit status, how long it took, and whether the last ledger the node logs accounts for every frame.
 *
 *     node dist/loadtest/shutdown/main.js [--repeats 5] [--fps 160] [--seconds 5] [--parent] [--simulated]
 *
 * `--parent` stops `camshard up`, the small parent process, instead of the node process itself.
 */
const { values } = parseArgs({
  options: {
    repeats: { type: 'string' },
    fps: { type: 'string', default: '160' },
    cameras: { type: 'string', default: '16' },
    seconds: { type: 'string' },
    frames: { type: 'string', default: '60k' },
    parent: { type: 'boolean', default: false },
    simulated: { type: 'boolean', default: false },
    out: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});

/** Drawn once, here: the processes of each run only read it. */
const FRAMES_DIR = await framesFolder(values.frames);

const EXIT_MS_MAX = 5_000;

interface Stop {
  readonly code: number | null;
  readonly signal: string | null;
  readonly tookMs: number;
  readonly ledger: LedgerSnapshot | undefined;
  readonly swarm: SwarmSummary;
  readonly problems: readonly string[];
}

async function main(): Promise<number> {
  const facts = machineFacts(new Date(), PACKAGE_DIR);
  const repeats = Number(values.repeats ?? (values.quick ? 1 : 5));
  const stops: Stop[] = [];
  for (let i = 0; i < repeats; i++) {
    const stop = await stopUnderLoad(Number(values.seconds ?? (values.quick ? 2 : 5)));
    stops.push(stop);
    console.log(
      `exit ${stop.code ?? stop.signal} after ${Math.round(stop.tookMs)} ms; ${stop.problems.join('; ') || 'ledger closed'}`,
    );
  }
  const slowest = Math.max(...stops.map((s) => s.tookMs));
  const targets: readonly Target[] = [
    {
      what: 'exit 0',
      measured: stops.map((s) => s.code ?? s.signal).join(', '),
      met: stops.every((s) => s.code === 0),
    },
    { what: `within ${EXIT_MS_MAX / 1000} s`, measured: `${Math.round(slowest)} ms`, met: slowest < EXIT_MS_MAX },
    {
      what: 'ledger closed, nothing accepted left unaccounted',
      measured: stops.flatMap((s) => s.problems).join('; ') || `${stops.length} of ${stops.length}`,
      met: stops.every((s) => s.problems.length === 0),
    },
  ];
  const markdown = [
    `# SIGTERM under load${values.parent ? ', through `camshard up`' : ''}`,
    factsLine(facts),
    `${values.cameras} cameras, together ${values.fps} fps, credits ignored, ${describeFrames(values.frames, await readFrames(FRAMES_DIR))}.`,
    markdownTable(
      ['run', 'exit', 'after', 'sent', 'received', 'inferred', 'gated', 'shed', 'rejected', 'lost', 'in flight'],
      stops.map((s, i) => [
        String(i + 1),
        String(s.code ?? s.signal),
        `${Math.round(s.tookMs)} ms`,
        String(s.swarm.sent),
        ...(s.ledger === undefined
          ? ['-', '-', '-', '-', '-', '-', '-']
          : [
              s.ledger.received,
              s.ledger.inferred,
              s.ledger.gated,
              sumCounts(s.ledger.shed),
              sumCounts(s.ledger.rejected),
              sumCounts(s.ledger.lost),
              s.ledger.inFlight,
            ].map(String)),
      ]),
    ),
    targetLines(targets),
  ].join('\n\n');
  const out = values.out ?? (values.quick ? tmpdir() : join(PACKAGE_DIR, 'loadtest', 'results'));
  const path = writeReport(out, values.parent ? 'shutdown-parent' : 'shutdown', facts, markdown, { stops, targets });
  console.log(`\n${markdown}\n\n${path}.md`);
  return targets.every((t) => t.met) ? 0 : 1;
}

async function stopUnderLoad(seconds: number): Promise<Stop> {
  const starting = startNode({
    viaParent: values.parent,
    config: values.simulated ? { devices: [{ kind: 'simulated', baseMs: 20, perFrameMs: 1 }] } : {},
  });
  return withServer(starting, async (node) => {
    const cameras = Number(values.cameras);
    const load = startSwarm({
      url: node.wsUrl,
      cameras,
      fps: Number(values.fps) / cameras,
      seconds: seconds + 2,
      frames: FRAMES_DIR,
      // The node is gone before the load ends, so the swarm can neither drain nor read a ledger.
      flags: ['--results', '--ignore-credits', '--warmup', '0', '--drain', '0', '--no-ledger'],
    });
    await load.sending;
    await sleep(seconds * 1000);
    const startMs = systemClock.nowMs();
    node.child.process.kill('SIGTERM');
    // Past twice the promise it is a hang: killed, and reported as the signal that ended it.
    const exit = await node.child.stop(2 * EXIT_MS_MAX);
    const tookMs = round(systemClock.nowMs() - startMs, 1);
    const swarm = await load.summary;
    await load.child.exited;
    const ledger = node.child.lines
      .map(jsonLine)
      .map((line) => (line === undefined ? undefined : findLedger(line)))
      .findLast((found) => found !== undefined);
    return { ...exit, tookMs, ledger, swarm, problems: problemsOf(ledger, swarm) };
  });
}

/** What the last ledger does not account for. Frames on their way when the sockets closed may not have been received. */
function problemsOf(ledger: LedgerSnapshot | undefined, swarm: SwarmSummary): string[] {
  if (ledger === undefined) return ['the node logged no ledger on its way out'];
  const problems: string[] = [];
  if (ledgerImbalance(ledger) !== 0) problems.push(`the ledger does not close by ${ledgerImbalance(ledger)} frames`);
  if (ledger.inFlight !== 0) problems.push(`${ledger.inFlight} frames left in flight`);
  if (ledger.received > swarm.sent) problems.push(`received ${ledger.received}, only ${swarm.sent} were sent`);
  if (ledger.inferred < swarm.results) problems.push(`inferred ${ledger.inferred}, but ${swarm.results} results came`);
  const answered = swarm.results + swarm.acked + sumCounts(swarm.dropped);
  if (ledger.received < answered) problems.push(`received ${ledger.received}, but ${answered} were answered`);
  if (swarm.results === 0) problems.push('no frame was served before the signal: this was no load');
  return problems;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
