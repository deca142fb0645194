import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { NodeConfigInput } from '../../config/schema.ts';
import { parseCameraId } from '../../core/ids.ts';
import { type LedgerSnapshot, ledgerImbalance } from '../../core/ledger.ts';
import { createRing, type Ring } from '../../shards/ring.ts';
import type { AlertCloudEvent } from '../../src/alerts/cloud-event.ts';
import type { MemberRow, ShardRow } from '../../src/http/api/cluster/rows.ts';
import type { LedgerAnswer } from './node.ts';
import type { RedisServer } from './redis-server.ts';
import { until } from './until.ts';

const NODE = resolve('dist/src/main.js');
const CLI = resolve('dist/src/cli/main.js');
const READY_MS_MAX = 40_000;
const FORMED_MS_MAX = 40_000;
/** Of a cluster of few nodes: each has some, and no ring takes long to build. */
const SHARDS = { shardCount: 16, virtualNodes: 8 } as const;

/** Leases short enough that a test need not wait long for their end. */
export const SHORT_LEASES = {
  ...{ leaseTtlMs: 1_500, leaseRenewMs: 400, leaseGuardMs: 150, leaseTimeoutMs: 350 },
  formationMs: 1_500,
} as const;

/** `GET /v1/cluster`, as far as tests look at it. */
export interface ClusterStatus {
  readonly coordinator: string | null;
  readonly mapVersion: number;
  readonly shardCount: number;
  readonly shards: Readonly<Record<'unowned' | 'starting' | 'moving' | 'running', number>>;
  readonly moves: readonly unknown[];
  readonly members: readonly MemberRow[];
  readonly lease: { readonly held: boolean; readonly islanded: boolean; readonly remainingMs: number | null };
}

export interface AlertListed {
  readonly id: string;
  readonly state: 'opened' | 'closed';
  readonly rule: string;
  readonly opening: number;
  readonly camera: string;
  /** Who raised it. */
  readonly node: string;
  readonly epoch: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ClusterNodeOptions {
  readonly settings: NodeConfigInput;
  /** Under its parent, as `camshard up` runs it. */
  readonly supervised?: boolean;
  /** A program and its arguments that the node is run by, e.g. in a network namespace. */
  readonly through?: readonly string[];
}

/** A node of a cluster: processes of their own, one group, and a folder that outlives them. */
export class ClusterNode {
  readonly id: string;
  readonly logLines: string[] = [];
  readonly #o: ClusterNodeOptions;
  readonly #dir: string;
  readonly #headers: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #exited: Promise<Exit> = Promise.resolve({ code: null, signal: null });
  #url = '';

  constructor(options: ClusterNodeOptions) {
    this.#o = options;
    this.id = options.settings.node?.id ?? 'node-1';
    this.#dir = mkdtempSync(join(tmpdir(), `camshard-${this.id}-`));
    const token = options.settings.auth?.token;
    this.#headers = token === undefined || token === null ? {} : { authorization: `Bearer ${token}` };
  }

  get url(): string {
    return this.#url;
  }

  get wsUrl(): string {
    return this.#url.replace(/^http/, 'ws');
  }

  get running(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** How the process that was started last ended. */
  get exited(): Promise<Exit> {
    return this.#exited;
  }

  /** Starts it, a new life each time, and waits until it says where it is. */
  async start(): Promise<void> {
    const { settings, supervised = false, through = [] } = this.#o;
    const config = { ...settings, node: { ...settings.node, dataDir: this.#dir } };
    let command = [process.execPath, NODE];
    if (supervised) {
      const file = join(this.#dir, 'config.yaml');
      writeFileSync(file, JSON.stringify(config));
      command = [process.execPath, CLI, 'up', '--no-demo', '--config', file];
    }
    const [program = '', ...args] = [...through, ...command];
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CAMSHARD_')));
    // Detached: the leader of a group, which is signalled as a whole.
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...clean, ...(supervised ? {} : { CAMSHARD_NODE_CONFIG: JSON.stringify(config) }) },
    });
    this.#child = child;
    child.on('error', () => {});
    let said = '';
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      this.logLines.push(...lines);
    });
    this.#exited = new Promise((done) => child.once('close', (code, signal) => done({ code, signal })));
    this.#url = await until(
      `${this.id} to be there`,
      () => {
        if (!this.running) throw new Error(`${this.id} ended:\n${said}\n${this.logLines.join('\n')}${rest}`);
        return /(https?:\/\/\S+)/m.exec(said)?.[1];
      },
      READY_MS_MAX,
    );
  }

  /** `kill -9` of all its processes. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.#exited;
  }

  pause(): void {
    this.#signal('SIGSTOP');
  }

  resume(): void {
    this.#signal('SIGCONT');
  }

  /** SIGTERM to the process that was started, as a service manager sends it. */
  terminate(): void {
    if (this.running) this.#child?.kill('SIGTERM');
  }

  /** Ends it for good; its folder goes, too. */
  async remove(): Promise<void> {
    if (this.running) await this.kill();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const signal = init.signal ?? AbortSignal.timeout(10_000);
    return fetch(this.#url + path, { ...init, signal, headers: { ...this.#headers, ...(init.headers as object) } });
  }

  async getJson<T>(path: string): Promise<T> {
    const answer = await this.fetch(path);
    if (!answer.ok) throw new Error(`${this.id} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** @returns the status and the JSON that came with it */
  async send(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: unknown }> {
    const headers = { 'content-type': 'application/json', 'x-camshard-who': 'ann' };
    const answer = await this.fetch(path, {
      ...{ method, headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  cluster(): Promise<ClusterStatus> {
    return this.getJson('/v1/cluster');
  }

  async ready(): Promise<boolean> {
    return (await this.fetch('/readyz')).status === 200;
  }

  /** Value of a metric's series, e.g. `camshard_x_total{reason="y"}`; 0 where absent. */
  async metric(series: string): Promise<number> {
    const line = (await this.metrics()).find((l) => l.startsWith(`${series} `));
    return line === undefined ? 0 : Number(line.slice(series.length + 1));
  }

  /** The sum of all series of a metric. */
  async metricSum(name: string): Promise<number> {
    const lines = (await this.metrics()).filter((l) => l.startsWith(`${name}{`) || l.startsWith(`${name} `));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  async metrics(): Promise<readonly string[]> {
    return (await (await this.fetch('/metrics')).text()).split('\n');
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined || !this.running) return;
    process.kill(-pid, signal);
  }
}

export interface TestClusterOptions {
  readonly redis: RedisServer;
  readonly name: string;
  /** Of each node, beside what makes it one of this cluster. */
  readonly settings?: NodeConfigInput;
}

/** Nodes of one cluster on one Redis. */
export class TestCluster {
  readonly name: string;
  readonly redis: RedisServer;
  readonly nodes: ClusterNode[] = [];
  readonly #settings: NodeConfigInput;
  readonly #ring: Ring;

  constructor({ redis, name, settings = {} }: TestClusterOptions) {
    this.redis = redis;
    this.name = name;
    this.#settings = settings;
    const { shardCount = SHARDS.shardCount, virtualNodes = SHARDS.virtualNodes } = settings.cluster ?? {};
    this.#ring = createRing({ shardCount, virtualNodes });
  }

  /** Makes a node; it is not started. */
  add(id: string, more: NodeConfigInput = {}, how: Omit<ClusterNodeOptions, 'settings'> = {}): ClusterNode {
    const base = this.#settings;
    const node = new ClusterNode({
      ...how,
      settings: {
        devices: [{ kind: 'simulated', baseMs: 1, perFrameMs: 0.2, noise: 0, detections: 2 }],
        // Tests send one picture again and again, on which nothing moves.
        gate: { enabled: false },
        history: { enabled: false },
        ...base,
        ...more,
        node: { ...base.node, ...more.node, id },
        server: { port: 0, ...base.server, ...more.server },
        redis: { url: this.redis.url, ...base.redis, ...more.redis },
        cluster: {
          ...SHARDS,
          ...base.cluster,
          ...more.cluster,
          ...{ adapter: 'redis', name: this.name, secret: 'a secret of the tests' },
        },
      },
    });
    this.nodes.push(node);
    return node;
  }

  /** Starts nodes at once and waits until they are a cluster at rest. */
  async form(...ids: readonly string[]): Promise<readonly ClusterNode[]> {
    const nodes = ids.map((id) => this.add(id));
    await Promise.all(nodes.map((node) => node.start()));
    // Who came after the first gave out the shards gets some now, not when it is time for a round.
    const rebalance = setInterval(
      () => void nodes[0]?.send('POST', '/v1/cluster/rebalance', {}).catch(() => {}),
      2_000,
    );
    await this.atRest(nodes).finally(() => clearInterval(rebalance));
    return nodes;
  }

  node(id: string): ClusterNode {
    const found = this.nodes.find((node) => node.id === id);
    if (found === undefined) throw new Error(`no node ${id}`);
    return found;
  }

  /** Any that runs. */
  get any(): ClusterNode {
    const found = this.nodes.find((node) => node.running);
    if (found === undefined) throw new Error('no node runs');
    return found;
  }

  /** Waits until exactly these nodes are members, each of them knows all shards to run, and none is to move. */
  async atRest(nodes: readonly ClusterNode[], timeoutMs = FORMED_MS_MAX): Promise<void> {
    const ids = nodes.map(({ id }) => id).sort();
    let last: unknown;
    const isAtRest = async (node: ClusterNode): Promise<boolean> => {
      const status = await node.cluster();
      const serving = status.members.filter(({ alive, shards }) => alive && shards > 0).map((member) => member.node);
      last = { node: node.id, ...status };
      if (String(serving.sort()) !== String(ids) || status.shards.running !== status.shardCount) return false;
      return (await node.getJson<{ moves: unknown[] }>('/v1/cluster/plan')).moves.length === 0;
    };
    await until(
      `a cluster of ${ids} at rest`,
      async () => {
        for (const node of nodes) if (!(await isAtRest(node).catch(() => false))) return false;
        return true;
      },
      timeoutMs,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; ${JSON.stringify(last)}`);
    });
  }

  shardOf(camera: string): number {
    const id = parseCameraId(camera);
    if (id === undefined) throw new Error(`${camera} is no camera id`);
    return this.#ring.shardOf(id);
  }

  async shards(via = this.any): Promise<readonly ShardRow[]> {
    return (await via.getJson<{ shards: ShardRow[] }>('/v1/shards')).shards;
  }

  async shard(camera: string, via = this.any): Promise<ShardRow> {
    const row = (await this.shards(via))[this.shardOf(camera)];
    if (row === undefined) throw new Error(`no shard of ${camera}`);
    return row;
  }

  async ownerOf(camera: string, via = this.any): Promise<ClusterNode> {
    const { node } = await this.shard(camera, via);
    if (node === null) throw new Error(`nobody owns ${camera}`);
    return this.node(node);
  }

  /** Names of cameras whose shards this node owns, each of another shard as long as there are. */
  async camerasOf(node: ClusterNode, count: number, prefix = 'cam', via = this.any): Promise<string[]> {
    const rows = await this.shards(via);
    const taken = new Set<number>();
    const found: string[] = [];
    const own = rows.filter((row) => row.node === node.id).length;
    for (let i = 0; found.length < count && i < 10_000; i++) {
      const camera = `${prefix}-${i}`;
      const shard = this.shardOf(camera);
      if (rows[shard]?.node !== node.id || (taken.has(shard) && taken.size < own)) continue;
      taken.add(shard);
      found.push(camera);
    }
    return found;
  }

  /** Orders a move and waits until the shard runs there. @returns its row */
  async move(camera: string, to: ClusterNode, via = this.any): Promise<ShardRow> {
    const shard = this.shardOf(camera);
    // The coordinator may not have heard yet that the move before this one is over: it refuses then.
    let refused: unknown;
    await until(`the move of shard ${shard} to ${to.id} to be taken, not ${JSON.stringify(refused)}`, async () => {
      refused = await via.send('POST', '/v1/cluster/moves', { shard, to: to.id, why: 'a test' });
      return (refused as { readonly status: number }).status < 300;
    });
    return until(
      `shard ${shard} on ${to.id}`,
      async () => {
        const row = await this.shard(camera, to);
        return row.node === to.id && row.state === 'running' ? row : undefined;
      },
      15_000,
    );
  }

  /** The whole cluster's, by one of its nodes. */
  async ledger(via = this.any): Promise<LedgerAnswer & { readonly away?: readonly unknown[] }> {
    return via.getJson('/v1/ledger?limit=1000');
  }

  /** Once nothing is in flight and what dead nodes left has been taken over: it has not changed for a while. */
  async settledLedgerNow(via = this.any): Promise<LedgerAnswer> {
    let last = '';
    let sinceMs = performance.now();
    return until('an account that stays', async () => {
      const ledger = await this.ledger(via);
      const now = JSON.stringify(ledger.total);
      if (now !== last || ledger.total.inFlight > 0 || ledger.away !== undefined) sinceMs = performance.now();
      last = now;
      return performance.now() - sinceMs > 3_000 ? ledger : undefined;
    });
  }

  /** Once nothing is in flight, nobody is away, and `received` frames are accounted for. */
  async settledLedger(received: number, via = this.any, timeoutMs = 20_000): Promise<LedgerAnswer> {
    let last: unknown;
    return until(
      `an account of ${received} frames`,
      async () => {
        const ledger = await this.ledger(via);
        last = ledger.total;
        const isSettled = ledger.away === undefined && ledger.total.inFlight === 0;
        return isSettled && ledger.total.received === received && isExact(ledger) ? ledger : undefined;
      },
      timeoutMs,
    ).catch((error: Error) => {
      throw new Error(`${error.message}; ${JSON.stringify(last)}`);
    });
  }

  /** Of the camera, as each node that answers has them: one that moved may be known at several. */
  async alerts(camera: string): Promise<readonly AlertListed[]> {
    const ask = async (node: ClusterNode): Promise<readonly AlertListed[]> => {
      const signal = AbortSignal.timeout(2_000);
      const answer = await node.fetch(`/v1/alerts?camera=${camera}&node=self`, { signal });
      return ((await answer.json()) as { alerts: AlertListed[] }).alerts;
    };
    const running = this.nodes.filter((node) => node.running);
    return (await Promise.all(running.map((node) => ask(node).catch(() => [])))).flat();
  }

  /** Waits until the alert is in that state, at whichever node. */
  async alert(id: string, state: 'opened' | 'closed', timeoutMs = 15_000): Promise<AlertListed> {
    const camera = id.split(':')[0] ?? '';
    return until(
      `${id} ${state}`,
      async () => (await this.alerts(camera)).find((alert) => alert.id === id && alert.state === state),
      timeoutMs,
    );
  }

  /** What Redis has published so far, oldest first. */
  async published(): Promise<readonly PublishedAlert[]> {
    const lines = (await this.redis.cli('XRANGE', `camshard:{${this.name}:alerts}:log`, '-', '+')).split('\n');
    let place = '';
    return lines.flatMap((line, i) => {
      if (/^\d+-\d+$/.test(line)) place = line;
      return lines[i - 1] === 'event' ? [{ place, event: JSON.parse(line) as AlertCloudEvent }] : [];
    });
  }

  /** Published alerts of an owner that came behind those of a later one: there must be none. */
  async publishedLate(): Promise<readonly PublishedAlert[]> {
    const newest = new Map<number, number>();
    return (await this.published()).filter(({ event: { data } }) => {
      const known = newest.get(data.shard) ?? 0;
      newest.set(data.shard, Math.max(known, data.epoch));
      return data.epoch < known;
    });
  }

  /** Ends all nodes. */
  async remove(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.remove()));
  }
}

export interface PublishedAlert {
  /** Of the stream: ms since the Unix epoch by Redis' clock, and a number. */
  readonly place: string;
  readonly event: AlertCloudEvent;
}

/** Each account closes, and the cameras' sums are the total's. */
function isExact({ cameras, folded, total }: LedgerAnswer): boolean {
  const all: LedgerSnapshot[] = [...Object.values(cameras), folded];
  const received = all.reduce((sum, ledger) => sum + ledger.received, 0);
  return [...all, total].every((ledger) => ledgerImbalance(ledger) === 0) && received === total.received;
}
