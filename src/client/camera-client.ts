import type { Clock, Timer } from '../../core/clock.ts';
import { encodeFrameEnvelope } from '../../core/frame-codec.ts';
import {
  CLOSE,
  type ErrorMessage,
  type HelloMessage,
  type NodeToCameraMessage,
  type ResultMessage,
  type StreamTarget,
  type WelcomeMessage,
} from '../../core/protocol.ts';
import { type BackoffLimits, backoffMs, RECONNECT_BACKOFF } from './backoff.ts';
import { CameraLink } from './camera-link.ts';
import { type AnsweredFrame, UnansweredFrames } from './unanswered.ts';
import { redirectedUrl, streamUrl } from './urls.ts';

/**
 * A camera's side of docs/protocol.md: connects, wraps pictures as `CSF1`, sends as many as its credit allows, keeps
 * the newest of those it may not send yet, and comes back after a lost connection.
 *
 *     idle ── start ──► connecting ── welcome ──► streaming
 *                        ▲      │ lost               │ lost, redirect
 *                        │      ▼                    │
 *                        └── waiting ◄───────────────┘      stop, refused, replaced ──► closed
 */

export type ClientState = 'idle' | 'connecting' | 'streaming' | 'waiting' | 'closed';

/** Why the client ended for good. */
export type CloseCause =
  | { readonly kind: 'stopped' }
  /** The node does not want this camera: bad token, bad id. Trying again would not help. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  /** A newer connection took the camera's id. Coming back would only start a fight over it. */
  | { readonly kind: 'replaced' };

export interface CameraEvents {
  welcome?(message: WelcomeMessage): void;
  /** The credit or what the node would like to get has changed. */
  credit?(credit: number, target: StreamTarget): void;
  result?(message: ResultMessage): void;
  /** Every frame sent is answered once, or reported by `lost`. */
  answered?(frame: AnsweredFrame): void;
  error?(message: ErrorMessage): void;
  /** The connection ended with frames unanswered: their fate is unknown. */
  lost?(frames: number): void;
  /** A try to connect failed or a connection ended; the next try follows in `retryMs`. */
  disconnected?(reason: string, retryMs: number): void;
  closed?(cause: CloseCause): void;
}

export interface CameraClientOptions {
  /** Address of a node, e.g. `ws://127.0.0.1:8080`. */
  readonly url: string;
  readonly camera: string;
  readonly token?: string | undefined;
  /** Whether detections come back; without them only acks do. Default true. */
  readonly results?: boolean;
  readonly hello?: Pick<HelloMessage, 'fps' | 'width' | 'height'>;
  /** Pictures held while the credit is used up; the oldest makes room. Default 1. */
  readonly queueFramesMax?: number;
  /** Sends regardless of credit, up to {@link UNSENT_BYTES_MAX} unsent: for load tests. Default true. */
  readonly followCredit?: boolean;
  /** False takes any TLS certificate. Default true. */
  readonly verifyTls?: boolean;
  readonly reconnect?: BackoffLimits;
  readonly clock: Clock;
  /** 0..1, for jitter. */
  readonly random?: () => number;
  readonly events?: CameraEvents;
}

export type OfferOutcome =
  | 'sent'
  | 'queued'
  /** Queued, and an older one was dropped for it. */
  | 'superseded'
  | 'closed';

/** What a slow network may hold back in the socket before pictures are queued instead. */
const UNSENT_BYTES_MAX = 4 * 1024 * 1024;
const REDIRECTS_MAX = 5;
const BLAMED_RETRY_MS = 5_000;
/** Close codes that say the camera did something wrong. */
const BLAMES: ReadonlySet<number> = new Set([CLOSE.tooManyErrors, CLOSE.slowReader, CLOSE.disobedient]);
/** Of the wait a node asks for, what is added to it at random: cameras refused together come back one by one. */
const RETRY_SPREAD = 0.25;

interface Waiting {
  readonly picture: Uint8Array;
  readonly capturedWallMs: number | undefined;
}

export class CameraClient {
  readonly #options: CameraClientOptions;
  readonly #clock: Clock;
  readonly #events: CameraEvents;
  readonly #homeUrl: string;
  readonly #queueFramesMax: number;
  #url: string;
  #state: ClientState = 'idle';
  #link: CameraLink | undefined;
  readonly #queue: Waiting[] = [];
  readonly #unanswered: UnansweredFrames;
  #credit = 0;
  #target: StreamTarget | undefined;
  // Grows over the client's life, not per connection, so that what a lost connection swallowed shows as a gap.
  #seq = 0;
  #attempt = 0;
  #redirects = 0;
  #retry: Timer | undefined;
  #drained: (() => void) | undefined;

  /** @throws CamshardError `bad_url` */
  constructor(options: CameraClientOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#events = options.events ?? {};
    this.#queueFramesMax = options.queueFramesMax ?? 1;
    this.#homeUrl = streamUrl(options.url, options.camera, options.results ?? true);
    this.#url = this.#homeUrl;
    this.#unanswered = new UnansweredFrames(options.results ?? true);
  }

  get state(): ClientState {
    return this.#state;
  }

  get credit(): number {
    return this.#credit;
  }

  /** What the node last said it would like; `undefined` before the first welcome. */
  get target(): StreamTarget | undefined {
    return this.#target;
  }

  get unanswered(): number {
    return this.#unanswered.size;
  }

  /** Frames sent so far, over all connections. */
  get sent(): number {
    return this.#seq;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Whether a picture offered now would go out at once. */
  get ready(): boolean {
    return this.#state === 'streaming' && this.#queue.length === 0 && this.#maySend();
  }

  start(): void {
    if (this.#state === 'idle') this.#connect();
  }

  /** Takes a picture (JPEG); `capturedWallMs` is ms since the Unix epoch. The bytes must not change afterwards. */
  offer(picture: Uint8Array, capturedWallMs?: number): OfferOutcome {
    if (this.#state === 'closed') return 'closed';
    if (this.ready) {
      this.#send({ picture, capturedWallMs });
      return 'sent';
    }
    this.#queue.push({ picture, capturedWallMs });
    if (this.#queue.length <= this.#queueFramesMax) return 'queued';
    this.#queue.shift();
    return 'superseded';
  }

  /** Waits up to `drainMs` until all pictures are sent and answered, then closes. Those left over are dropped. */
  async stop(drainMs = 0): Promise<void> {
    if (this.#state === 'streaming' && !this.#isDrained() && drainMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(drainMs, resolve);
        this.#drained = () => {
          timer.cancel();
          resolve();
        };
      });
      this.#drained = undefined;
    }
    this.#close({ kind: 'stopped' });
  }

  #connect(): void {
    this.#state = 'connecting';
    const { token, verifyTls, clock } = this.#options;
    this.#link = new CameraLink(
      { url: this.#url, token, verifyTls: verifyTls ?? true, clock },
      {
        opened: () => this.#hello(),
        message: (message) => this.#handle(message),
        refused: (status, retryAfterMs) => this.#refused(status, retryAfterMs),
        ended: (reason, code) => this.#ended(reason, code),
      },
    );
  }

  #hello(): void {
    const { hello } = this.#options;
    if (hello === undefined) return;
    const message: HelloMessage = { type: 'hello', schemaVersion: 1, ...hello };
    this.#link?.send(JSON.stringify(message));
  }

  #handle(message: NodeToCameraMessage): void {
    switch (message.type) {
      case 'welcome':
        this.#welcome(message);
        return;
      case 'credit':
        this.#setCredit(message.credit, message.target);
        return;
      case 'ack':
        this.#answered(this.#unanswered.acknowledge(message, this.#clock.nowMs()));
        return;
      case 'result':
        this.#events.result?.(message);
        this.#answered(this.#unanswered.result(message.seq, this.#clock.nowMs()));
        return;
      case 'error':
        this.#events.error?.(message);
        if (message.seq === undefined) return;
        this.#answered(this.#unanswered.rejected(message.seq, message.code, this.#clock.nowMs()));
        return;
      case 'redirect':
        this.#redirect(message.url);
        return;
    }
  }

  #welcome(message: WelcomeMessage): void {
    this.#state = 'streaming';
    this.#attempt = 0;
    this.#redirects = 0;
    this.#link?.welcomed();
    this.#events.welcome?.(message);
    this.#setCredit(message.credit, message.target);
  }

  #setCredit(credit: number, target: StreamTarget): void {
    this.#credit = credit;
    this.#target = target;
    this.#events.credit?.(credit, target);
    this.#pump();
  }

  #answered(frames: readonly AnsweredFrame[]): void {
    for (const frame of frames) this.#events.answered?.(frame);
    this.#pump();
  }

  #maySend(): boolean {
    if ((this.#link?.unsentBytes ?? 0) > UNSENT_BYTES_MAX) return false;
    return this.#options.followCredit === false || this.#unanswered.size < this.#credit;
  }

  #pump(): void {
    while (this.#state === 'streaming' && this.#maySend()) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.#send(next);
    }
    if (this.#isDrained()) this.#drained?.();
  }

  #isDrained(): boolean {
    return this.#unanswered.size === 0 && this.#queue.length === 0;
  }

  #send(frame: Waiting): void {
    this.#seq = (this.#seq + 1) >>> 0;
    this.#unanswered.sent(this.#seq, this.#clock.nowMs());
    this.#link?.send(encodeFrameEnvelope(frame.picture, { seq: this.#seq, capturedWallMs: frame.capturedWallMs }));
  }

  #redirect(to: string): void {
    const { camera, results } = this.#options;
    const url = redirectedUrl(this.#url, to, camera, results ?? true);
    if (url === undefined || ++this.#redirects > REDIRECTS_MAX) {
      this.#comeBack(url === undefined ? `cannot follow a redirect to ${to}` : 'redirected in circles');
      return;
    }
    this.#url = url;
    if (this.#drop()) this.#connect();
  }

  #refused(status: number, retryAfterMs: number): void {
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      const hint = status === 401 || status === 403 ? ': the token is missing or wrong' : '';
      this.#close({ kind: 'refused', status, message: `the node answered ${status}${hint}` });
      return;
    }
    const wait = retryAfterMs > 0 ? ` and asks to wait ${Math.round(retryAfterMs / 1_000)} s` : '';
    this.#comeBack(`the node answered ${status}${wait}`, retryAfterMs);
  }

  #ended(reason: string, code: number | undefined): void {
    if (code === CLOSE.replaced) {
      this.#close({ kind: 'replaced' });
      return;
    }
    // What the camera did wrong it will do again: it should not do so at once.
    this.#comeBack(reason, code !== undefined && BLAMES.has(code) ? BLAMED_RETRY_MS : 0);
  }

  /** This connection is over; tries again, at the home node, after a while. */
  #comeBack(reason: string, retryMsMin = 0): void {
    if (!this.#drop()) return;
    this.#url = this.#homeUrl;
    this.#state = 'waiting';
    const { reconnect, random } = this.#options;
    const draw = random ?? Math.random;
    const delayMs = backoffMs(this.#attempt++, reconnect ?? RECONNECT_BACKOFF, draw);
    const retryMs = Math.max(delayMs, retryMsMin * (1 + RETRY_SPREAD * draw()));
    this.#retry = this.#clock.after(retryMs, () => this.#connect());
    this.#events.disconnected?.(reason, retryMs);
  }

  /** Lets go of the connection and settles its frames. False where an event's listener has stopped the client. */
  #drop(): boolean {
    this.#link?.release();
    this.#link = undefined;
    this.#credit = 0;
    const { answered, lost } = this.#unanswered.end(this.#clock.nowMs());
    for (const frame of answered) this.#events.answered?.(frame);
    if (lost > 0) this.#events.lost?.(lost);
    this.#drained?.();
    return this.#state !== 'closed';
  }

  #close(cause: CloseCause): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#queue.length = 0;
    this.#retry?.cancel();
    this.#drop();
    this.#events.closed?.(cause);
  }
}
