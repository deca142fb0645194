import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiAnswer, ApiRequest, Route } from '../../src/http/exchange.ts';

/** Routes of a node behind a plain HTTP server: for tests of clients of routes whose services are fakes. */
export class RouteServer {
  readonly #server: Server;
  readonly #routes: readonly Route[];
  /** Of every request, `GET /v1/nodes`. */
  readonly requests: string[] = [];
  readonly tokens: (string | undefined)[] = [];

  private constructor(routes: readonly Route[]) {
    this.#routes = routes;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(routes: readonly Route[]): Promise<RouteServer> {
    const server = new RouteServer(routes);
    await new Promise<void>((done) => server.#server.listen(0, '127.0.0.1', done));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#serve(request, response);
    } catch {
      response.writeHead(500).end('{"code":"internal","detail":"a fault of the node"}');
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://x');
    this.requests.push(`${request.method} ${url.pathname}`);
    this.tokens.push(request.headers.authorization);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const header = (name: string): string => String(request.headers[name] ?? '');
    const match = matchRoute(this.#routes, (request.method ?? 'GET').toLowerCase(), url.pathname);
    const answer: ApiAnswer =
      match === undefined
        ? { status: 404, body: '{"code":"not_found","detail":"no such resource"}' }
        : await match.route.handler({
            ...{ parameter: match.parameter, query: url.searchParams, body: Buffer.concat(chunks), from: '127.0.0.1' },
            ...{ contentType: header('content-type'), ifNoneMatch: '', ifMatch: '', acceptEncoding: '', accept: '' },
            ...{ who: header('x-camshard-who'), why: header('x-camshard-why') },
          } satisfies ApiRequest);
    response.writeHead(answer.status, answer.headers);
    response.end(typeof answer.body === 'string' ? answer.body : '');
  }
}

/** As uWebSockets.js matches: fixed segments before parameters. */
export function matchRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly parameter: string } | undefined {
  const segments = path.split('/');
  const matches = routes.flatMap((route) => {
    const pattern = route.pattern.split('/');
    if (route.method !== method || pattern.length !== segments.length) return [];
    if (!pattern.every((part, i) => part.startsWith(':') || part === segments[i])) return [];
    const at = pattern.findIndex((part) => part.startsWith(':'));
    return [{ route, parameter: segments[at] ?? '', fixed: at === -1 }];
  });
  return matches.find((m) => m.fixed) ?? matches[0];
}
