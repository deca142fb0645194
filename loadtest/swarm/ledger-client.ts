import type { LedgerSnapshot } from '../../core/ledger.ts';

export interface NodeLedger {
  readonly cameras: ReadonlyMap<string, LedgerSnapshot>;
  readonly total: LedgerSnapshot;
}

interface LedgerPage {
  readonly cameras: Readonly<Record<string, LedgerSnapshot>>;
  readonly total: LedgerSnapshot;
  /** Where the next page begins; absent or null on the last. */
  readonly next?: string | null;
}

/** More pages than a node has cameras: a server whose cursor stands still must not hold the run for ever. */
const PAGES_MAX = 20_000;

/**
 * Reads `GET /v1/ledger` page by page.
 * @param baseUrl `http://host:port`
 * @throws Error where the node does not answer 200 with a ledger.
 */
export async function readLedger(baseUrl: string, token: string | undefined): Promise<NodeLedger> {
  const cameras = new Map<string, LedgerSnapshot>();
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const url = new URL('/v1/ledger', baseUrl);
    url.searchParams.set('limit', '1000');
    if (cursor !== undefined) url.searchParams.set('after', cursor);
    const response = await fetch(url, {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`GET ${url.pathname}: ${response.status} ${await response.text()}`);
    const body = (await response.json()) as LedgerPage;
    for (const [camera, ledger] of Object.entries(body.cameras)) cameras.set(camera, ledger);
    if (typeof body.next !== 'string' || body.next === cursor) return { cameras, total: body.total };
    cursor = body.next;
  }
  throw new Error(`GET /v1/ledger: more than ${PAGES_MAX} pages`);
}
