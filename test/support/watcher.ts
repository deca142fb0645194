import type WebSocket from 'ws';
import { decodeWatchedFrame } from '../../core/frame-codec.ts';
import type { WatchedFrameHead } from '../../core/protocol.ts';
import { openSocket } from './camera.ts';
import { until } from './until.ts';

interface Said {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A dashboard's side of `/v1/live`, writing down all it hears. */
export class TestWatcher {
  readonly socket: WebSocket;
  readonly said: Said[] = [];
  readonly frames: { readonly head: WatchedFrameHead; readonly picture: Buffer }[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on('message', (data, isBinary) => {
      if (!isBinary) {
        this.said.push(JSON.parse(data.toString()) as Said);
        return;
      }
      const decoded = decodeWatchedFrame(data as Buffer);
      if (decoded === undefined) throw new Error('a binary message that is no CSV1');
      this.frames.push({ head: decoded.header as WatchedFrameHead, picture: Buffer.from(decoded.picture) });
    });
  }

  static async open(node: { readonly wsUrl: string }, topics = '', query = ''): Promise<TestWatcher> {
    return new TestWatcher(await openSocket(`${node.wsUrl}/v1/live?topics=${topics}${query}`));
  }

  watch(topics: readonly unknown[]): void {
    this.socket.send(JSON.stringify({ type: 'watch', topics }));
  }

  nextSaid(type: string): Promise<Said> {
    const from = this.said.length;
    return until(`a ${type}`, () => this.said.slice(from).find((message) => message.type === type));
  }

  /** The first frame of `camera` numbered `seq`. */
  frame(camera: string, seq: number): Promise<{ readonly head: WatchedFrameHead; readonly picture: Buffer }> {
    return until(`frame ${seq} of ${camera}`, () =>
      this.frames.find(({ head }) => head.camera === camera && head.seq === seq),
    );
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
