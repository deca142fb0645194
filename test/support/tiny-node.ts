import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { decodeFrameEnvelope } from '../../core/frame-codec.ts';

export interface TinyFrame {
  readonly seq: number;
  /** The picture read as UTF-8. */
  readonly picture: string;
  readonly bytes: Uint8Array;
  readonly capturedWallMs: number | undefined;
}

/** A node as small as can be: a WebSocket server that says what the test tells it to. */
export class TinyNode {
  readonly http: Server = createServer();
  readonly sockets: WebSocket[] = [];
  readonly requests: { url: string; authorization: string | undefined }[] = [];
  readonly frames: TinyFrame[] = [];
  readonly texts: unknown[] = [];
  /** Called for each frame, with the connection it came over; says what a test wants said. */
  onFrame: (frame: TinyFrame, socket: WebSocket) => void = () => {};
  credit = 2;
  welcomes = true;
  refuseWith: { status: number; headers?: Record<string, string> } | undefined;
  readonly #ws = new WebSocketServer({ noServer: true, handleProtocols: () => 'camshard.v1' });

  static async start(port = 0): Promise<TinyNode> {
    const node = new TinyNode();
    node.http.on('upgrade', (request, socket, head) => {
      node.requests.push({ url: request.url ?? '', authorization: request.headers.authorization });
      const refusal = node.refuseWith;
      if (refusal !== undefined) {
        const headers = Object.entries(refusal.headers ?? {}).map(([k, v]) => `${k}: ${v}\r\n`);
        socket.end(`HTTP/1.1 ${refusal.status} No\r\n${headers.join('')}content-length: 0\r\n\r\n`);
        return;
      }
      node.#ws.handleUpgrade(request, socket, head, (ws) => node.#opened(ws));
    });
    await new Promise<void>((done) => node.http.listen(port, '127.0.0.1', done));
    return node;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  get last(): WebSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('nobody connected');
    return socket;
  }

  say(message: unknown): void {
    this.last.send(JSON.stringify(message));
  }

  /** Answers a frame with a result. */
  answer(seq: number, detections: readonly unknown[] = []): void {
    this.say({ type: 'result', seq, receivedAt: 1, latencyMs: 1, model: 'm@1', detections });
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.http.closeAllConnections();
    await new Promise((done) => this.http.close(done));
  }

  #opened(ws: WebSocket): void {
    this.sockets.push(ws);
    ws.on('message', (data, isBinary) => {
      if (!isBinary) {
        this.texts.push(JSON.parse(String(data)));
        return;
      }
      const bytes = new Uint8Array(data as Buffer);
      const envelope = decodeFrameEnvelope(bytes);
      if (envelope.kind !== 'envelope') throw new Error(`not an envelope: ${envelope.kind}`);
      const picture = Buffer.from(bytes.subarray(envelope.pictureOffset)).toString();
      const frame = {
        seq: envelope.seq,
        picture,
        bytes: bytes.slice(envelope.pictureOffset),
        capturedWallMs: envelope.capturedWallMs,
      };
      this.frames.push(frame);
      this.onFrame(frame, ws);
    });
    if (this.welcomes) this.welcome();
  }

  welcome(): void {
    const target = { fps: 10, width: 320, height: 180 };
    this.say({ type: 'welcome', camera: 'c', shard: 1, node: 'n', epoch: 1, credit: this.credit, target });
  }
}
