import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { systemClock } from '../../core/clock.ts';
import type { NodeToCameraMessage } from '../../core/protocol.ts';
import { type CameraTally, newCameraTally, type Tally } from './tally.ts';
import { Unanswered } from './unanswered.ts';
import { messageHead } from './wire.ts';

/** What all cameras of a swarm share. */
export interface SwarmContext {
  /** `ws://host:port` */
  readonly url: string;
  readonly token: string | undefined;
  /** Masked pictures, see wire.ts; shared by all cameras and never changed. */
  readonly pictures: readonly Buffer[];
  readonly obeyCredits: boolean;
  readonly results: boolean;
  /** Bare JPEG instead of the `CSF1` envelope; the node then counts for itself. */
  readonly bare: boolean;
  /** Sends whenever there is credit, instead of at planned times. */
  readonly closedLoop: boolean;
  readonly tally: Tally;
  readonly random: () => number;
  sending: boolean;
}

/** Unsent bytes per socket past which a planned frame is not sent: a generator must not die of a server's slowness. */
const BACKLOG_BYTES_MAX = 8 * 1024 * 1024;
const WELCOME_TIMEOUT_MS = 15_000;
const CONNECT_TRIES_MAX = 5;

/** One camera: a connection, its credit and its frames that wait for an answer. */
export class SwarmCamera {
  readonly tally: CameraTally;
  readonly #context: SwarmContext;
  readonly #url: string;
  #socket: WebSocket | undefined;
  /** The TCP stream below, to write whole frames to without a copy. */
  #stream: Duplex | undefined;
  #unanswered = new Unanswered();
  #credit = 0;
  #ready = false;
  #stopping = false;
  #picture: number;

  constructor(id: string, picture: number, context: SwarmContext) {
    this.tally = newCameraTally(id);
    this.#context = context;
    this.#picture = picture;
    this.#url = `${context.url}/v1/cameras/${id}/stream${context.results ? '?results=1' : ''}`;
  }

  get waiting(): number {
    return this.#unanswered.size;
  }

  /** Connects; tries again a few times. @throws Error where the node does not take it. */
  async connect(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#connectOnce();
        return;
      } catch (error) {
        this.#context.tally.connectFailures++;
        if (attempt >= CONNECT_TRIES_MAX || this.#stopping) throw error;
        await sleep(200 * 2 ** attempt * (0.5 + this.#context.random()));
      }
    }
  }

  /** Sends the next picture, meant to go at `intendedMs`, unless credit, backlog or connection forbid it. */
  send(intendedMs: number): void {
    const { tally, obeyCredits, pictures, bare } = this.#context;
    const stream = this.#stream;
    if (!this.#ready || stream === undefined) {
      tally.notConnected++;
      return;
    }
    if (obeyCredits && this.#unanswered.size >= this.#credit) {
      tally.withheld++;
      return;
    }
    if (stream.writableLength > BACKLOG_BYTES_MAX) {
      tally.blocked++;
      return;
    }
    const picture = pictures[this.#picture++ % pictures.length];
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

  /** Closed loop: sends as long as there is credit. */
  pump(): void {
    while (this.#context.sending && this.#ready && this.#unanswered.size < this.#credit) {
      const before = this.#unanswered.size;
      const nowMs = systemClock.nowMs();
      this.#context.tally.planned(nowMs);
      this.send(nowMs);
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
    // A fault here is counted as a failed connect already; frames due meanwhile count as not connected.
    this.connect().catch(() => {});
  }

  #receive(message: NodeToCameraMessage): void {
    const { tally } = this.#context;
    const nowMs = systemClock.nowMs();
    switch (message.type) {
      case 'welcome':
      case 'credit':
        this.#credit = message.credit;
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
        tally.answered(this.tally, times, answer, nowMs);
        break;
      }
      case 'ack':
        for (const { seq, reason } of message.shed) {
          const times = this.#unanswered.take(seq);
          // Where an `error` already told of this frame, the ack repeats it.
          if (times !== undefined) tally.answered(this.tally, times, { kind: 'dropped', reason }, nowMs);
        }
        this.#acknowledge(message.upTo, nowMs);
        break;
      case 'error': {
        tally.countError(message.code);
        const times = message.seq === undefined ? undefined : this.#unanswered.take(message.seq);
        if (times !== undefined) tally.answered(this.tally, times, { kind: 'dropped', reason: message.code }, nowMs);
        break;
      }
      case 'redirect':
        tally.redirects++;
        break;
    }
    if (this.#context.closedLoop) this.pump();
  }

  #acknowledge(upTo: number, nowMs: number): void {
    this.#unanswered.takeUpTo(upTo, (_seq, times) =>
      this.#context.tally.answered(this.tally, times, { kind: 'acked' }, nowMs),
    );
  }
}
