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
import { CameraConnection, LeavingConnections } from './camera-connection.ts';
import { Homes } from './homes.ts';
import type { AnsweredFrame } from './unanswered.ts';
import { redirectedUrl, type StreamWishes, streamUrl } from './urls.ts';

/**
 * A camera's side of docs/protocol.md: connects, wraps pictures as `CSF1`, sends as many as its credit allows, keeps
 * the newest of those it may not send yet, and comes back after a lost connection.
 *
 *     idle ── start ──► connecting ── welcome ──► streaming ◄── welcome of the next ──┐
 *                        ▲      │ lost               │ lost  └── redirect ──► streaming, and connecting to the next
 *                        │      ▼                    │
 *                        └── waiting ◄───────────────┘      stop, refused, replaced ──► closed
 *
 * A `redirect` is followed without a gap: the next connection is opened while the old one still sends (its node relays),
 * takes over at its own welcome, and the old one stays open a moment for the answers it owes. Where the next one cannot
 * be had, the old one goes on.
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
  /** A redirect was followed: frames go to the node at `url` from now on. */
  moved?(url: string): void;
  /** A try to connect failed or a connection ended; the next try follows in `retryMs`. */
  disconnected?(reason: string, retryMs: number): void;
  closed?(cause: CloseCause): void;
}

export interface CameraClientOptions {
  /** Address of a node, e.g. `ws://127.0.0.1:8080`; or of several, comma between, tried in turn. */
  readonly url: string;
  readonly camera: string;
  readonly token?: string | undefined;
  /** Whether detections come back; without them only acks do. Default true. */
  readonly results?: boolean;
  /** Whether it asks to be redirected to the node that has its shard. Default true. */
  readonly follow?: boolean;
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
/** Redirects in a row, and tries of one that leads nowhere. */
const REDIRECTS_MAX = 5;
/** Without a redirect for so long, the next one is the first of its row. */
const REDIRECTS_CALM_MS = 10_000;
/**
 * Where there is another node to turn to, one that says nothing is not waited for as long; but longer than a dead
 * owner's lease lives (`cluster.leaseTtlMs`): until then nobody can say welcome.
 */
const WELCOME_MS_MAX = 5_000;
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
  readonly #wishes: StreamWishes;
  readonly #homes: Homes;
  readonly #queueFramesMax: number;
  #state: ClientState = 'idle';
  /** Where frames go. */
  #current: CameraConnection | undefined;
  /** Opened for a redirect: takes the place of the current one at its welcome. */
  #next: CameraConnection | undefined;
  /** How often it failed to open. */
  #nextFailures = 0;
  readonly #leaving: LeavingConnections;
  readonly #queue: Waiting[] = [];
  #credit = 0;
  #target: StreamTarget | undefined;
  // Grows over the client's life, not per connection, so that what a lost connection swallowed shows as a gap.
  #seq = 0;
  #attempt = 0;
  #redirects = 0;
  #redirectedAtMs = Number.NEGATIVE_INFINITY;
  /** A redirect that led nowhere, to be tried again while the old connection goes on. */
  #redirectRetry: Timer | undefined;
  #retry: Timer | undefined;
  #drained: (() => void) | undefined;

  /** @throws CamshardError `bad_url` */
  constructor(options: CameraClientOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#events = options.events ?? {};
    this.#queueFramesMax = options.queueFramesMax ?? 1;
    this.#wishes = { results: options.results ?? true, follow: options.follow ?? true };
    this.#homes = new Homes(options.url, (url) => streamUrl(url, options.camera, this.#wishes));
    this.#leaving = new LeavingConnections(options.clock, {
      answered: (frames) => this.#answered(frames),
      lost: (frames) => {
        this.#events.lost?.(frames);
        this.#pump();
      },
    });
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
    return (this.#current?.unanswered.size ?? 0) + this.#leaving.unanswered;
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
    if (this.#state === 'idle') this.#connect(this.#homes.current);
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

  #connect(url: string): void {
    this.#state = 'connecting';
    this.#current = this.#open(url, this.#homes.count > 1 ? WELCOME_MS_MAX : undefined);
  }

  #open(url: string, welcomeMsMax: number | undefined): CameraConnection {
    const { token, verifyTls, clock } = this.#options;
    const limit = welcomeMsMax === undefined ? {} : { welcomeMsMax };
    const options = { url, token, verifyTls: verifyTls ?? true, clock, ...limit };
    return new CameraConnection(options, this.#wishes.results, (connection) => ({
      opened: () => this.#hello(connection),
      message: (message) => this.#handle(connection, message),
      refused: (status, retryAfterMs) => this.#refused(connection, status, retryAfterMs),
      ended: (reason, code) => this.#ended(connection, reason, code),
    }));
  }

  #hello({ link }: CameraConnection): void {
    const { hello } = this.#options;
    if (hello === undefined) return;
    const message: HelloMessage = { type: 'hello', schemaVersion: 1, ...hello };
    link.send(JSON.stringify(message));
  }

  #handle(connection: CameraConnection, message: NodeToCameraMessage): void {
    if (message.type === 'result') this.#events.result?.(message);
    if (message.type === 'error') this.#events.error?.(message);
    if (this.#leaving.has(connection)) {
      this.#leaving.take(connection, message);
      return;
    }
    switch (message.type) {
      case 'welcome':
        this.#welcome(connection, message);
        return;
      case 'credit':
        if (connection === this.#current) this.#setCredit(message.credit, message.target);
        return;
      case 'redirect':
        this.#redirect(connection, message.url);
        return;
      default:
        this.#answered(connection.settle(message, this.#clock.nowMs()));
    }
  }

  #welcome(connection: CameraConnection, message: WelcomeMessage): void {
    connection.link.welcomed();
    this.#state = 'streaming';
    this.#attempt = 0;
    const old = this.#current;
    if (connection === this.#next) {
      this.#current = connection;
      this.#next = undefined;
      this.#events.moved?.(connection.url);
    }
    this.#events.welcome?.(message);
    this.#setCredit(message.credit, message.target);
    if (old !== undefined && old !== connection) this.#leaving.add(old);
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
    const connection = this.#current;
    if (connection === undefined || connection.link.unsentBytes > UNSENT_BYTES_MAX) return false;
    return this.#options.followCredit === false || connection.unanswered.size < this.#credit;
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
    return this.unanswered === 0 && this.#queue.length === 0;
  }

  #send({ picture, capturedWallMs }: Waiting): void {
    this.#seq = (this.#seq + 1) >>> 0;
    this.#current?.unanswered.sent(this.#seq, this.#clock.nowMs());
    this.#current?.link.send(encodeFrameEnvelope(picture, { seq: this.#seq, capturedWallMs }));
  }

  #redirect(from: CameraConnection, to: string): void {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#redirectedAtMs > REDIRECTS_CALM_MS) this.#redirects = 0;
    this.#redirectedAtMs = nowMs;
    const url = redirectedUrl(from.url, to, this.#options.camera, this.#wishes);
    if (url === undefined || ++this.#redirects > REDIRECTS_MAX) {
      this.#comeBack(url === undefined ? `cannot follow a redirect to ${to}` : 'redirected in circles');
      return;
    }
    this.#forgetNext();
    if (this.#state === 'streaming') this.#follow(url, 0);
    // Nothing was sent yet on a connection without welcome: there is nothing to keep it for.
    else if (this.#drop()) this.#connect(url);
  }

  /** Opens the next connection beside the current one. */
  #follow(url: string, failures: number): void {
    this.#nextFailures = failures;
    this.#next = this.#open(url, WELCOME_MS_MAX);
  }

  #forgetNext(): void {
    this.#redirectRetry?.cancel();
    this.#redirectRetry = undefined;
    this.#next?.link.release();
    this.#next = undefined;
  }

  #refused(connection: CameraConnection, status: number, retryAfterMs: number): void {
    if (connection === this.#next) return this.#nextFailed(connection);
    // A node that others pointed to may know less of this camera than the one it came from.
    if (status >= 400 && status < 500 && status !== 408 && status !== 429 && this.#homes.has(connection.url)) {
      const hint = status === 401 || status === 403 ? ': the token is missing or wrong' : '';
      this.#close({ kind: 'refused', status, message: `the node answered ${status}${hint}` });
      return;
    }
    const wait = retryAfterMs > 0 ? ` and asks to wait ${Math.round(retryAfterMs / 1_000)} s` : '';
    // Another node may take it at once; only when all have said no is it time to wait.
    this.#comeBack(`the node answered ${status}${wait}`, this.#mayTryAnother ? 0 : retryAfterMs);
  }

  #ended(connection: CameraConnection, reason: string, code: number | undefined): void {
    if (this.#leaving.has(connection)) return this.#leaving.end(connection);
    if (connection === this.#next) return this.#nextFailed(connection);
    const next = this.#next;
    if (next !== undefined) {
      // The old node did not wait for the new one's welcome. That it calls the connection replaced is no wonder.
      this.#next = undefined;
      if (!this.#drop()) return next.link.release();
      this.#current = next;
      this.#state = 'connecting';
      this.#events.moved?.(next.url);
      return;
    }
    // Just after a redirect the newer connection was this camera's own.
    const justMoved = this.#clock.nowMs() - this.#redirectedAtMs < REDIRECTS_CALM_MS;
    if (code === CLOSE.replaced && !justMoved) {
      this.#close({ kind: 'replaced' });
      return;
    }
    // What the camera did wrong it will do again: it should not do so at once.
    this.#comeBack(reason, code !== undefined && BLAMES.has(code) ? BLAMED_RETRY_MS : 0);
  }

  /** The current connection goes on, and its node relays; where the next one should be is tried again some times. */
  #nextFailed({ url }: CameraConnection): void {
    this.#next = undefined;
    const failures = this.#nextFailures + 1;
    if (this.#state !== 'streaming' || failures >= REDIRECTS_MAX) return;
    const { reconnect, random } = this.#options;
    const delayMs = backoffMs(failures - 1, reconnect ?? RECONNECT_BACKOFF, random ?? Math.random);
    this.#redirectRetry = this.#clock.after(delayMs, () => this.#follow(url, failures));
  }

  get #mayTryAnother(): boolean {
    return this.#attempt < this.#homes.count - 1;
  }

  /** This connection is over; tries again, at a home node, after a while: a short one where it is another node. */
  #comeBack(reason: string, retryMsMin = 0): void {
    const failed = this.#current?.url ?? this.#homes.current;
    this.#forgetNext();
    if (!this.#drop()) return;
    this.#state = 'waiting';
    const { reconnect, random } = this.#options;
    const draw = random ?? Math.random;
    const waited = Math.max(0, this.#attempt++ - (this.#homes.count - 1));
    const delayMs = backoffMs(waited, reconnect ?? RECONNECT_BACKOFF, draw);
    const retryMs = Math.max(delayMs, retryMsMin * (1 + RETRY_SPREAD * draw()));
    const home = this.#homes.next(failed);
    this.#retry = this.#clock.after(retryMs, () => this.#connect(home));
    this.#events.disconnected?.(reason, retryMs);
  }

  /** Lets go of the connection and settles its frames. False where an event's listener has stopped the client. */
  #drop(): boolean {
    const connection = this.#current;
    this.#current = undefined;
    this.#credit = 0;
    if (connection !== undefined) {
      connection.link.release();
      const { answered, lost } = connection.unanswered.end(this.#clock.nowMs());
      for (const frame of answered) this.#events.answered?.(frame);
      if (lost > 0) this.#events.lost?.(lost);
    }
    this.#drained?.();
    return this.#state !== 'closed';
  }

  #close(cause: CloseCause): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#queue.length = 0;
    this.#retry?.cancel();
    this.#forgetNext();
    this.#leaving.endAll();
    this.#drop();
    this.#events.closed?.(cause);
  }
}
