import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../core/clock.ts';
import type { Detection } from '../../core/detection.ts';
import type { HelloMessage, NodeToCameraMessage } from '../../core/protocol.ts';
import { Pacer } from '../../src/client/pacer.ts';
import { redirectedUrl } from '../../src/client/urls.ts';
import { round } from '../lib/statistics.ts';
import type { FootagePlay } from './footage.ts';
import type { InterruptionKind } from './gaps.ts';
import type { AnswerRecorder } from './record.ts';
import { CameraStream } from './stream.ts';
import { type Answer, type CameraTally, newCameraTally, type Tally } from './tally.ts';
import { type SentTimes, Unanswered } from './unanswered.ts';
import { messageHead } from './wire.ts';

/** What all cameras of a swarm share. */
export interface SwarmContext {
  /** `ws://host:port` of the nodes; cameras begin at them in turn, and turn to the next where one is away. */
  readonly urls: readonly string[];
  /** Whether cameras follow redirects to the node that has their shard. */
  readonly follow: boolean;
  readonly token: string | undefined;
  /** Masked pictures, see wire.ts; shared by all cameras and never changed. */
  readonly pictures: readonly Buffer[];
  /** The same pictures as narrow as a node may ask for, by width: for cameras that obey its target. */
  readonly fitted: ReadonlyMap<number, readonly Buffer[]>;
  readonly results: boolean;
  /** Bare JPEG instead of the `CSF1` envelope; the node then counts for itself. */
  readonly bare: boolean;
  readonly tally: Tally;
  readonly random: () => number;
  readonly recorder: AnswerRecorder | undefined;
  /** When the load began, ms on the monotonic clock. */
  startMs: number;
  sending: boolean;
}

export interface SwarmCameraOptions {
  readonly id: string;
  readonly group: string;
  /** Its own rate, frames/s; 0 sends whenever there is credit. */
  readonly fps: number;
  /** Index of the node it begins at. */
  readonly home?: number;
  /** Whether it keeps to the credit and the rate that the node asks for. */
  readonly obeyCredits: boolean;
  /** Index of its first picture; it goes on from there, one after the other. */
  readonly picture: number;
  /** Where given, pictures follow the clock instead. */
  readonly footage?: FootagePlay;
}

/** Unsent bytes per socket past which a planned frame is not sent: a generator must not die of a server's slowness. */
const BACKLOG_BYTES_MAX = 8 * 1024 * 1024;
const WELCOME_TIMEOUT_MS = 15_000;
/** Where there is another node to turn to; longer than a dead owner's lease lives, until which nobody says welcome. */
const WELCOME_OF_MANY_MS = 5_000;
const CONNECT_TRIES_MAX = 5;
const RETRY_MS_MAX = 2_000;
/** The first retry at another node waits this long at most: cameras of a killed node come a little apart. */
const QUICK_RETRY_MS_MAX = 100;
/** Redirects in a row; past them it begins at a home node again. */
const REDIRECTS_MAX = 5;
const REDIRECTS_CALM_MS = 10_000;
/** So long answers to frames sent to the node before are waited for. */
const LEAVE_MS_MAX = 1_000;

/** One camera: a connection, its credit and its frames that wait for an answer; for a moment two, where it moves. */
export class SwarmCamera {
  readonly tally: CameraTally;
  readonly #context: SwarmContext;
  readonly #options: SwarmCameraOptions;
  #home: number;
  /** Where frames go, once it has said welcome. */
  #current: CameraStream | undefined;
  /** Opened for a redirect, takes over at its welcome. */
  #next: CameraStream | undefined;
  /** Left for another, with answers still due. */
  readonly #leaving = new Map<CameraStream, NodeJS.Timeout>();
  /** Who waits for the welcome of a connection. */
  readonly #pending = new Map<CameraStream, { resolve(): void; reject(error: Error): void }>();
  #nextSeq = 1;
  #credit = 0;
  /** Frames/s the node asks for. */
  #targetFps = Number.POSITIVE_INFINITY;
  /** Width the node asks for, pixels. */
  #targetWidth = 0;
  readonly #pacer: Pacer;
  #redirects = 0;
  #redirectedAtMs = Number.NEGATIVE_INFINITY;
  #stopping = false;
  #picture: number;

  constructor(options: SwarmCameraOptions, context: SwarmContext) {
    this.tally = newCameraTally(options.id, options.group);
    this.#context = context;
    this.#pacer = new Pacer(context.random());
    this.#options = options;
    this.#picture = options.picture;
    this.#home = options.home ?? 0;
  }

  /** Frames without an answer. */
  get waiting(): number {
    let sum = this.#current?.unanswered.size ?? 0;
    for (const stream of this.#leaving.keys()) sum += stream.unanswered.size;
    return sum;
  }

  /** Connects; tries again a few times. @throws Error where the nodes do not take it. */
  connect(): Promise<void> {
    return this.#connect(CONNECT_TRIES_MAX);
  }

  async #connect(triesMax: number): Promise<void> {
    const { urls, random, tally } = this.#context;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#connectOnce(urls[this.#home % urls.length] ?? '');
        return;
      } catch (error) {
        tally.connectFailures++;
        this.#home++;
        if (attempt >= triesMax || this.#stopping) throw error;
        // The nodes are tried one after the other; only when all were is there a wait that grows.
        const rounds = Math.floor(attempt / urls.length);
        const waitMs = rounds === 0 ? QUICK_RETRY_MS_MAX : Math.min(RETRY_MS_MAX, 200 * 2 ** rounds);
        await sleep(waitMs * (0.5 + random()));
      }
    }
  }

  /** Sends the next picture, meant to go at `intendedMs`, unless credit, rate, backlog or connection forbid it. */
  send(intendedMs: number): void {
    const { tally, bare } = this.#context;
    const { obeyCredits, fps } = this.#options;
    tally.planned(this.tally, intendedMs);
    const current = this.#current;
    const duplex = current?.duplex;
    if (current === undefined || !current.welcomed || duplex === undefined) {
      tally.notConnected++;
      return;
    }
    if (obeyCredits && current.unanswered.size >= this.#credit) {
      tally.withheld(this.tally, 'credit', intendedMs);
      return;
    }
    // The plan stays the camera's own and some of its moments pass unused: its phase is kept. A closed loop has no
    // rate of its own that could be lowered.
    if (obeyCredits && fps > 0 && !this.#pacer.due(intendedMs, this.#targetFps)) {
      tally.withheld(this.tally, 'rate', intendedMs);
      return;
    }
    if (duplex.writableLength > BACKLOG_BYTES_MAX) {
      tally.blocked++;
      return;
    }
    const pictures = (obeyCredits ? this.#context.fitted.get(this.#targetWidth) : undefined) ?? this.#context.pictures;
    const picture = pictures[this.#pictureIndex(intendedMs) % pictures.length];
    if (picture === undefined) throw new Error('a swarm without pictures');
    const sentMs = systemClock.nowMs();
    const seq = current.unanswered.add(intendedMs, sentMs);
    this.#nextSeq = seq + 1;
    const head = messageHead(picture.byteLength, bare ? undefined : { seq, capturedWallMs: systemClock.wallMs() });
    // ws writes its own (pongs) whole and at once, so nothing can come between these two.
    duplex.cork();
    duplex.write(head);
    duplex.write(picture);
    duplex.uncork();
    tally.sent(this.tally, { intendedMs, sentMs });
  }

  #pictureIndex(intendedMs: number): number {
    const { footage } = this.#options;
    return footage === undefined ? this.#picture++ : footage.pictureAt(intendedMs - this.#context.startMs);
  }

  /** Closed loop: sends as long as there is credit. */
  pump(): void {
    const current = this.#current;
    while (current !== undefined && this.#context.sending && current.welcomed) {
      const before = current.unanswered.size;
      if (before >= this.#credit) return;
      this.send(systemClock.nowMs());
      if (current.unanswered.size === before) return;
    }
  }

  /** Ends the connection for good. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#next?.hangUp();
    this.#current?.hangUp();
    for (const stream of [...this.#leaving.keys()]) this.#left(stream);
  }

  #streamUrl(base: string): string {
    const { results, follow } = this.#context;
    const query = [...(results ? ['results=1'] : []), ...(follow ? ['redirect=1'] : [])].join('&');
    return `${base}/v1/cameras/${this.#options.id}/stream${query === '' ? '' : `?${query}`}`;
  }

  #open(url: string): CameraStream {
    const { token, urls, bare } = this.#context;
    const welcomeMsMax = urls.length > 1 ? WELCOME_OF_MANY_MS : WELCOME_TIMEOUT_MS;
    // A camera counts on over its connections, so that what a dead node swallowed shows. A bare JPEG has no number: the
    // node counts, from 1 on each connection.
    const unanswered = new Unanswered(bare ? 1 : this.#nextSeq);
    return new CameraStream(
      { url, token, welcomeMsMax, unanswered },
      {
        message: (stream, message) => this.#receive(stream, message),
        closed: (stream, code, error) => this.#closed(stream, code, error),
      },
    );
  }

  #connectOnce(base: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#current = this.#open(this.#streamUrl(base));
      this.#pending.set(this.#current, { resolve, reject });
    });
  }

  #welcomed(stream: CameraStream): void {
    const { obeyCredits, fps } = this.#options;
    // Says what it would send, so that the node need not guess it from what arrives.
    if (obeyCredits && fps > 0) stream.say({ type: 'hello', schemaVersion: 1, fps } satisfies HelloMessage);
    this.#pending.get(stream)?.resolve();
    this.#pending.delete(stream);
    if (stream !== this.#next) return;
    const old = this.#current;
    this.#next = undefined;
    this.#current = stream;
    this.#moved(stream);
    if (old !== undefined) this.#leave(old);
  }

  #moved(stream: CameraStream): void {
    this.tally.moves++;
    this.#interrupted('moved', this.#redirectedAtMs);
    // Frames went out on the old connection while this one was opened.
    if (!this.#context.bare) stream.unanswered.startAt(this.#nextSeq);
  }

  /** Sends nothing more there, and waits a moment for the answers due. */
  #leave(stream: CameraStream): void {
    if (stream.unanswered.size === 0) return stream.hangUp();
    this.#leaving.set(
      stream,
      setTimeout(() => this.#left(stream), LEAVE_MS_MAX),
    );
  }

  #left(stream: CameraStream): void {
    clearTimeout(this.#leaving.get(stream));
    if (!this.#leaving.delete(stream)) return;
    this.tally.cutOff += stream.unanswered.size;
    stream.hangUp();
  }

  #redirect(from: CameraStream, to: string): void {
    const { tally, follow } = this.#context;
    tally.redirects++;
    if (!follow || this.#leaving.has(from) || this.#stopping) return;
    const nowMs = systemClock.nowMs();
    if (nowMs - this.#redirectedAtMs > REDIRECTS_CALM_MS) this.#redirects = 0;
    this.#redirectedAtMs = nowMs;
    const { results } = this.#context;
    const url = redirectedUrl(from.url, to, this.#options.id, { results, follow });
    if (url === undefined || ++this.#redirects > REDIRECTS_MAX) {
      tally.redirectsRefused++;
      return;
    }
    this.#next?.hangUp();
    this.#next = undefined;
    const old = this.#current;
    if (old?.welcomed === true) return this.#follow(url, 1);
    // Sent on before any welcome: there is nothing to keep the old one for.
    const waiter = old === undefined ? undefined : this.#pending.get(old);
    if (old !== undefined) this.#pending.delete(old);
    old?.hangUp();
    this.#current = this.#open(url);
    if (waiter !== undefined) this.#pending.set(this.#current, waiter);
  }

  /** Opens the next connection beside the current one, which goes on where that fails: its node relays. */
  #follow(url: string, attempt: number): void {
    const next = this.#open(url);
    this.#next = next;
    this.#pending.set(next, {
      resolve: () => {},
      reject: () => {
        if (attempt >= REDIRECTS_MAX) return;
        const again = (): void => {
          if (this.#current?.welcomed === true && this.#next === undefined && !this.#stopping) {
            this.#follow(url, attempt + 1);
          }
        };
        setTimeout(again, 200 * 2 ** attempt).unref();
      },
    });
  }

  #closed(stream: CameraStream, code: number, error: Error | undefined): void {
    const { tally, urls } = this.#context;
    const waiter = this.#pending.get(stream);
    this.#pending.delete(stream);
    if (this.#leaving.has(stream)) return this.#left(stream);
    const why = error ?? new Error(`${this.tally.camera}: closed with ${code} before the welcome`);
    if (stream === this.#next) {
      this.#next = undefined;
      tally.connectFailures++;
      return waiter?.reject(why);
    }
    if (stream !== this.#current) return;
    this.#current = undefined;
    this.#credit = 0;
    if (waiter !== undefined) return waiter.reject(why);
    if (this.#stopping) return;
    this.tally.cutOff += stream.unanswered.size;
    const next = this.#next;
    if (next !== undefined) {
      // The old node did not wait for the new one's welcome.
      this.#next = undefined;
      this.#pending.delete(next);
      this.#current = next;
      return this.#moved(next);
    }
    tally.countClose(code);
    this.tally.reconnects++;
    this.#interrupted('lost', systemClock.nowMs());
    if (stream.url.startsWith(`${urls[this.#home % urls.length]}/`)) this.#home++;
    // Until the swarm stops it. Each fault is counted as a failed connect, frames due meanwhile as not connected.
    this.#connect(Number.POSITIVE_INFINITY).catch(() => {});
  }

  #interrupted(kind: InterruptionKind, atMs: number): void {
    if (this.#context.sending) this.tally.gaps.interrupted(kind, atMs);
  }

  #receive(stream: CameraStream, message: NodeToCameraMessage): void {
    const { unanswered } = stream;
    const { tally } = this.#context;
    const nowMs = systemClock.nowMs();
    switch (message.type) {
      case 'welcome':
      case 'credit':
        if (message.type === 'welcome') this.#welcomed(stream);
        if (stream !== this.#current) break;
        this.#credit = message.credit;
        this.#targetFps = message.target.fps;
        this.#targetWidth = message.target.width;
        break;
      case 'result': {
        // A result says that all before it is answered; what of that was dropped had to be told before.
        this.#acknowledge(unanswered, message.seq - 1, nowMs);
        const times = unanswered.take(message.seq);
        if (times === undefined) {
          tally.unexpectedAnswers++;
          break;
        }
        const answer = {
          kind: 'result',
          nodeLatencyMs: message.latencyMs,
          detections: message.detections.length,
        } as const;
        this.#answered(times, answer, nowMs, message.detections);
        break;
      }
      case 'ack':
        for (const { seq, reason } of message.shed) {
          const times = unanswered.take(seq);
          // Where an `error` already told of this frame, the ack repeats it.
          if (times !== undefined) this.#answered(times, { kind: 'dropped', reason }, nowMs);
        }
        this.#acknowledge(unanswered, message.upTo, nowMs);
        break;
      case 'error': {
        tally.countError(message.code);
        const times = message.seq === undefined ? undefined : unanswered.take(message.seq);
        if (times !== undefined) this.#answered(times, { kind: 'dropped', reason: message.code }, nowMs);
        break;
      }
      case 'redirect':
        this.#redirect(stream, message.url);
        break;
    }
    if (this.#leaving.has(stream) && unanswered.size === 0) this.#left(stream);
    if (this.#options.fps === 0) this.pump();
  }

  #answered(times: SentTimes, answer: Answer, nowMs: number, detections?: readonly Detection[]): void {
    const { tally, recorder, startMs } = this.#context;
    tally.answered(this.tally, times, answer, nowMs);
    if (answer.kind !== 'dropped') this.tally.gaps.served(times.sentMs, this.#intervalMs());
    if (recorder === undefined) return;
    const { footage } = this.#options;
    recorder.write({
      camera: this.tally.camera,
      at: Math.round(systemClock.wallMs()),
      kind: answer.kind,
      ...(answer.kind === 'dropped' ? { reason: answer.reason } : {}),
      latencyMs: round(nowMs - times.sentMs, 2),
      ...(footage === undefined ? {} : { positionMs: round(footage.positionMs(times.intendedMs - startMs), 1) }),
      ...(footage === undefined || detections === undefined ? {} : { detections }),
    });
  }

  #acknowledge(unanswered: Unanswered, upTo: number, nowMs: number): void {
    unanswered.takeUpTo(upTo, (_seq, times) => this.#answered(times, { kind: 'acked' }, nowMs));
  }

  /** Between its frames, as things are: its own rate, or the lower one it is asked for. */
  #intervalMs(): number {
    const { fps, obeyCredits } = this.#options;
    const asked = obeyCredits && this.#targetFps > 0 ? this.#targetFps : Number.POSITIVE_INFINITY;
    const rate = Math.min(fps > 0 ? fps : Number.POSITIVE_INFINITY, asked);
    return Number.isFinite(rate) ? 1_000 / rate : 0;
  }
}
