import type { Duplex } from 'node:stream';
import WebSocket from 'ws';
import type { NodeToCameraMessage } from '../../core/protocol.ts';
import type { Unanswered } from './unanswered.ts';

export interface CameraStreamOptions {
  /** Of the stream, `ws://host:port/v1/cameras/...`. */
  readonly url: string;
  readonly token: string | undefined;
  readonly welcomeMsMax: number;
  readonly unanswered: Unanswered;
}

export interface CameraStreamEvents {
  /** The first message is the welcome, unless it is a redirect. */
  message(stream: CameraStream, message: NodeToCameraMessage): void;
  /** It is over, or never was. Told once. */
  closed(stream: CameraStream, code: number, error: Error | undefined): void;
}

/** One connection of a swarm's camera, and its frames that wait for an answer. */
export class CameraStream {
  readonly url: string;
  readonly unanswered: Unanswered;
  /** The TCP stream below, to write whole frames to without a copy. */
  duplex: Duplex | undefined;
  welcomed = false;
  readonly #socket: WebSocket;
  readonly #timer: NodeJS.Timeout;
  #over = false;

  constructor({ url, token, welcomeMsMax, unanswered }: CameraStreamOptions, events: CameraStreamEvents) {
    this.url = url;
    this.unanswered = unanswered;
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      skipUTF8Validation: true,
      handshakeTimeout: welcomeMsMax,
      maxPayload: 1024 * 1024,
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    });
    this.#socket = socket;
    let fault: Error | undefined;
    const end = (code: number): void => {
      if (this.#over) return;
      this.#over = true;
      clearTimeout(this.#timer);
      this.duplex = undefined;
      events.closed(this, code, fault);
    };
    this.#timer = setTimeout(() => {
      fault = new Error(`no welcome in ${welcomeMsMax} ms`);
      socket.terminate();
      end(1006);
    }, welcomeMsMax);
    socket.once('upgrade', (response) => {
      response.socket.setNoDelay(true);
      this.duplex = response.socket;
    });
    socket.on('message', (data: Buffer) => {
      if (this.#over) return;
      const message = JSON.parse(data.toString()) as NodeToCameraMessage;
      if (message.type === 'welcome') {
        clearTimeout(this.#timer);
        this.welcomed = true;
      }
      events.message(this, message);
    });
    // 'close' follows.
    socket.on('error', (error) => {
      fault = error;
    });
    socket.once('close', end);
  }

  say(message: unknown): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Hangs up and tells nothing more. A server that does not answer the close must not keep the generator alive. */
  hangUp(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.duplex = undefined;
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#socket.terminate();
    else this.#socket.close(1000);
    setTimeout(() => this.#socket.terminate(), 1_000).unref();
  }
}
