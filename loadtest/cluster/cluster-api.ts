import type { LedgerSnapshot } from '../../core/ledger.ts';
import type { RoundStatus } from '../../src/jobs/port.ts';

/** What the program reads from nodes. Each answers `undefined` where the node does not, in time and well. */

export interface ClusterSeen {
  readonly node: string;
  readonly coordinator: string | null;
  readonly mapVersion: number;
  readonly shardCount: number;
  readonly shards: {
    readonly unowned: number;
    readonly starting: number;
    readonly moving: number;
    readonly running: number;
  };
  readonly moves: readonly unknown[];
  readonly members: readonly {
    readonly node: string;
    readonly alive: boolean;
    readonly draining: boolean;
    readonly shards: number;
    readonly cameras: number | null;
  }[];
  readonly lease: { readonly held: boolean; readonly islanded: boolean; readonly remainingMs: number | null };
}

export interface ShardSeen {
  readonly shard: number;
  readonly node: string | null;
  readonly epoch: number;
  readonly state: string;
  readonly cameras: number | null;
}

export interface CameraSeen {
  readonly camera: string;
  readonly shard: number;
  readonly node: string;
  readonly via: string;
}

export interface LoggedEvent {
  readonly id: string;
  readonly at: number;
  readonly node: string;
  readonly kind: string;
  readonly message: string;
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
}

const TIMEOUT_MS = 3_000;
const PAGES_MAX = 100;

export async function isReady(httpUrl: string): Promise<boolean> {
  return (await get(httpUrl, '/readyz', 1_000)) !== undefined;
}

export const readCluster = (httpUrl: string): Promise<ClusterSeen | undefined> =>
  getJson(httpUrl, '/v1/cluster', 1_500);

export async function readShards(httpUrl: string): Promise<readonly ShardSeen[] | undefined> {
  return (await getJson<{ readonly shards: readonly ShardSeen[] }>(httpUrl, '/v1/shards'))?.shards;
}

export async function readPlan(httpUrl: string): Promise<readonly unknown[] | undefined> {
  return (await getJson<{ readonly moves: readonly unknown[] }>(httpUrl, '/v1/cluster/plan'))?.moves;
}

export async function readRounds(httpUrl: string): Promise<readonly RoundStatus[] | undefined> {
  return (await getJson<{ readonly rounds: readonly RoundStatus[] }>(httpUrl, '/v1/cluster/rounds?limit=20'))?.rounds;
}

/** The cluster's event log since then, newest first, as far as it goes. */
export async function readEvents(httpUrl: string, sinceMs: number): Promise<readonly LoggedEvent[]> {
  interface Page {
    readonly items: readonly LoggedEvent[];
    readonly next: string | null;
  }
  const events: LoggedEvent[] = [];
  let before = '';
  for (let i = 0; i < PAGES_MAX; i++) {
    const page = await getJson<Page>(httpUrl, `/v1/cluster/events?limit=1000${before}`);
    if (page === undefined) break;
    events.push(...page.items.filter(({ at }) => at >= sinceMs));
    if (page.next === null || (page.items.at(-1)?.at ?? 0) < sinceMs) break;
    before = `&before=${page.next}`;
  }
  return events;
}

export async function readMetrics(httpUrl: string): Promise<string | undefined> {
  return get(httpUrl, '/metrics', TIMEOUT_MS);
}

/** Every camera of the cluster: who serves it, and who has its socket. */
export async function readCameras(httpUrl: string): Promise<ReadonlyMap<string, CameraSeen>> {
  const cameras = new Map<string, CameraSeen>();
  interface Page {
    readonly cameras: readonly CameraSeen[];
    readonly next: string | null;
  }
  let after = '';
  for (let i = 0; i < PAGES_MAX; i++) {
    const page = await getJson<Page>(httpUrl, `/v1/cameras?limit=1000&after=${after}`, 10_000);
    if (page === undefined) throw new Error(`${httpUrl}/v1/cameras does not answer`);
    for (const seen of page.cameras) cameras.set(seen.camera, seen);
    if (page.next === null) return cameras;
    after = encodeURIComponent(page.next);
  }
  throw new Error(`${httpUrl}/v1/cameras: more than ${PAGES_MAX} pages`);
}

/** The account of one node alone, by camera. */
export async function readOwnLedgers(httpUrl: string): Promise<ReadonlyMap<string, LedgerSnapshot> | undefined> {
  const ledgers = new Map<string, LedgerSnapshot>();
  interface Page {
    readonly cameras: Readonly<Record<string, LedgerSnapshot>>;
    readonly next: string | null;
  }
  let after = '';
  for (let i = 0; i < PAGES_MAX; i++) {
    const page = await getJson<Page>(httpUrl, `/v1/ledger?node=self&limit=1000&after=${after}`);
    if (page === undefined) return undefined;
    for (const [camera, ledger] of Object.entries(page.cameras)) ledgers.set(camera, ledger);
    if (page.next === null) return ledgers;
    after = encodeURIComponent(page.next);
  }
  return undefined;
}

/** Writes one camera's settings. @throws Error where the node refuses them */
export async function putCameraSettings(httpUrl: string, camera: string, body: string): Promise<void> {
  const response = await fetch(`${httpUrl}/v1/cameras/${camera}/settings`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'x-camshard-who': 'loadtest' },
    body,
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`PUT settings of ${camera}: ${response.status} ${text}`);
}

/** A problem, or an answer that is none, counts as none. */
async function get(httpUrl: string, path: string, timeoutMs: number): Promise<string | undefined> {
  try {
    const response = await fetch(`${httpUrl}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    return response.ok ? text : undefined;
  } catch {
    return undefined;
  }
}

async function getJson<T>(httpUrl: string, path: string, timeoutMs = TIMEOUT_MS): Promise<T | undefined> {
  const text = await get(httpUrl, path, timeoutMs);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}
