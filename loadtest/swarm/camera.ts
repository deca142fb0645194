import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { systemClock } from '../../core/clock.ts';
import type { Detection } from '../../core/detection.ts';
import type { HelloMessage, NodeToCameraMessage } from '../../core/protocol.ts';
import { Pacer } from '../../src/client/pacer.ts';
import { round } from '../lib/statistics.ts';
import type { FootagePlay } from './footage.ts';
import type { AnswerRecorder } from './record.ts';
import { type Answer, type CameraTally, newCameraTally, type Tally } from './tally.ts';
import { type SentTimes, Unanswered } from './unanswered.ts';
import { messageHead } from './wire.ts';

/** What all cameras of a swarm share. */
export interface SwarmContext {
  /** `ws://host:port` */
  readonly url: string;
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
const CONNECT_TRIES_MAX = 5;
const RETRY_MS_MAX = 2_000;

/** One camera: a connection, its credit and its frames that wait for an answer. */
export class SwarmCamera {
  readonly tally: CameraTally;
  readonly #context: SwarmContext;
  readonly #options: SwarmCameraOptions;
  readonly #url: string;
  #socket: WebSocket | undefined;
  /** The TCP stream below, to write whole frames to without a copy. */
  #stream: Duplex | undefined;
  #unanswered = new Unanswered();
  #credit = 0;
  /** Frames/s the node asks for. */
  #targetFps = Number.POSITIVE_INFINITY;
  /** Width the node asks for, pixels. */
  #targetWidth = 0;
  readonly #pacer: Pacer;
  #ready = false;
  #stopping = false;
  #picture: number;

  constructor(options: SwarmCameraOptions, context: SwarmContext) {
    this.tally = newCameraTally(options.id, options.group);
    this.#context = context;
    this.#pacer = new Pacer(context.random());
    this.#options = options;
    this.#picture = options.picture;
    this.#url = `${context.url}/v1/cameras/${options.id}/stream${context.results ? '?results=1' : ''}`;
  }

  get waiting(): number {
    return this.#unanswered.size;
  }

  /** Connects; tries again a few times. @throws Error where the node does not take it. */
  connect(): Promise<void> {
    return this.#connect(CONNECT_TRIES_MAX);
  }

  async #connect(triesMax: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#connectOnce();
        return;
      } catch (error) {
        this.#context.tally.connectFailures++;
        if (attempt >= triesMax || this.#stopping) throw error;
        await sleep(Math.min(RETRY_MS_MAX, 200 * 2 ** attempt) * (0.5 + this.#context.random()));
      }
    }
  }

  /** Sends the next picture, meant to go at `intendedMs`, unless credit, rate, backlog or connection forbid it. */
  send(intendedMs: number): void {
    const { tally, bare } = this.#context;
    const { obeyCredits, fps } = this.#options;
    tally.planned(this.tally, intendedMs);
    const stream = this.#stream;
    if (!this.#ready || stream === undefined) {
      tally.notConnected++;
      return;
    }
    if (obeyCredits && this.#unanswered.size >= this.#credit) {
      tally.withheld(this.tally, 'credit', intendedMs);
      return;
    }
    // The plan stays the camera's own and some of its moments pass unused: its phase is kept. A closed loop has no
    // rate of its own that could be lowered.
    if (obeyCredits && fps > 0 && !this.#pacer.due(intendedMs, this.#targetFps)) {
      tally.withheld(this.tally, 'rate', intendedMs);
      return;
    }
    if (stream.writableLength > BACKLOG_BYTES_MAX) {
      tally.blocked++;
      return;
    }
    const pictures = (obeyCredits ? this.#context.fitted.get(this.#targetWidth) : undefined) ?? this.#context.pictures;
    const picture = pictures[this.#pictureIndex(intendedMs) % pictures.length];
    if (picture === undefined) throw new Error('a swarm without pictures');
    const sentMs = systemClock.nowMs();
    const seq = this.#unanswered.add(intendedMs, sentMs);
    const head = messageHead(picture.byteLength, bare ? undefined : { seq, capturedWallMs: systemClock.wallMs() });
    // ws writes its own (pongs) whole and at once, so nothing can come between these two.
    stream.cork();
    stream.write(head);
    stream.write(picture);
    stream.uncork();
    tally.sent(this.tally, { intendedMs, sentMs });
  }

  #pictureIndex(intendedMs: number): number {
    const { footage } = this.#options;
    return footage === undefined ? this.#picture++ : footage.pictureAt(intendedMs - this.#context.startMs);
  }

  /** Closed loop: sends as long as there is credit. */
  pump(): void {
    while (this.#context.sending && this.#ready && this.#unanswered.size < this.#credit) {
      const before = this.#unanswered.size;
      this.send(systemClock.nowMs());
      if (this.#unanswered.size === before) return;
    }
  }

  /** Ends the connection for good. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    const socket = this.#socket;
    socket?.close(1000);
    // A server that does not answer the close must not keep the generator alive.
    const timer = setTimeout(() => socket?.terminate(), 1_000);
    timer.unref();
  }

  #connectOnce(): Promise<void> {
    const { token } = this.#context;
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.#url, {
        perMessageDeflate: false,
        skipUTF8Validation: true,
        handshakeTimeout: WELCOME_TIMEOUT_MS,
        maxPayload: 1024 * 1024,
        ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      });
      this.#socket = socket;
      const timer = setTimeout(() => {
        reject(new Error(`${this.tally.camera}: no welcome in ${WELCOME_TIMEOUT_MS} ms`));
        socket.terminate();
      }, WELCOME_TIMEOUT_MS);
      socket.once('upgrade', (response) => {
        response.socket.setNoDelay(true);
        this.#stream = response.socket;
      });
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as NodeToCameraMessage;
        if (message.type === 'welcome') {
          clearTimeout(timer);
          this.#ready = true;
          this.#hello(socket);
          resolve();
        }
        this.#receive(message);
      });
      socket.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      socket.once('close', (code) => {
        clearTimeout(timer);
        this.#closed(code);
        reject(new Error(`${this.tally.camera}: closed with ${code} before the welcome`));
      });
    });
  }

  #closed(code: number): void {
    const wasReady = this.#ready;
    this.#ready = false;
    this.#stream = undefined;
    if (this.#stopping || !wasReady) return;
    this.#context.tally.countClose(code);
    // A new connection starts a new sequence.
    this.tally.cutOff += this.#unanswered.size;
    this.#unanswered = new Unanswered();
    this.#credit = 0;
    this.tally.reconnects++;
    // Until the swarm stops it. Each fault is counted as a failed connect, frames due meanwhile as not connected.
    this.#connect(Number.POSITIVE_INFINITY).catch(() => {});
  }

  /** Says what it would send, so that the node need not guess it from what arrives. */
  #hello(socket: WebSocket): void {
    const { obeyCredits, fps } = this.#options;
    if (!obeyCredits || fps === 0) return;
    socket.send(JSON.stringify({ type: 'hello', schemaVersion: 1, fps } satisfies HelloMessage));
  }

  #receive(message: NodeToCameraMessage): void {
    const { tally } = this.#context;
    const nowMs = systemClock.nowMs();
    switch (message.type) {
      case 'welcome':
      case 'credit':
        this.#credit = message.credit;
        this.#targetFps = message.target.fps;
        this.#targetWidth = message.target.width;
        break;
      case 'result': {
        // A result says that all before it is answered; what of that was dropped had to be told before.
        this.#acknowledge(message.seq - 1, nowMs);
        const times = this.#unanswered.take(message.seq);
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
          const times = this.#unanswered.take(seq);
          // Where an `error` already told of this frame, the ack repeats it.
          if (times !== undefined) this.#answered(times, { kind: 'dropped', reason }, nowMs);
        }
        this.#acknowledge(message.upTo, nowMs);
        break;
      case 'error': {
        tally.countError(message.code);
        const times = message.seq === undefined ? undefined : this.#unanswered.take(message.seq);
        if (times !== undefined) this.#answered(times, { kind: 'dropped', reason: message.code }, nowMs);
        break;
      }
      case 'redirect':
        tally.redirects++;
        break;
    }
    if (this.#options.fps === 0) this.pump();
  }

  #answered(times: SentTimes, answer: Answer, nowMs: number, detections?: readonly Detection[]): void {
    const { tally, recorder, startMs } = this.#context;
    tally.answered(this.tally, times, answer, nowMs);
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

  #acknowledge(upTo: number, nowMs: number): void {
    this.#unanswered.takeUpTo(upTo, (_seq, times) => this.#answered(times, { kind: 'acked' }, nowMs));
  }
}
