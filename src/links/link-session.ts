import { LINK_ASKS_MAX } from '../../config/limits.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { CamshardError, errorCode, errorMessage } from '../../core/errors.ts';
import type { LinkPeer } from './handshake.ts';
import { type AskOutcome, LinkAsks } from './link-asks.ts';
import { LINK_CLOSE, type LinkCloseCode } from './link-close.ts';
import {
  CONTENT_BYTES_MAX,
  contentBytes,
  decodeContent,
  decodeNumber,
  decodePacket,
  encodeNumberPacket,
  encodePacket,
  PACKET,
  type Packet,
} from './link-packet.ts';
import { LinkStreams } from './link-streams.ts';
import { PieceCollector } from './piece-collector.ts';
import type { LinkStream, LinkStreamEvents } from './port.ts';
import { BULK_BYTES_MAX, type Channel, isLarge, SendLanes } from './send-lanes.ts';
import type { Wire } from './wire.ts';

/** Bytes handed to the socket before it has sent them: what a ping or a frame waits behind at most, beside a piece. */
export const WIRE_BYTES_MAX = 512 * 1024;

/** What one connection tells the links it belongs to. */
export interface LinkSessionEvents {
  message(message: unknown, attachment: Uint8Array | undefined): void;
  stream(stream: LinkStream, head: unknown): LinkStreamEvents | undefined;
  /** What answers this question; `undefined` where nothing does. */
  question(question: string): ((body: unknown) => Promise<unknown>) | undefined;
  outcome(outcome: AskOutcome): void;
  /** This side ends it; the wire is closed already. `closed` of the wire comes as well. */
  ended(code: LinkCloseCode, message: string): void;
  fault(error: unknown): void;
}

export interface LinkSessionOptions {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly peer: LinkPeer;
  readonly dialled: boolean;
  readonly creditBytes: number;
  /** A peer not heard of for this long is gone, ms. */
  readonly silenceMs: number;
  readonly events: LinkSessionEvents;
}

/** What a session counts over its life. */
export interface LinkCounters {
  sent: number;
  received: number;
  refused: number;
}

/** One authenticated connection: packs what is sent, unpacks what comes, and finds out when nothing comes any more. */
export class LinkSession {
  readonly peer: LinkPeer;
  readonly dialled: boolean;
  readonly establishedAtMs: number;
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #events: LinkSessionEvents;
  readonly #counters: LinkCounters;
  readonly #lanes = new SendLanes();
  readonly #asks: LinkAsks;
  readonly #streams: LinkStreams;
  readonly #pieces: PieceCollector;
  readonly #silenceMs: number;
  readonly #tickMs: number;
  readonly #ticks: Timer;
  #tickedAtMs: number;
  #heardAtMs: number;
  #answering = 0;
  #messageId = 0;
  #pumpIsDue = false;
  #ended = false;
  #finishing: { readonly deadline: Timer } | undefined;
  #roundTripMs: number | undefined;

  constructor(options: LinkSessionOptions, counters: LinkCounters) {
    const { wire, clock, peer, dialled, creditBytes, silenceMs, events } = options;
    this.#wire = wire;
    this.#clock = clock;
    this.#events = events;
    this.#counters = counters;
    this.peer = peer;
    this.dialled = dialled;
    this.establishedAtMs = clock.nowMs();
    this.#asks = new LinkAsks(clock, events.outcome);
    this.#pieces = new PieceCollector(BULK_BYTES_MAX + Math.max(creditBytes, CONTENT_BYTES_MAX));
    this.#streams = new LinkStreams({
      clock,
      lanes: this.#lanes,
      onPut: () => this.#putSome(),
      onControl: () => this.#pumpSoon(),
      dialled,
      sendWindowBytes: peer.creditBytes,
      receiveWindowBytes: creditBytes,
      accept: events.stream,
      onFault: events.fault,
      onRefused: () => counters.refused++,
    });
    this.#silenceMs = silenceMs;
    this.#tickMs = silenceMs / 6;
    this.#tickedAtMs = this.establishedAtMs;
    this.#heardAtMs = this.establishedAtMs;
    this.#ticks = clock.every(this.#tickMs, () => this.#tick());
    this.#ping();
  }

  get streams(): number {
    return this.#streams.size;
  }

  get outstandingBytes(): number {
    return this.#streams.outstandingBytes;
  }

  get waitingBytes(): number {
    return this.#lanes.waitingBytes;
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  send(message: unknown, attachment: Uint8Array | undefined): boolean {
    this.#messageId = (this.#messageId + 1) >>> 0;
    const packet = encodePacket(PACKET.message, this.#messageId, jsonOf(message), attachment);
    // Small ones go past a large one that is still being sent.
    return this.#post(isLarge(packet) ? 'large messages' : 'messages', packet);
  }

  ask(question: string, body: unknown, timeoutMs: number): Promise<unknown> {
    return this.#asks.ask(question, timeoutMs, (id) =>
      this.#post(`question ${id}`, encodePacket(PACKET.ask, id, jsonOf({ question, body: body ?? null }))),
    );
  }

  openStream(head: unknown, events: LinkStreamEvents): LinkStream | undefined {
    return this.#ended || this.#finishing !== undefined ? undefined : this.#streams.open(head, events);
  }

  /** The wire has a message. Never throws. */
  received(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#heardAtMs = this.#clock.nowMs();
    const packet = decodePacket(bytes);
    if (packet.kind === 'bad') return this.#end('bad_packet', packet.message);
    const fault = this.#take(packet);
    if (fault !== undefined) this.#end(fault.code, fault.message);
  }

  /** The wire has room. */
  drained(): void {
    if (!this.#lanes.isEmpty || this.#finishing !== undefined) this.#pump();
  }

  /** The wire is closed, or to be closed: questions fail, streams end, timers stop. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#ticks.cancel();
    this.#finishing?.deadline.cancel();
    this.#asks.end();
    this.#streams.end();
  }

  /** Ends it from this side; {@link LinkSessionEvents.ended} is not told. */
  hangUp(code: LinkCloseCode): void {
    this.end();
    // Nobody is there to hear why.
    if (code === 'silent') this.#wire.terminate();
    else this.#wire.close(LINK_CLOSE[code], code);
  }

  /** Closes the wire when what waits has gone out, or after `withinMs`. */
  finish(withinMs: number): void {
    if (this.#ended || this.#finishing !== undefined) return;
    const deadline = this.#clock.after(withinMs, () => this.#end('goodbye', 'goodbye'));
    this.#finishing = { deadline };
    this.#pump();
  }

  #take(packet: Packet): { readonly code: LinkCloseCode; readonly message: string } | undefined {
    const { kind, id, first, last, piece } = packet;
    const bad = (message: string) => ({ code: 'bad_packet' as const, message });
    switch (kind) {
      case PACKET.handshake:
        return bad('a handshake after the handshake');
      case PACKET.ping:
      case PACKET.pong:
      case PACKET.credit: {
        const value = first && last ? decodeNumber(piece) : undefined;
        if (value === undefined) return bad('a number that is none');
        return this.#takeNumber(kind, value) ? undefined : bad('credit for what was never sent');
      }
      case PACKET.end:
        if (!first || !last) return bad('an end in pieces');
        this.#streams.peerEnded(id);
        return undefined;
      default: {
        if (kind === PACKET.push && first && !this.#streams.announced(packet.totalBytes)) {
          return { code: 'over_credit', message: 'pushes past the credit' };
        }
        const collected = this.#pieces.take(packet);
        if (collected.kind === 'bad') return bad(collected.message);
        if (collected.kind === 'more') return undefined;
        const content = decodeContent(collected.content);
        if (content.kind === 'bad') return bad(content.message);
        this.#counters.received++;
        const { value, attached } = content;
        // A view of what was received is its sender's again when this returns.
        const keep = (): Uint8Array => (collected.owned ? attached : new Uint8Array(attached));
        const fault = this.#takeContent(kind, id, value, keep, collected.content.byteLength, attached.byteLength);
        return fault === undefined ? undefined : bad(fault);
      }
    }
  }

  #takeNumber(kind: Packet['kind'], value: number): boolean {
    if (kind === PACKET.credit) return this.#streams.credited(value);
    if (kind === PACKET.pong) this.#roundTripMs = Math.max(0, this.#clock.nowMs() - value);
    else {
      this.#lanes.putControl(encodeNumberPacket(PACKET.pong, 0, value));
      // Answered at once: how long it takes is what the peer asks.
      this.#pump();
    }
    return true;
  }

  /** @returns what is wrong with it. */
  #takeContent(
    kind: Packet['kind'],
    id: number,
    value: unknown,
    keep: () => Uint8Array,
    bytes: number,
    attachedBytes: number,
  ): string | undefined {
    switch (kind) {
      case PACKET.message:
        this.#guarded(() => this.#events.message(value, attachedBytes > 0 ? keep() : undefined));
        return undefined;
      case PACKET.ask:
        if (!isQuestion(value)) return 'a question without its name';
        void this.#answer(id, value.question, value.body);
        return undefined;
      case PACKET.answer:
        this.#asks.answered(id, value);
        return undefined;
      case PACKET.fault:
        if (!isFault(value)) return 'a fault without a code';
        this.#asks.failed(id, value.code, value.message);
        return undefined;
      case PACKET.open:
        return this.#streams.peerOpened(id, value);
      case PACKET.tell:
        this.#streams.told(id, value);
        return undefined;
      case PACKET.push:
        this.#streams.pushed(id, value, keep(), bytes);
        return undefined;
      default:
        return `packet kind ${kind}`;
    }
  }

  async #answer(id: number, question: string, body: unknown): Promise<void> {
    if (this.#answering >= LINK_ASKS_MAX) return this.#fault(id, 'peer_busy', 'it answers as many questions as it may');
    this.#answering++;
    try {
      const answer = this.#events.question(question);
      if (answer === undefined) throw new CamshardError('unknown_question', `it has no answer to ${question}`);
      const packet = encodePacket(PACKET.answer, id, jsonOf(await answer(body)));
      if (!this.#post(`answer ${id}`, packet) && !this.#ended) {
        this.#fault(id, 'peer_busy', 'as much waits to be sent from it as may');
      }
    } catch (error) {
      const isOperating = error instanceof CamshardError;
      if (!isOperating) this.#events.fault(error);
      this.#fault(id, isOperating ? errorCode(error) : 'internal', isOperating ? errorMessage(error) : 'a fault of it');
    } finally {
      this.#answering--;
    }
  }

  /** Small, and one for each question the peer may have: not bounded by the lane. */
  #fault(id: number, code: string, message: string): void {
    if (this.#ended) return;
    this.#lanes.put(
      'faults',
      encodePacket(PACKET.fault, id, jsonOf({ code, message: message.slice(0, 1_024) })),
      false,
    );
    this.#putSome();
  }

  #post(channel: Channel, packet: Buffer): boolean {
    if (this.#ended || this.#finishing !== undefined) return false;
    if (!this.#lanes.takes(contentBytes(packet))) {
      this.#counters.refused++;
      return false;
    }
    this.#lanes.put(channel, packet, true);
    this.#putSome();
    return true;
  }

  #putSome(): void {
    this.#counters.sent++;
    this.#pumpSoon();
  }

  #pumpSoon(): void {
    if (this.#pumpIsDue) return;
    // At the end of this turn: what is sent in one turn goes out together.
    this.#pumpIsDue = true;
    queueMicrotask(() => {
      this.#pumpIsDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#ended) return;
    while (this.#wire.bufferedBytes < WIRE_BYTES_MAX) {
      const packet = this.#lanes.next();
      if (packet === undefined) break;
      this.#wire.send(packet);
    }
    if (this.#finishing !== undefined && this.#lanes.isEmpty) this.#end('goodbye', 'goodbye');
  }

  #ping(): void {
    this.#lanes.putControl(encodeNumberPacket(PACKET.ping, 0, this.#clock.nowMs()));
    this.#pump();
  }

  #tick(): void {
    const nowMs = this.#clock.nowMs();
    // Time in which this process did not run says nothing about its peer.
    const lateMs = nowMs - this.#tickedAtMs - this.#tickMs;
    if (lateMs > this.#tickMs) this.#heardAtMs += lateMs;
    this.#tickedAtMs = nowMs;
    const silentMs = nowMs - this.#heardAtMs;
    if (silentMs >= this.#silenceMs) return this.#end('silent', `not heard of for ${Math.round(silentMs)} ms`);
    this.#ping();
  }

  #end(code: LinkCloseCode, message: string): void {
    if (this.#ended) return;
    this.hangUp(code);
    this.#events.ended(code, message);
  }

  #guarded(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.#events.fault(error);
    }
  }
}

const jsonOf = (value: unknown): string => JSON.stringify(value ?? null);

function isQuestion(value: unknown): value is { readonly question: string; readonly body: unknown } {
  return typeof value === 'object' && value !== null && 'question' in value && typeof value.question === 'string';
}

function isFault(value: unknown): value is { readonly code: string; readonly message: string } {
  if (typeof value !== 'object' || value === null || !('code' in value) || !('message' in value)) return false;
  return typeof value.code === 'string' && typeof value.message === 'string';
}
