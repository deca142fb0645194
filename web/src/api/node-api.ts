import { PAGE_ROWS_MAX } from '../../../config/limits.ts';
import type { CameraSummary } from '../../../core/protocol.ts';
import type { AccessToken } from './access-token.ts';

const ANSWER_MS_MAX = 5_000;

export interface CamerasPage {
  readonly cameras: readonly CameraSummary[];
  readonly next: string | null;
}

export type CamerasAnswer =
  | { readonly kind: 'ok'; readonly page: CamerasPage }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** The node this page came from: its addresses, with the access token where there is one. */
export class NodeApi {
  readonly #base: URL;
  readonly token: AccessToken;

  /** `pageUrl` is the address of the page itself; the API lives beside it. */
  constructor(pageUrl: string, token: AccessToken) {
    this.#base = new URL('.', pageUrl);
    this.#base.hash = '';
    this.#base.search = '';
    this.token = token;
  }

  /** `ws://host` as a camera elsewhere would name this node. */
  get streamOrigin(): string {
    return `${this.#socketProtocol}//${this.#base.host}`;
  }

  /** The first page of `/v1/cameras`; never throws. */
  async cameras(): Promise<CamerasAnswer> {
    const token = this.token.get();
    try {
      const response = await fetch(new URL(`v1/cameras?limit=${PAGE_ROWS_MAX}`, this.#base), {
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
        cache: 'no-store',
      });
      if (response.status === 401) return { kind: 'unauthorized' };
      if (!response.ok) return { kind: 'unreachable', reason: await refusal(response) };
      return { kind: 'ok', page: (await response.json()) as CamerasPage };
    } catch {
      return { kind: 'unreachable', reason: 'the node does not answer' };
    }
  }

  /** Address of the live feed; cameras are then chosen with `watch` messages. */
  liveUrl(): string {
    return this.#socketUrl('v1/live', { topics: 'cluster' });
  }

  /** Address a camera streams to, asking for results. */
  streamUrl(camera: string): string {
    return this.#socketUrl(`v1/cameras/${camera}/stream`, { results: '1' });
  }

  /** The same for another node, named by a `redirect`. */
  redirectedStreamUrl(target: string): string {
    const url = new URL(target, this.#base);
    url.searchParams.set('results', '1');
    this.#addToken(url);
    return url.href;
  }

  get #socketProtocol(): 'ws:' | 'wss:' {
    return this.#base.protocol === 'https:' ? 'wss:' : 'ws:';
  }

  #socketUrl(path: string, query: Readonly<Record<string, string>>): string {
    const url = new URL(path, this.#base);
    url.protocol = this.#socketProtocol;
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    this.#addToken(url);
    return url.href;
  }

  // A browser cannot set headers on a WebSocket, hence the query parameter.
  #addToken(url: URL): void {
    const token = this.token.get();
    if (token !== null) url.searchParams.set('access_token', token);
  }
}

/** Why the node said no, from its problem details (RFC 9457) where it sent some. */
async function refusal(response: Response): Promise<string> {
  const problem: unknown = await response.json().catch(() => undefined);
  const detail = typeof problem === 'object' && problem !== null && 'detail' in problem ? `: ${problem.detail}` : '';
  return `the node answered ${response.status}${detail}`;
}
