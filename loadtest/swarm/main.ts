import { loadFrames, narrowed } from '../frames.ts';
import type { DurationSummary } from '../lib/statistics.ts';
import { parseSwarmCommand, SWARM_USAGE } from './options.ts';
import { Swarm, type SwarmSummary } from './swarm.ts';

/** Ten minutes of footage at 24 fps: of 60 KB each they are 860 MB. */
const FOOTAGE_FRAMES_MAX = 14_400;

/** The camera swarm as a process of its own: see `--help`. */
async function main(): Promise<number> {
  const command = parseSwarmCommand(process.argv.slice(2));
  if (command.help) {
    console.log(SWARM_USAGE);
    return 0;
  }
  const pictures = await loadFrames(
    command.frames,
    command.options.footageFps === undefined ? undefined : FOOTAGE_FRAMES_MAX,
  );
  const fitted = new Map<number, readonly Buffer[]>();
  for (const width of command.fitWidths) fitted.set(width, await narrowed(pictures, width));
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => abort.abort());
  const swarm = new Swarm({ ...command.options, pictures, fitted });
  try {
    await swarm.connect();
    // For whoever started this process and acts at a moment of the load.
    if (command.json) console.error(JSON.stringify({ msg: 'sending' }));
    const summary = await swarm.run(abort.signal);
    console.log(command.json ? JSON.stringify(summary) : text(summary));
    if (summary.ledger === null) return 0;
    return summary.ledger.closed && summary.drained ? 0 : 1;
  } finally {
    swarm.close();
  }
}

function text(s: SwarmSummary): string {
  const times = (d: DurationSummary): string =>
    d.count === 0 ? '-' : `p50 ${d.p50} p90 ${d.p90} p99 ${d.p99} p99.9 ${d.p999} max ${d.max} ms (${d.count})`;
  const counts = (c: Readonly<Record<string, number>>): string =>
    Object.entries(c)
      .map(([k, n]) => `${k} ${n}`)
      .join(', ') || 'none';
  const lines = [
    `cameras        ${s.cameras}, moves ${s.moves}, reconnects ${s.reconnects}, failed connects ${s.connectFailures}`,
    `sent           ${s.sent} of ${s.wanted} wanted (withheld ${s.withheld}, ${s.withheldForRate} of them for the rate, blocked ${s.blocked}, not connected ${s.notConnected})`,
    `answered       results ${s.results}, acks ${s.acked}, dropped: ${counts(s.dropped)}; unanswered ${s.unanswered}`,
    `in the window  planned ${s.window.plannedPerS}/s, sent ${s.window.sentPerS}/s, results ${s.window.resultsPerS}/s`,
    `latency        ${times(s.latencyMs.fromSend)}, from sending`,
    `               ${times(s.latencyMs.fromIntended)}, from when it was meant to be sent`,
    `               ${times(s.latencyMs.node)}, as the node states it`,
    `dropped after  ${times(s.latencyMs.dropAnswer)}`,
    `generator      lag ${times(s.generatorLagMs)}, CPU ${s.generatorCpuCores.toFixed(2)} cores`,
  ];
  if (s.moves + s.reconnects > 0) {
    const g = s.gaps;
    lines.push(
      `gaps           moved ${times(g.moved)}, of ${g.camerasMoved} cameras`,
      `               lost  ${times(g.lost)}, of ${g.camerasLost} cameras`,
      `               largest of each camera p50 ${g.largest.p50} p99 ${g.largest.p99} max ${g.largest.max} ms`,
    );
    if (g.neverServedAgain > 0) lines.push(`               ${g.neverServedAgain} interruptions without an end`);
  }
  if (s.groups.length > 1) {
    for (const g of s.groups) {
      lines.push(
        `${g.name.padEnd(14)} ${g.cameras} cameras, results ${g.resultsPerSPerCamera}/s each (Jain ${g.jain}), ` +
          `gated ${g.gatedShare}, withheld ${g.withheldShare}, ${times(g.latencyMs)}`,
      );
    }
  }
  if (s.storm !== null) lines.push(`storms         ${counts({ ...s.storm })}`);
  if (Object.keys(s.errors).length > 0) lines.push(`errors         ${counts(s.errors)}`);
  if (s.ledger !== null) {
    lines.push(
      `ledger         ${s.ledger.closed ? 'closed' : 'DOES NOT CLOSE'}: sent ${s.ledger.sent}, received ${s.ledger.received}` +
        (s.ledger.unaccounted + s.ledger.lostToDeath > 0
          ? ` (${s.ledger.lostToDeath} of them lost with a node), unaccounted ${s.ledger.unaccounted}`
          : ''),
    );
    for (const problem of s.ledger.problems) lines.push(`               ${problem}`);
  }
  return lines.join('\n');
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
