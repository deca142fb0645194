import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeFrames, loadFrames } from '../frames.ts';
import { collectGarbage, type MemoryAfterGc } from '../lib/node-api.ts';
import { factsLine, machineFacts, markdownTable, type Target, targetLines, writeReport } from '../lib/report.ts';
import { PACKAGE_DIR, startNode, withServer } from '../lib/servers.ts';
import { round } from '../lib/statistics.ts';
import { Swarm } from '../swarm/swarm.ts';

/**
 * What one connected camera costs in resident memory: an empty node after a garbage collection, the same node with
 * N cameras connected that send a frame each 10 s, after another.
 *
 *     node dist/loadtest/connections/main.js [--cameras 5000] [--fps 0.1] [--seconds 25] [--frames 20k] [--out DIR]
 */
const { values } = parseArgs({
  options: {
    cameras: { type: 'string', default: '5000' },
    fps: { type: 'string', default: '0.1' },
    seconds: { type: 'string', default: '25' },
    frames: { type: 'string', default: '20k' },
    ramp: { type: 'string', default: '500' },
    out: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});

const BYTES_PER_CAMERA_MAX = 20_000;

async function main(): Promise<number> {
  const cameras = values.quick ? 200 : Number(values.cameras);
  const fps = values.quick ? 1 : Number(values.fps);
  const seconds = values.quick ? 4 : Number(values.seconds);
  if (seconds * fps < 1) throw new RangeError('too short: every camera must have sent a frame');
  requireOpenFiles(cameras + 200);
  const facts = machineFacts(new Date(), PACKAGE_DIR);
  const pictures = await loadFrames(values.frames);
  const starting = startNode({
    execArgv: ['--expose-gc'],
    config: {
      telemetry: { logLevel: 'warn' },
      debug: { faultHooks: true },
      devices: [{ kind: 'simulated', baseMs: 5, perFrameMs: 1 }],
    },
  });
  return withServer(starting, async (node) => {
    const swarm = new Swarm({
      url: node.wsUrl,
      cameras,
      fps,
      seconds,
      warmupSeconds: 0,
      drainSeconds: 10,
      rampPerSecond: Number(values.ramp),
      pictures,
      obeyCredits: true,
      results: true,
      bare: false,
      prefix: 'conn',
      seed: 1,
      checkLedger: true,
      alone: true,
    });
    try {
      const empty = await settled(node.httpUrl);
      await swarm.connect();
      const idle = await settled(node.httpUrl);
      const running = swarm.run();
      // Near the end, when all have sent and the node has been through its busiest.
      await sleep((seconds - 2) * 1000);
      const busy = await settled(node.httpUrl);
      const summary = await running;
      swarm.close();
      await sleep(2_000);
      const after = await settled(node.httpUrl);

      const perCamera = (busy.rssBytes - empty.rssBytes) / cameras;
      const targets: readonly Target[] = [
        {
          what: `under ${BYTES_PER_CAMERA_MAX / 1000} KB of resident memory per connected camera`,
          measured: `${Math.round(perCamera)} bytes`,
          met: perCamera < BYTES_PER_CAMERA_MAX,
        },
        {
          what: 'every camera connected and stayed',
          measured: `${cameras} connected, ${summary.reconnects} reconnects`,
          met: summary.reconnects === 0,
        },
        {
          what: 'the ledger closes',
          measured: `${summary.ledger?.received} received of ${summary.sent} sent`,
          met: summary.ledger?.closed === true,
        },
      ];
      const row = (name: string, m: MemoryAfterGc): string[] => [
        name,
        `${round(m.rssBytes / 1e6, 1)} MB`,
        `${round(m.heapUsedBytes / 1e6, 1)} MB`,
        `${round(m.externalBytes / 1e6, 1)} MB`,
        `${Math.round((m.rssBytes - empty.rssBytes) / cameras)}`,
      ];
      const markdown = [
        `# Memory of ${cameras} connected cameras`,
        factsLine(facts),
        `${cameras} cameras at ${fps} frames/s each, ${describeFrames(values.frames, pictures)}, results on, simulated device, default ` +
          'configuration otherwise; each row after a garbage collection. Last pictures, which the node keeps for its ' +
          'watchers up to `frames.lastFrameBytesMax`, are part of it.',
        markdownTable(
          ['node', 'RSS', 'heap used', 'external', 'RSS per camera beyond empty, bytes'],
          [
            row('empty', empty),
            row('all connected, nothing sent', idle),
            row('all connected and sending', busy),
            row('all gone', after),
          ],
        ),
        targetLines(targets),
      ].join('\n\n');
      const out = values.out ?? (values.quick ? tmpdir() : join(PACKAGE_DIR, 'loadtest', 'results'));
      const path = writeReport(out, 'connections', facts, markdown, {
        empty,
        idle,
        busy,
        after,
        perCamera,
        summary,
        targets,
      });
      console.log(`${markdown}\n\n${path}.md`);
      for (const problem of summary.ledger?.problems ?? []) console.log(problem);
      return targets.every((t) => t.met) || values.quick ? 0 : 1;
    } finally {
      swarm.close();
    }
  });
}

/** Memory once two collections in a row found nothing more: the first frees what the second finds unreferenced. */
async function settled(httpUrl: string): Promise<MemoryAfterGc> {
  await sleep(500);
  await collectGarbage(httpUrl);
  await sleep(500);
  return collectGarbage(httpUrl);
}

/** Each end of a connection is an open file. Node raises the soft limit to the hard one by itself. */
function requireOpenFiles(count: number): void {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  if (hard === undefined || hard === 'unlimited' || Number(hard) >= count) return;
  throw new Error(`${count} open files are needed, the hard limit is ${hard}: raise it (ulimit -Hn, or LimitNOFILE=)`);
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 2;
});
