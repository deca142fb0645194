import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { type NodeConfig, type NodeConfigInput, nodeConfigSchema } from '../../config/schema.ts';
import { type LedgerSnapshot, ledgerImbalance } from '../../core/ledger.ts';
import type { NodeStatsMessage } from '../../core/protocol.ts';
import { startNode } from '../../src/service.ts';
import { until } from './until.ts';

/** A simulated device that takes the given time and invents two boxes a frame. */
export const simulated = (over: Record<string, unknown> = {}) => ({
  kind: 'simulated' as const,
  baseMs: 1,
  perFrameMs: 0.2,
  noise: 0,
  detections: 2,
  ...over,
});

/** One page of `/v1/ledger`. */
export interface LedgerAnswer {
  readonly cameras: Readonly<Record<string, LedgerSnapshot>>;
  readonly folded: LedgerSnapshot;
  readonly total: LedgerSnapshot;
  readonly next: string | null;
}

export interface TestNode {
  readonly config: NodeConfig;
  /** `http(s)://127.0.0.1:PORT`. */
  readonly url: string;
  readonly wsUrl: string;
  readonly port: number;
  /** Lines logged so far, from trace level on. */
  readonly logLines: readonly string[];
  /** Fetches a path of this node, with its token where it has one. */
  get(path: string, init?: RequestInit): Promise<Response>;
  getJson<T>(path: string): Promise<T>;
  /** Every camera's ledger, all pages, with folded and total sums. */
  ledger(): Promise<LedgerAnswer>;
  /** The ledger once nothing is in flight. */
  settledLedger(): Promise<LedgerAnswer>;
  stats(): Promise<NodeStatsMessage & { readonly ready: boolean }>;
  /** Value of a metric's series, e.g. `camshard_answers_dropped_total` or `..._total{reason="x"}`; 0 where absent. */
  metric(series: string): Promise<number>;
  stop(): Promise<LedgerSnapshot>;
}

const running = new Set<TestNode>();

/** Starts a node in this process, on a free port of loopback and with a simulated device unless `input` says else. */
export async function startTestNode(input: NodeConfigInput = {}): Promise<TestNode> {
  const dataDir = mkdtempSync(join(tmpdir(), 'camshard-test-'));
  const config = nodeConfigSchema.parse({
    devices: [simulated()],
    debug: { faultHooks: true },
    // Making a ring of the default's points is most of a node's start.
    cluster: { virtualNodes: 8 },
    // Tests send one picture again and again, on which nothing moves.
    gate: { enabled: false },
    // A database in a thread of its own for each node: those that test it say so.
    history: { enabled: false },
    ...input,
    node: { dataDir, ...input.node },
    server: { port: 0, ...input.server },
  }) as NodeConfig;
  const logLines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logLines.push(String(chunk));
      done();
    },
  });
  const node = await startNode({ config, version: '0.0.0-test', log: pino({ level: 'trace' }, sink) }).catch(
    (error) => {
      rmSync(dataDir, { recursive: true, force: true });
      throw error;
    },
  );
  await node.ready;

  const headers: Record<string, string> =
    config.auth.token === null ? {} : { authorization: `Bearer ${config.auth.token}` };
  const get = (path: string, init: RequestInit = {}) =>
    fetch(node.url + path, { ...init, headers: { ...headers, ...(init.headers as Record<string, string>) } });
  const getJson = async <T>(path: string): Promise<T> => {
    const answer = await get(path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const ledger = async (): Promise<LedgerAnswer> => {
    const cameras: Record<string, LedgerSnapshot> = {};
    let after = '';
    for (;;) {
      const page = await getJson<LedgerAnswer>(`/v1/ledger?limit=1000&after=${after}`);
      Object.assign(cameras, page.cameras);
      if (page.next === null) return { ...page, cameras };
      after = page.next;
    }
  };
  let stopped: Promise<LedgerSnapshot> | undefined;
  const test: TestNode = {
    config,
    url: node.url,
    wsUrl: node.url.replace(/^http/, 'ws'),
    port: node.port,
    logLines,
    get,
    getJson,
    ledger,
    settledLedger: () =>
      until('nothing in flight', async () => {
        const now = await ledger();
        return now.total.inFlight === 0 ? now : undefined;
      }),
    stats: async () => {
      const { nodes } = await getJson<{ nodes: (NodeStatsMessage & { ready: boolean })[] }>('/v1/nodes');
      const [first] = nodes;
      if (first === undefined) throw new Error('/v1/nodes lists none');
      return first;
    },
    metric: async (series) => {
      const text = await (await get('/metrics')).text();
      const line = text.split('\n').find((l) => l.startsWith(`${series} `));
      return line === undefined ? 0 : Number(line.slice(series.length + 1));
    },
    stop: () => {
      stopped ??= node.stop().finally(() => {
        running.delete(test);
        rmSync(dataDir, { recursive: true, force: true });
      });
      return stopped;
    },
  };
  running.add(test);
  return test;
}

/** For `afterEach`: stops what a test left running, and checks that its account closed and that no actor failed. */
export async function stopTestNodes(): Promise<void> {
  for (const node of [...running]) {
    const ledger = await node.stop();
    const failed = node.logLines.find((line) => line.includes('"actor failed'));
    if (failed !== undefined) throw new Error(failed);
    if (ledgerImbalance(ledger) !== 0 || ledger.inFlight !== 0) {
      throw new Error(`a node's ledger does not close: ${JSON.stringify(ledger)}`);
    }
  }
}
