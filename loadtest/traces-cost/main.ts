import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import WebSocket from 'ws';
import type { NodeConfigInput } from '../../config/schema.ts';
import { type FrameStage, type FrameTrace, markAll } from '../../core/frame-trace.ts';
import { loadFrames } from '../frames.ts';
import { factsLine, machineFacts, markdownTable } from '../lib/report.ts';
import { freePort, PACKAGE_DIR } from '../lib/servers.ts';
import { median, percentileOf } from '../lib/statistics.ts';

/**
 * What traces cost a node, in CPU time a frame: without them (`--without`, a build that has none), switched off, at 1 % and at 100 %.
 * All nodes run side by side and take turns in short rounds of the same frames, in an order that changes each time: whatever
 * else the machine does falls on all of them alike. CPU time of the node's threads is what the kernel counts in
 * nanoseconds; the generator and the collector are in this process and not counted.
 *
 *     node dist/loadtest/traces-cost/main.js --without /path/to/another/build/dist [--rounds 15] [--frames 1500] [--cameras 8]
 */
const { values } = parseArgs({
  options: {
    without: { type: 'string' },
    before: { type: 'string' },
    rounds: { type: 'string', default: '15' },
    frames: { type: 'string', default: '1500' },
    cameras: { type: 'string', default: '8' },
    pictures: { type: 'string', default: '20k' },
  },
});

type Traces = NonNullable<NonNullable<NodeConfigInput['telemetry']>['traces']>;

interface Variant {
  readonly name: string;
  readonly dist: string;
  readonly traces?: Traces;
}

const DIST = join(PACKAGE_DIR, 'dist');
const READY_MS_MAX = 120_000;
/** One frame out per camera: the node is never overloaded, and every frame is inferred. */
const CONFIG = {
  server: { host: '127.0.0.1' },
  devices: [{ kind: 'simulated', baseMs: 0, perFrameMs: 0, noise: 0, decode: false }],
  flow: { creditWindow: 1 },
  batching: { frameDeadlineMs: 10_000 },
  history: { enabled: false },
  cluster: { virtualNodes: 8 },
} satisfies NodeConfigInput;

class MeasuredNode {
  readonly #child: ChildProcess;
  readonly #dataDir: string;
  readonly wsUrl: string;
  /** µs of CPU a frame, of each round. */
  readonly perFrameUs: number[] = [];

  private constructor(child: ChildProcess, dataDir: string, port: number) {
    this.#child = child;
    this.#dataDir = dataDir;
    this.wsUrl = `ws://127.0.0.1:${port}`;
  }

  static async start({ dist, traces }: Variant): Promise<MeasuredNode> {
    const port = await freePort();
    const dataDir = mkdtempSync(join(tmpdir(), 'camshard-traces-cost-'));
    const config = {
      ...CONFIG,
      node: { dataDir },
      server: { ...CONFIG.server, port },
      telemetry: { logLevel: 'warn', ...(traces && { traces }) },
    };
    const env = { ...process.env, CAMSHARD_NODE_CONFIG: JSON.stringify(config) };
    const child = spawn(process.execPath, [join(dist, 'src', 'main.js')], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((ready, fail) => {
      const timer = setTimeout(() => fail(new Error(`${dist} is not ready`)), READY_MS_MAX);
      child.once('exit', (code) => fail(new Error(`${dist} ended: ${code}`)));
      child.stdout?.once('data', () => {
        clearTimeout(timer);
        ready();
      });
    });
    return new MeasuredNode(child, dataDir, port);
  }

  /** Runs one round. @returns µs of CPU a frame */
  async round(pictures: readonly Buffer[], frames: number, cameras: number): Promise<number> {
    const before = cpuNs(this.#child.pid ?? 0);
    const share = Math.ceil(frames / cameras);
    await Promise.all(Array.from({ length: cameras }, (_, i) => closedLoop(this.wsUrl, `cam-${i}`, pictures, share)));
    return (cpuNs(this.#child.pid ?? 0) - before) / 1_000 / (share * cameras);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.removeAllListeners('exit');
    this.#child.once('exit', () => rmSync(this.#dataDir, { recursive: true, force: true }));
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await Promise.race([ended, exited]);
  }
}

/** What all threads of a process have had of the processors so far, ns; those that have ended are missing. */
function cpuNs(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
    try {
      return sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      return sum;
    }
  }, 0);
}

/** A camera that sends its next frame when the last is answered. */
function closedLoop(wsUrl: string, camera: string, pictures: readonly Buffer[], frames: number): Promise<void> {
  return new Promise((done, fail) => {
    const socket = new WebSocket(`${wsUrl}/v1/cameras/${camera}/stream?results=1`, { perMessageDeflate: false });
    let sent = 0;
    let answered = 0;
    const send = (): void => {
      const picture = pictures[sent++ % pictures.length];
      if (picture !== undefined) socket.send(picture);
    };
    socket.on('error', fail);
    socket.on('close', done);
    socket.on('message', (data) => {
      const { type, shed } = JSON.parse(String(data)) as { type: string; shed?: unknown[] };
      if (type === 'welcome') return send();
      if (type !== 'result' && (type !== 'ack' || (shed?.length ?? 0) === 0)) return;
      if (++answered >= frames) socket.close();
      else send();
    });
  });
}

/** Takes spans and forgets them. */
async function startCollector(): Promise<{ readonly server: Server; readonly url: string; bytes: number }> {
  const port = await freePort();
  const collector = { server: createServer(), url: `http://127.0.0.1:${port}/v1/traces`, bytes: 0 };
  collector.server.on('request', (request, response) => {
    request.on('data', (chunk: Buffer) => {
      collector.bytes += chunk.byteLength;
    });
    request.on('end', () => response.end('{}'));
  });
  await new Promise<void>((resolve) => collector.server.listen(port, '127.0.0.1', resolve));
  return collector;
}

const STAGES: readonly FrameStage[] =
  'read route offer wait decode gate batch queue run settle track report answer'.split(' ') as FrameStage[];

/** What is asked along the way of a frame that is not traced, by itself: ns a frame, median of 9 runs. */
function hooksNs(): number {
  const frames = Array.from({ length: 1_000 }, (_, seq) => ({
    frame: { seq, trace: undefined as FrameTrace | undefined },
  }));
  const run = (): number => {
    const beganMs = performance.now();
    for (let pass = 0; pass < 1_000; pass++) {
      for (const { frame } of frames) for (const stage of STAGES) frame.trace?.mark(stage);
      markAll(frames, 'batch');
    }
    return ((performance.now() - beganMs) * 1e6) / (frames.length * 1_000);
  };
  run();
  return median(Array.from({ length: 9 }, run));
}

async function main(): Promise<number> {
  const collector = await startCollector();
  const on = (sampleRatio: number): Traces => ({
    ...{ enabled: true, otlpUrl: collector.url, sampleRatio },
    ...{ framesPerSecondMax: 10_000, queueSpansMax: 262_144 },
  });
  const variants: Variant[] = [
    ...(values.before === undefined ? [] : [{ name: 'the release before', dist: values.before }]),
    ...(values.without === undefined ? [] : [{ name: 'without', dist: values.without }]),
    { name: 'off', dist: DIST },
    // The same again: how far two that are the same lie apart.
    { name: 'off, again', dist: DIST },
    { name: '1 %', dist: DIST, traces: on(0.01) },
    { name: '100 %', dist: DIST, traces: on(1) },
  ];
  const pictures = await loadFrames(values.pictures);
  const nodes: { readonly variant: Variant; readonly node: MeasuredNode }[] = [];
  try {
    for (const variant of variants) nodes.push({ variant, node: await MeasuredNode.start(variant) });
    const [frames, cameras, rounds] = [Number(values.frames), Number(values.cameras), Number(values.rounds)];
    // Two rounds of each that are not counted: their code is compiled then.
    for (let i = -2; i < rounds; i++) {
      for (const { node } of rotated(nodes, i + 2)) {
        const us = await node.round(pictures, frames, cameras);
        if (i >= 0) node.perFrameUs.push(us);
      }
    }
  } finally {
    await Promise.all(nodes.map(({ node }) => node.stop()));
    collector.server.closeAllConnections();
    collector.server.close();
  }
  const base = nodes.find(({ variant }) => variant.name === 'without') ?? nodes[0];
  const rows = nodes.map(({ variant, node }) => {
    // Against the same round of the base: what the machine did then falls on both.
    const ratios = node.perFrameUs.map((us, i) => us / (base?.node.perFrameUs[i] ?? us));
    return [
      variant.name,
      `${median(node.perFrameUs).toFixed(0)} µs`,
      `${spread(node.perFrameUs, 0)} µs`,
      `${((median(ratios) - 1) * 100).toFixed(1)} %`,
      `${spread(
        ratios.map((ratio) => (ratio - 1) * 100),
        1,
      )} %`,
    ];
  });
  const head = [
    'traces',
    'CPU a frame, median',
    'quartiles',
    `against "${base?.variant.name}", median of rounds`,
    'quartiles',
  ];
  console.log(
    [
      factsLine(machineFacts(new Date(), PACKAGE_DIR)),
      `${values.rounds} rounds of ${values.frames} frames each, ${values.cameras} cameras; collector got ${(collector.bytes / 1e6).toFixed(1)} MB. The looks at an empty field that a frame costs with traces off, alone: ${hooksNs().toFixed(0)} ns.`,
      markdownTable(head, rows),
    ].join('\n\n'),
  );
  return 0;
}

const spread = (all: readonly number[], digits: number): string =>
  `${percentileOf(all, 0.25)?.toFixed(digits)} … ${percentileOf(all, 0.75)?.toFixed(digits)}`;

/** Each time another begins. */
const rotated = <T>(all: readonly T[], by: number): T[] => all.map((_, i) => all[(i + by) % all.length] as T);

process.exitCode = await main();
