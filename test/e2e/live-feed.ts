import { WebSocket } from 'ws';
import { decodeWatchedFrame } from '../../core/frame-codec.ts';
import type { WatchedFrameHead } from '../../core/protocol.ts';

export interface FedFrame {
  readonly head: WatchedFrameHead;
  readonly picture: Uint8Array;
}

const FRAMES_KEPT = 400;

/** What the node tells any watcher of one camera, beside the page: the last frames by sequence number. */
export class LiveFeed {
  readonly frames = new Map<number, FedFrame>();
  readonly #socket: WebSocket;

  constructor(nodeUrl: string, camera: string) {
    this.#socket = new WebSocket(`${nodeUrl.replace('http', 'ws')}/v1/live?topics=camera:${camera}`);
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => {
      const decoded = isBinary ? decodeWatchedFrame(data) : undefined;
      if (decoded === undefined) return;
      const head = decoded.header as WatchedFrameHead;
      this.frames.set(head.seq, { head, picture: Uint8Array.from(decoded.picture) });
      for (const seq of this.frames.keys()) {
        if (this.frames.size <= FRAMES_KEPT) break;
        this.frames.delete(seq);
      }
    });
  }

  close(): void {
    this.#socket.close();
  }
}
