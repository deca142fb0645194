import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { systemClock } from '../../core/clock.ts';
import { messageHead } from './wire.ts';

/** What all storms of a run did. Their frames are in the node's totals and in no figure of the other cameras. */
export interface StormTally {
  storms: number;
  /** Connections tried, those that were refused (503 of the last rung, or no room), and those that failed otherwise. */
  tried: number;
  refused: number;
  failed: number;
  sent: number;
  /** Of those sent: on connections that did not end in order, so that the frame may or may not have arrived. */
  uncertain: number;
}

export interface StormOptions {
  /** `ws://host:port` */
  readonly url: string;
  readonly token: string | undefined;
  /** Cameras that connect at once. */
  readonly cameras: number;
  /** Masked, see wire.ts. */
  readonly pictures: readonly Buffer[];
}

const GIVE_UP_MS = 20_000;

/**
 * Cameras that all connect at once, send one frame each, and drop at once without waiting for its answer: what a switch
 * that reboots does to a node. Every storm is made of the same cameras.
 */
export class Storm {
  readonly tally: StormTally = { storms: 0, tried: 0, refused: 0, failed: 0, sent: 0, uncertain: 0 };
  readonly #options: StormOptions;

  constructor(options: StormOptions) {
    this.#options = options;
  }

  /** One storm; over when every connection is. */
  async blow(): Promise<void> {
    this.tally.storms++;
    await Promise.all(Array.from({ length: this.#options.cameras }, (_, i) => this.#camera(i)));
  }

  /** A storm each `everyMs`, the first after that long, until aborted or `untilMs` (monotonic) is reached. */
  async keepBlowing(everyMs: number, untilMs: number, signal: AbortSignal): Promise<void> {
    for (let nextMs = systemClock.nowMs() + everyMs; nextMs < untilMs; nextMs += everyMs) {
      const waited = await sleep(Math.max(0, nextMs - systemClock.nowMs()), true, { signal }).catch(() => false);
      if (!waited) return;
      await this.blow();
    }
  }

  #camera(i: number): Promise<void> {
    const { url, token, pictures } = this.#options;
    const picture = pictures[i % pictures.length];
    if (picture === undefined) throw new Error('a storm without pictures');
    this.tally.tried++;
    return new Promise((resolve) => {
      let sent = false;
      let over = false;
      const socket = new WebSocket(`${url}/v1/cameras/storm-${i}/stream`, {
        perMessageDeflate: false,
        handshakeTimeout: GIVE_UP_MS,
        ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      });
      const timer = setTimeout(() => socket.terminate(), GIVE_UP_MS);
      const end = (as: 'in_order' | 'refused' | 'failed'): void => {
        if (over) return;
        over = true;
        clearTimeout(timer);
        if (as === 'refused') this.tally.refused++;
        else if (!sent) this.tally.failed++;
        else if (as === 'failed') this.tally.uncertain++;
        resolve();
      };
      socket.once('unexpected-response', (request, response) => {
        response.resume();
        end(response.statusCode === 503 ? 'refused' : 'failed');
        request.destroy();
      });
      socket.once('upgrade', ({ socket: stream }) => {
        // Written below ws, masked beforehand, as the other cameras do it; ws closes the connection after it.
        socket.once('open', () => {
          stream.write(messageHead(picture.byteLength, { seq: 1, capturedWallMs: systemClock.wallMs() }));
          stream.write(picture);
          sent = true;
          this.tally.sent++;
          socket.close(1000);
        });
      });
      // 'close' follows; without a listener an error would end the process.
      socket.on('error', () => {});
      // The close is answered only after all before it was read: then the frame did arrive.
      socket.once('close', (code) => end(code === 1000 ? 'in_order' : 'failed'));
    });
  }
}
