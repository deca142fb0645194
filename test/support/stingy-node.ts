import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** What one camera did. */
export interface StingyCamera {
  connections: number;
  frames: number;
  /** Most frames without an answer at a time, beyond the credit: 0 where it obeys. */
  pastCredit: number;
  /** All rounds are through, and it was told that another camera has its name. */
  replaced: boolean;
}

const PATIENCE_MS = 700;

/**
 * Speaks the camera protocol as meanly as the protocol allows, to find clients that do not keep to it:
 *
 *     1st connection: credit 2, and no answer for a while; a shed frame; a result that answers two; 1001 with one unanswered
 *     2nd connection: credit 1, an ack without a result, an error; then 4001
 */
export class StingyNode {
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'camshard.v1' });
  readonly #cameras = new Map<string, StingyCamera>();

  /** @param page what a GET of anything is answered with */
  constructor(page: () => string) {
    this.#http = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(page());
    });
    this.#http.on('upgrade', (request, socket, head) => {
      const name = /cameras\/([^/]+)\/stream/.exec(request.url ?? '')?.[1] ?? '';
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#serve(ws, this.camera(name)));
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((done) => this.#http.listen(0, '127.0.0.1', done));
    return (this.#http.address() as AddressInfo).port;
  }

  camera(name: string): StingyCamera {
    const known = this.#cameras.get(name) ?? { connections: 0, frames: 0, pastCredit: 0, replaced: false };
    this.#cameras.set(name, known);
    return known;
  }

  async close(): Promise<void> {
    for (const ws of this.#sockets.clients) ws.terminate();
    this.#http.closeAllConnections();
    await new Promise((done) => this.#http.close(done));
  }

  #serve(ws: WebSocket, camera: StingyCamera): void {
    const first = ++camera.connections === 1;
    const credit = first ? 2 : 1;
    const say = (message: object): void => ws.send(JSON.stringify(message));
    let sent = 0;
    let answered = 0;
    const result = (seq: number): void => {
      answered = sent;
      say({ type: 'result', seq, receivedAt: 1, latencyMs: 1, model: 'm@1', detections: [], news: 'of a later node' });
    };
    const script: Readonly<Record<number, () => void>> = first
      ? {
          2: () =>
            setTimeout(() => {
              answered = 1;
              say({ type: 'ack', upTo: 0, shed: [{ seq: 2, reason: 'superseded' }] });
            }, PATIENCE_MS),
          3: () => result(3),
          5: () => ws.close(1001, 'draining'),
        }
      : {
          1: () => {
            answered = 1;
            say({ type: 'ack', upTo: 1, shed: [] });
          },
          2: () => {
            answered = 2;
            say({ type: 'error', code: 'image_corrupt', message: 'no good', seq: 2 });
          },
          3: () =>
            setTimeout(() => {
              camera.replaced = true;
              say({ type: 'error', code: 'replaced', message: 'another' });
              ws.close(4001, 'replaced');
            }, PATIENCE_MS),
        };
    ws.on('message', (_data, isBinary) => {
      if (!isBinary) return;
      camera.frames++;
      sent++;
      camera.pastCredit = Math.max(camera.pastCredit, sent - answered - credit);
      script[sent]?.();
    });
    const target = { fps: 10, width: 320, height: 180 };
    say({ type: 'news', of: 'a later node' });
    say({ type: 'welcome', camera: 'c', shard: 1, node: 'n', epoch: 1, credit, target });
  }
}
