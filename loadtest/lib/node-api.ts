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
