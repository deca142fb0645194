import type { Clock, Timer } from '../../../core/clock.ts';
import { refusalText } from '../api/answer.ts';
import type { CameraPage } from '../api/answers.gen.ts';
import { type LiveText, parseLiveText, parseWatchedFrame, type WatchedFrame } from '../api/live-messages.ts';
import type { NodeApi } from '../api/node-api.ts';
import { Store } from '../state/store.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';

/** The feed says something each second; silent for longer than this it is dead, whatever TCP believes. */
const SILENCE_MS_MAX = 6_000;
const HANDSHAKE_MS_MAX = 8_000;

export type LiveStatus =
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'open' }
  /** Lost; tries again at `retryAtMs` (wall clock). */
  | { readonly kind: 'waiting'; readonly attempt: number; readonly retryAtMs: number; readonly reason: string }
  /** The node wants a token, or another one than given; `checking` while it is asked about a new one. */
  | { readonly kind: 'unauthorized'; readonly tokenRefused: boolean; readonly checking: boolean }
  | { readonly kind: 'stopped' };

export interface LiveListener {
  /** The first of the cameras, with each connection. */
  onCameras(page: CameraPage): void;
  onText(message: LiveText): void;
  onFrame(frame: WatchedFrame): void;
}

/**
 * The page's one connection to `/v1/live`. It comes back by itself after any loss, with growing pauses, and says in
 * `status` what it is doing; only a missing token makes it wait for the visitor.
 *
 *     connecting ──► open ──► waiting ──► connecting ...
 *         └──► unauthorized ──(token)──► connecting
 */
export class LiveConnection {
  readonly status = new Store<LiveStatus>({ kind: 'stopped' });
  readonly #api: NodeApi;
  readonly #clock: Clock;
  readonly #listener: LiveListener;
  #socket: WebSocket | undefined;
  #timer: Timer | undefined;
  #attempt = 0;
  /** Grows with each connect and stop, so that an answer to an older try is recognised. */
  #round = 0;
  #topics: readonly string[] = [];
  #lastMessageAtMs = 0;

  constructor(api: NodeApi, clock: Clock, listener: LiveListener) {
    this.#api = api;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Connects now, whatever pause was left; also the answer to a new token. */
  connect(): void {
    const before = this.status.get();
    this.#abandon();
    void this.#connect(
      this.#round,
      before.kind === 'unauthorized' ? { ...before, checking: true } : { kind: 'connecting', attempt: this.#attempt },
    );
  }

  stop(): void {
    this.#abandon();
    this.status.set({ kind: 'stopped' });
  }

  #abandon(): void {
    this.#round++;
    this.#timer?.cancel();
    this.#timer = undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  /** Replaces the cameras followed; remembered over reconnects. */
  watch(cameras: readonly string[]): void {
    this.#topics = ['cluster', 'alerts', ...cameras.map((camera) => `camera:${camera}`)];
    this.#sendTopics();
  }

  async #connect(round: number, status: LiveStatus): Promise<void> {
    this.status.set(status);
    // A browser hides the HTTP status of a refused WebSocket, so ask over HTTP whether we are welcome.
    const answer = await this.#api.cameras();
    if (round !== this.#round) return;
    if (answer.kind === 'refused' && answer.status === 401) {
      this.status.set({ kind: 'unauthorized', tokenRefused: this.#api.token.get() !== null, checking: false });
    } else if (answer.kind !== 'ok') {
      this.#retryLater(refusalText(answer));
    } else {
      this.#listener.onCameras(answer.value);
      this.#open();
    }
  }

  #open(): void {
    const socket = new WebSocket(this.#api.liveUrl());
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    this.#timer = this.#clock.after(HANDSHAKE_MS_MAX, () => this.#lost(socket, 'the node did not accept in time'));
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.#attempt = 0;
      this.#lastMessageAtMs = this.#clock.nowMs();
      this.#timer?.cancel();
      this.#timer = this.#clock.every(1_000, () => this.#checkSilence(socket));
      this.#sendTopics();
      this.status.set({ kind: 'open' });
    };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (socket !== this.#socket) return;
      this.#lastMessageAtMs = this.#clock.nowMs();
      this.#receive(event.data);
    };
    socket.onclose = () => this.#lost(socket, 'the connection to the node was lost');
  }

  #receive(data: string | ArrayBuffer): void {
    if (typeof data === 'string') {
      const message = parseLiveText(data);
      if (message !== undefined) this.#listener.onText(message);
    } else {
      const frame = parseWatchedFrame(data);
      if (frame !== undefined) this.#listener.onFrame(frame);
    }
  }

  #sendTopics(): void {
    if (this.#socket?.readyState !== WebSocket.OPEN || this.#topics.length === 0) return;
    this.#socket.send(JSON.stringify({ type: 'watch', topics: this.#topics }));
  }

  #checkSilence(socket: WebSocket): void {
    if (this.#clock.nowMs() - this.#lastMessageAtMs > SILENCE_MS_MAX) this.#lost(socket, 'the node went silent');
  }

  #lost(socket: WebSocket, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    socket.close();
    this.#retryLater(reason);
  }

  #retryLater(reason: string): void {
    this.#timer?.cancel();
    this.#attempt++;
    const delayMs = reconnectDelayMs(this.#attempt, Math.random());
    const round = this.#round;
    const connecting = { kind: 'connecting', attempt: this.#attempt } as const;
    this.#timer = this.#clock.after(delayMs, () => void this.#connect(round, connecting));
    this.status.set({ kind: 'waiting', attempt: this.#attempt, retryAtMs: this.#clock.wallMs() + delayMs, reason });
  }
}
