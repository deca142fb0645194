import type { AccessToken } from './access-token.ts';
import type { Answer } from './answer.ts';
import type { CameraPage, Problem } from './answers.gen.ts';

/** A history query may take long; the node ends it earlier itself. */
const ANSWER_MS_MAX = 10_000;
/** The live feed brings the others, page by page, within its first second. */
const FIRST_CAMERAS = 100;

/** Values of a query string; keys without one are left out. */
export type Query = Readonly<Record<string, string | undefined>>;

export interface TextRequest {
  readonly query?: Query;
  readonly body?: string;
  /** Media type of the body. */
  readonly type?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the wait early; the answer is then `unreachable`. */
  readonly signal?: AbortSignal | undefined;
}

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

  /** The first of `/v1/cameras`, as many as a screen shows; a token that is missing or wrong shows here first. */
  cameras(): Promise<Answer<CameraPage>> {
    return this.get<CameraPage>('v1/cameras', { limit: String(FIRST_CAMERAS) });
  }

  /**
   * Asks for JSON; never throws. `path` without a leading slash: the page may live behind a prefix.
   * @param signal ends the wait early; the answer is then `unreachable`
   */
  get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer<T>> {
    return this.#ask<T>('GET', path, query, undefined, signal);
  }

  /** Sends JSON (or nothing) and reads JSON; never throws. `headers` such as `if-match`. */
  send<T>(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    query: Query = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<T>> {
    return this.#ask<T>(method, path, query, body, undefined, headers);
  }

  /** A picture behind the token, as bytes for an object URL; never throws. */
  async picture(path: string, signal?: AbortSignal): Promise<Answer<Blob>> {
    return this.#answer((response) => response.blob(), 'GET', path, {}, undefined, signal);
  }

  /** Sends and reads text, such as YAML; never throws. */
  text(method: 'GET' | 'POST' | 'PUT', path: string, request: TextRequest = {}): Promise<Answer<string>> {
    const { query = {}, body, signal } = request;
    const headers = {
      ...(request.accept === undefined ? {} : { accept: request.accept }),
      ...(request.type === undefined ? {} : { 'content-type': request.type }),
      ...request.headers,
    };
    return this.#answer((response) => response.text(), method, path, query, body, signal, headers);
  }

  /** Address of a download a link can carry: the token goes along, where there is one. */
  downloadUrl(path: string, query: Query = {}): string {
    const url = this.#url(path, query);
    this.#addToken(url);
    return url.href;
  }

  /** Address of the live feed; cameras are then chosen with `watch` messages. */
  liveUrl(): string {
    return this.#socketUrl('v1/live', { topics: 'cluster,alerts' });
  }

  /**
   * Address a camera streams to, asking for results.
   * @param follow it goes where a `redirect` sends it; else this node relays to whoever has its shard
   */
  streamUrl(camera: string, follow: boolean): string {
    return this.#socketUrl(`v1/cameras/${camera}/stream`, { results: '1', ...(follow ? { redirect: '1' } : {}) });
  }

  /**
   * The same at another node, named by a `redirect`: its stream itself, or the node.
   * @returns `undefined` where a browser would not go there, or the token would leave TLS
   */
  redirectedStreamUrl(camera: string, target: string): string | undefined {
    const path = `/v1/cameras/${camera}/stream`;
    if (!/^(ws|http)s?:\/\//i.test(target) || !URL.canParse(target)) return undefined;
    const url = new URL(target);
    if (this.#base.protocol === 'https:' && url.protocol !== 'https:' && url.protocol !== 'wss:') return undefined;
    url.protocol = url.protocol === 'https:' || url.protocol === 'wss:' ? 'wss:' : 'ws:';
    if (!url.pathname.endsWith('/stream')) url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
    url.searchParams.set('results', '1');
    url.searchParams.set('redirect', '1');
    this.#addToken(url);
    return url.href;
  }

  #ask<T>(
    method: string,
    path: string,
    query: Query,
    body: unknown,
    signal?: AbortSignal,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<T>> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const type = text === undefined ? {} : { 'content-type': 'application/json' };
    return this.#answer((response) => response.json() as Promise<T>, method, path, query, text, signal, {
      ...type,
      ...headers,
    });
  }

  async #answer<T>(
    read: (response: Response) => Promise<T>,
    method: string,
    path: string,
    query: Query,
    body: string | undefined,
    signal?: AbortSignal,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<T>> {
    const token = this.token.get();
    const deadline = AbortSignal.timeout(ANSWER_MS_MAX);
    try {
      const response = await fetch(this.#url(path, query), {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        body: body ?? null,
        signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
        cache: 'no-store',
      });
      if (!response.ok) return { kind: 'refused', status: response.status, problem: await problemOf(response) };
      return { kind: 'ok', value: await read(response) };
    } catch {
      const reason = deadline.aborted ? 'the node did not answer in time' : 'the node does not answer';
      return { kind: 'unreachable', reason };
    }
  }

  #url(path: string, query: Query): URL {
    const url = new URL(path, this.#base);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== '') url.searchParams.set(name, value);
    }
    return url;
  }

  get #socketProtocol(): 'ws:' | 'wss:' {
    return this.#base.protocol === 'https:' ? 'wss:' : 'ws:';
  }

  #socketUrl(path: string, query: Query): string {
    const url = this.#url(path, query);
    url.protocol = this.#socketProtocol;
    this.#addToken(url);
    return url.href;
  }

  // A browser cannot set headers on a WebSocket, hence the query parameter.
  #addToken(url: URL): void {
    const token = this.token.get();
    if (token !== null) url.searchParams.set('access_token', token);
  }
}

/** Why the node said no; made up from the status where it did not say. */
async function problemOf(response: Response): Promise<Problem> {
  const said: unknown = await response.json().catch(() => undefined);
  if (typeof said === 'object' && said !== null && 'detail' in said && 'code' in said) return said as Problem;
  const { status } = response;
  return { type: 'about:blank', title: 'Problem', status, code: 'unknown', detail: `the node answered ${status}` };
}
