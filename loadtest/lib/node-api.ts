import type { LedgerSnapshot } from '../../core/ledger.ts';
import type { OverloadStatus } from '../../core/overload.ts';
import type { DeviceFault } from '../../models/device/port.ts';

const TIMEOUT_MS = 5_000;

/** `GET /v1/overload`; `undefined` where the node does not answer, is busy starting again, or has no such route. */
export async function readOverload(httpUrl: string): Promise<OverloadStatus | undefined> {
  try {
    const response = await fetch(`${httpUrl}/v1/overload`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.ok ? ((await response.json()) as OverloadStatus) : undefined;
  } catch {
    return undefined;
  }
}

/** The node's total of `GET /v1/ledger`. @throws Error where it does not answer with one */
export async function readTotal(httpUrl: string): Promise<LedgerSnapshot> {
  const response = await fetch(`${httpUrl}/v1/ledger?limit=1`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`GET /v1/ledger: ${response.status}`);
  return ((await response.json()) as { readonly total: LedgerSnapshot }).total;
}

interface CameraPage {
  readonly cameras: readonly { readonly camera: string; readonly device?: string | null }[];
}

/** Which device each camera is on, by `GET /v1/cameras`; `undefined` where the node does not say. */
export async function readCameraDevices(httpUrl: string): Promise<ReadonlyMap<string, string> | undefined> {
  const response = await fetch(`${httpUrl}/v1/cameras?limit=1000`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`GET /v1/cameras: ${response.status}`);
  const { cameras } = (await response.json()) as CameraPage;
  const known = cameras.flatMap((c): [string, string][] =>
    typeof c.device === 'string' ? [[c.camera, c.device]] : [],
  );
  return known.length === 0 ? undefined : new Map(known);
}

/** Breaks a device on purpose; needs `debug.faultHooks`. @throws Error where the node does not take it */
export async function injectFault(httpUrl: string, fault: DeviceFault, device: string): Promise<void> {
  const response = await fetch(`${httpUrl}/v1/debug/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fault, device }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    // A crash may come before its answer.
    if (fault.kind === 'crash') return undefined;
    throw error;
  });
  if (response !== undefined && !response.ok) {
    throw new Error(`POST /v1/debug/faults ${fault.kind}: ${response.status} ${await response.text()}`);
  }
}

/** What `POST /v1/debug/faults {"fault":"gc"}` answers; needs `debug.faultHooks` and `--expose-gc`. */
interface GcAnswer {
  readonly memoryUsage?: { readonly rss: number; readonly heapUsed: number; readonly external: number };
}

export interface MemoryAfterGc {
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
}

/**
 * Has the node collect its garbage and says what is left.
 * @throws Error where the node cannot: without the fault hooks, or without `--expose-gc`.
 */
export async function collectGarbage(httpUrl: string): Promise<MemoryAfterGc> {
  const response = await fetch(`${httpUrl}/v1/debug/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fault: 'gc' }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST /v1/debug/faults gc: ${response.status} ${text}`);
  const memory = (JSON.parse(text) as GcAnswer).memoryUsage;
  if (memory === undefined) throw new Error(`POST /v1/debug/faults gc: no memoryUsage in ${text}`);
  return { rssBytes: memory.rss, heapUsedBytes: memory.heapUsed, externalBytes: memory.external };
}
