import WebSocket from 'ws';
import type { Clock, Timer } from '../../core/clock.ts';
import { CAMERA_SUBPROTOCOL, CLOSE, type NodeToCameraMessage } from '../../core/protocol.ts';
import { parseNodeMessage } from './node-message.ts';

export interface CameraLinkOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly verifyTls: boolean;
  /** Longest wait for the welcome, ms. */
  readonly welcomeMsMax?: number;
  readonly clock: Clock;
}

/** What a link tells its owner; after one of the last two, or {@link CameraLink.release}, it tells nothing more. */
export interface CameraLinkEvents {
  opened(): void;
  message(message: NodeToCameraMessage): void;
  /** The node answered the handshake with something else than 101. */
  refused(status: number, retryAfterMs: number): void;
  /** The connection failed or ended; `code` where the other side closed it. */
  ended(reason: string, code: number | undefined): void;
}

const WELCOME_MS_MAX = 10_000;
/** A node heard nothing from for this long is asked; silent for as long again, it is given up. */
const SILENCE_MS_MAX = 15_000;
const RETRY_AFTER_MS_MAX = 60_000;
const TEXT_BYTES_MAX = 1024 * 1024;

/** One WebSocket of a camera, from the handshake to its end, with the timers that notice a dead other side. */
export class CameraLink {
  readonly #clock: Clock;
  readonly #events: CameraLinkEvents;
  readonly #socket: WebSocket;
  #timer: Timer;
  #heardAtMs: number;
  #released = false;

  constructor(
    { url, token, verifyTls, welcomeMsMax = WELCOME_MS_MAX, clock }: CameraLinkOptions,
    events: CameraLinkEvents,
  ) {
    this.#clock = clock;
    this.#events = events;
    this.#heardAtMs = clock.nowMs();
    this.#timer = clock.after(welcomeMsMax, () => this.#end(`no welcome within ${welcomeMsMax} ms`));
    const socket = new WebSocket(url, CAMERA_SUBPROTOCOL, {
      perMessageDeflate: false,
      maxPayload: TEXT_BYTES_MAX,
      rejectUnauthorized: verifyTls,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      // Masking with zeros is legal (RFC 6455, 5.3 asks for it to keep browsers' scripts from forging requests, which
      // a camera cannot) and lets ws send the picture's own memory instead of a masked copy.
      generateMask: (mask) => mask.fill(0),
    });
    this.#socket = socket;
    const heard = (): void => {
      this.#heardAtMs = clock.nowMs();
    };
    socket.on('open', () => {
      if (!this.#released) events.opened();
    });
    socket.on('message', (data, isBinary) => {
      heard();
      const message = isBinary || this.#released ? undefined : parseNodeMessage(String(data));
      if (message !== undefined) events.message(message);
    });
    socket.on('ping', heard);
    socket.on('pong', heard);
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      if (this.#released) return;
      const retryAfterS = Number(response.headers['retry-after']);
      this.release();
      events.refused(
        response.statusCode ?? 0,
        Number.isFinite(retryAfterS) ? Math.min(RETRY_AFTER_MS_MAX, retryAfterS * 1_000) : 0,
      );
    });
    socket.on('error', (error) => this.#end(describeFault(error)));
    socket.on('close', (code, reason) => {
      const text = String(reason);
      this.#end(`connection closed (${text === '' ? code : `${code}: ${text}`})`, code);
    });
  }

  /** Bytes handed over and not yet on the network. */
  get unsentBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Nothing happens where the connection is closing: its end is told soon. */
  send(data: string | Uint8Array): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data);
  }

  /** The node has said welcome: from now on only silence ends the link. */
  welcomed(): void {
    this.#timer.cancel();
    this.#timer = this.#clock.every(SILENCE_MS_MAX, () => this.#checkSilence());
  }

  /** Lets go of the connection: whatever it still says is ignored. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#timer.cancel();
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#socket.terminate();
    else this.#socket.close(CLOSE.normal);
  }

  #checkSilence(): void {
    const silentMs = this.#clock.nowMs() - this.#heardAtMs;
    if (silentMs >= 2 * SILENCE_MS_MAX) this.#end(`the node has been silent for ${Math.round(silentMs)} ms`);
    else if (silentMs >= SILENCE_MS_MAX / 2 && this.#socket.readyState === WebSocket.OPEN) this.#socket.ping();
  }

  #end(reason: string, code?: number): void {
    if (this.#released) return;
    this.release();
    this.#events.ended(reason, code);
  }
}

/** Node gives an empty message where several addresses refused; its code then says more. */
function describeFault(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error.message === '' ? code : error.message;
}
