import type { Clock, Timer } from '../../../core/clock.ts';
import { encodeFrameEnvelope } from '../../../core/frame-codec.ts';
import type { NodeToCameraMessage, ResultMessage, StreamTarget } from '../../../core/protocol.ts';
import type { NodeApi } from '../api/node-api.ts';
import { reconnectDelayMs } from '../live/reconnect-delay.ts';
import { Store } from '../state/store.ts';
import { CameraSocket } from './camera-socket.ts';
import { Capture } from './capture.ts';
import type { PictureSource } from './picture-source.ts';
import { SendWindow } from './send-window.ts';
import { addShed, FIRST_STATE, type SessionResult, type SessionState } from './session-state.ts';

/** More than this unsent means the way to the node is slower than its credit: skip pictures rather than age them. */
const UNSENT_BYTES_MAX = 512 * 1024;
/** A node that owes an answer this long is gone, whatever the socket says. */
const ANSWER_MS_MAX = 10_000;
const HANDSHAKE_MS_MAX = 8_000;
const NOT_READY_MS = 100;
const FPS_MIN = 0.1;
const REDIRECTS_MAX = 5;
/** Welcome for so long, the next redirect is the first of its row. */
const CALM_MS = 5_000;

/**
 * This browser as one camera of the node: takes pictures at the node's target rate and size, stays within its credit,
 * and hands out each result with the picture it is about. Comes back by itself after a loss, and goes to the node that
 * serves it where it is let in there; `stop` ends it and its source.
 */
export class CameraSession {
  readonly camera: string;
  readonly source: PictureSource;
  readonly state = new Store<SessionState>(FIRST_STATE);
  readonly result = new Store<SessionResult | undefined>(undefined);
  readonly #api: NodeApi;
  readonly #clock: Clock;
  readonly #capture: Capture;
  readonly #window = new SendWindow<Blob>();
  #socket: CameraSocket | undefined;
  /** The next picture while connected, the next try while not. */
  #timer: Timer | undefined;
  #watchdog: Timer | undefined;
  #dueAtMs = 0;
  #capturing = false;
  #attempt = 0;
  #calmSinceMs = Number.POSITIVE_INFINITY;
  #redirects = 0;
  /** False once a redirect led nowhere: a browser may not reach, or not be let in by, every node. */
  #follows = true;
  /** Where it was sent, until that node has welcomed it. */
  #sentTo: string | undefined;

  constructor(api: NodeApi, clock: Clock, camera: string, source: PictureSource) {
    this.#api = api;
    this.#clock = clock;
    this.camera = camera;
    this.source = source;
    this.#capture = new Capture(source);
    source.onEnded(() => this.#end('The source gives no more pictures.'));
    this.#connect(api.streamUrl(camera, this.#follows));
  }

  stop(): void {
    this.#end(undefined);
  }

  #connect(url: string): void {
    this.#window.reset();
    this.#change({ phase: { kind: 'connecting' }, credit: 0 });
    const socket = new CameraSocket(url, {
      onOpen: () => {
        const size = this.source.size();
        socket.sendText({ type: 'hello', schemaVersion: 1, fps: Math.round(this.source.fpsMax), ...sizeFields(size) });
      },
      onMessage: (message) => this.#receive(message),
      onClose: (final) => (final === undefined ? this.#retryLater('the node closed the connection') : this.#end(final)),
    });
    this.#socket = socket;
    const connectedAtMs = this.#clock.nowMs();
    this.#watchdog = this.#clock.every(1_000, () => {
      const waitingSinceMs = this.#window.oldestSentAtMs;
      const nowMs = this.#clock.nowMs();
      if (this.state.get().phase.kind === 'connecting' && nowMs - connectedAtMs > HANDSHAKE_MS_MAX) {
        this.#retryLater('the node did not accept in time');
      } else if (waitingSinceMs !== undefined && nowMs - waitingSinceMs > ANSWER_MS_MAX) {
        this.#retryLater('the node stopped answering');
      }
    });
  }

  #receive(message: NodeToCameraMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#attempt = 0;
        this.#sentTo = undefined;
        this.#calmSinceMs = this.#clock.nowMs();
        this.#dueAtMs = this.#clock.nowMs();
        this.#takeCredit(message.credit, message.target);
        return;
      case 'credit':
        this.#takeCredit(message.credit, message.target);
        return;
      case 'ack':
        this.#window.answerUpTo(message.upTo);
        this.#change({ shed: addShed(this.state.get().shed, message.shed) });
        this.#schedule();
        return;
      case 'result':
        this.#takeResult(message);
        this.#schedule();
        return;
      case 'error':
        if (message.seq !== undefined) this.#window.answer(message.seq);
        this.#change({ errors: this.state.get().errors + 1, lastError: `${message.message} (${message.code})` });
        this.#schedule();
        return;
      case 'redirect':
        // Of one that does not follow the node relays.
        if (this.#follows) this.#follow(message.url);
        return;
    }
  }

  #takeCredit(credit: number, target: StreamTarget): void {
    this.#window.setCredit(credit);
    this.#change({ phase: { kind: 'sending' }, credit, target });
    // Asked for more, it need not sit out the long pause it was asked for before.
    this.#dueAtMs = Math.min(this.#dueAtMs, this.#clock.nowMs() + this.#intervalMs(target));
    this.#schedule();
  }

  #takeResult(result: ResultMessage): void {
    const frame = this.#window.answer(result.seq);
    if (frame === undefined) return;
    this.#change({ results: this.state.get().results + 1, roundTripMs: this.#clock.nowMs() - frame.sentAtMs });
    this.result.set({ result, picture: frame.picture });
  }

  /** To the node that has this camera's shard now, which answers sooner than one that relays. */
  #follow(target: string): void {
    const url = this.#api.redirectedStreamUrl(this.camera, target);
    if (this.#clock.nowMs() - this.#calmSinceMs > CALM_MS) this.#redirects = 0;
    this.#disconnect();
    if (url === undefined || ++this.#redirects > REDIRECTS_MAX) return this.#stayHere();
    this.#sentTo = url;
    this.#connect(url);
  }

  /** The node this page came from relays, from now on. */
  #stayHere(): void {
    this.#sentTo = undefined;
    this.#follows = false;
    this.#connect(this.#api.streamUrl(this.camera, this.#follows));
  }

  /** Arms the timer of the next picture, where one may be sent; otherwise the next answer comes back here. */
  #schedule(): void {
    if (this.#capturing || !this.#window.canSend || this.#socket?.isOpen !== true) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(Math.max(0, this.#dueAtMs - this.#clock.nowMs()), () => void this.#sendPicture());
  }

  async #sendPicture(): Promise<void> {
    const socket = this.#socket;
    const { target } = this.state.get();
    if (socket === undefined || target === undefined) return;
    const nowMs = this.#clock.nowMs();
    const capturedWallMs = this.#clock.wallMs();
    // Keep the beat where we are in it, and do not catch up on beats that were missed.
    this.#dueAtMs = Math.max(this.#dueAtMs + this.#intervalMs(target), nowMs);
    this.#capturing = true;
    const picture = socket.bufferedBytes > UNSENT_BYTES_MAX ? undefined : await this.#capture.take(target);
    const bytes = picture === undefined ? undefined : new Uint8Array(await picture.arrayBuffer());
    this.#capturing = false;
    // The connection may have changed meanwhile; its picture then belongs to nobody.
    if (socket === this.#socket && socket.isOpen) {
      if (picture === undefined || bytes === undefined) {
        this.#dueAtMs = Math.max(this.#dueAtMs, nowMs + NOT_READY_MS);
      } else {
        const seq = this.#window.send(picture, this.#clock.nowMs());
        socket.sendFrame(encodeFrameEnvelope(bytes, { seq, capturedWallMs }) as Uint8Array<ArrayBuffer>);
        this.#change({ sent: this.state.get().sent + 1 });
      }
    }
    this.#schedule();
  }

  #intervalMs({ fps }: StreamTarget): number {
    return 1_000 / Math.max(FPS_MIN, Math.min(fps, this.source.fpsMax));
  }

  #retryLater(reason: string): void {
    this.#disconnect();
    if (this.#sentTo !== undefined) return this.#stayHere();
    this.#attempt++;
    const delayMs = reconnectDelayMs(this.#attempt, Math.random());
    this.#timer = this.#clock.after(delayMs, () => this.#connect(this.#api.streamUrl(this.camera, this.#follows)));
    const retryAtMs = this.#clock.wallMs() + delayMs;
    this.#change({ phase: { kind: 'waiting', attempt: this.#attempt, retryAtMs, reason } });
  }

  #end(reason: string | undefined): void {
    if (this.state.get().phase.kind === 'ended') return;
    this.#disconnect();
    this.source.stop();
    this.#change({ phase: { kind: 'ended', reason } });
  }

  #disconnect(): void {
    this.#timer?.cancel();
    this.#watchdog?.cancel();
    this.#socket?.close();
    this.#socket = undefined;
  }

  #change(change: Partial<SessionState>): void {
    this.state.update((state) => ({ ...state, ...change }));
  }
}

const sizeFields = (size: { readonly width: number; readonly height: number } | undefined) =>
  size === undefined ? {} : { width: size.width, height: size.height };
