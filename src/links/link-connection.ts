import type { Clock, Timer } from '../../core/clock.ts';
import type { NodeId } from '../../core/ids.ts';
import {
  DiallerHandshake,
  type HandshakeMessage,
  type HandshakeStep,
  type LinkPeer,
  type LinkSelf,
  ListenerHandshake,
} from './handshake.ts';
import { closeName, LINK_CLOSE, type LinkCloseCode } from './link-close.ts';
import { contentBytes, decodeContent, decodePacket, encodePacket, PACKET } from './link-packet.ts';
import type { LinkSession } from './link-session.ts';
import type { Wire, WireEvents } from './wire.ts';

/** Bytes of a handshake's message: what a stranger is listened to for. */
const HANDSHAKE_BYTES_MAX = 4_096;

/** To whom a connection belongs. */
export interface ConnectionHost {
  /** Whether this proven peer may have this connection: the code to refuse it with, or `undefined`. */
  refusal(connection: LinkConnection, peer: LinkPeer): LinkCloseCode | undefined;
  /** The handshake is over: makes the session. */
  established(connection: LinkConnection, peer: LinkPeer): LinkSession;
  /** The session is there and may be used. */
  up(connection: LinkConnection): void;
  /** The handshake came to nothing. Once, and nothing but `released` after it. */
  failed(connection: LinkConnection, code: string, message: string): void;
  /** The session has ended. Once, and nothing but `released` after it. */
  gone(connection: LinkConnection, code: string): void;
  /** The wire is closed. */
  released(connection: LinkConnection): void;
}

/** One connection, from the dial to its end: first a handshake, then a session. */
export class LinkConnection implements WireEvents {
  readonly dialled: NodeId | undefined;
  readonly #host: ConnectionHost;
  readonly #handshake: DiallerHandshake | ListenerHandshake;
  readonly #timeout: Timer;
  #wire: Wire | undefined;
  #session: LinkSession | undefined;
  #over = false;
  #proofSent = false;

  /** @param dialled whom it dials; `undefined` of a connection that was taken */
  constructor(host: ConnectionHost, self: LinkSelf, dialled: NodeId | undefined, clock: Clock, handshakeMs: number) {
    this.#host = host;
    this.dialled = dialled;
    this.#handshake = dialled === undefined ? new ListenerHandshake(self) : new DiallerHandshake(self, dialled);
    this.#timeout = clock.after(handshakeMs, () => this.#fail('handshake_timeout', `nothing within ${handshakeMs} ms`));
  }

  attach(wire: Wire): this {
    this.#wire = wire;
    return this;
  }

  get wire(): Wire {
    if (this.#wire === undefined) throw new Error('a connection without its wire');
    return this.#wire;
  }

  /** While it is up. */
  get session(): LinkSession | undefined {
    return this.#over ? undefined : this.#session;
  }

  /** The peer may have taken it by now. */
  get proofSent(): boolean {
    return this.#proofSent;
  }

  opened(): void {
    if (!this.#over && this.#handshake instanceof DiallerHandshake) this.#say(this.#handshake.hello);
  }

  received(message: Uint8Array): void {
    if (this.#over) return;
    if (this.#session !== undefined) this.#session.received(message);
    else this.#step(this.#read(message));
  }

  drained(): void {
    this.session?.drained();
  }

  closed(code: number, reason: string): void {
    if (!this.#over) {
      if (this.#session === undefined) this.#failed(closeName(code) ?? 'peer_away', reason);
      else this.#gone(closeName(code) ?? 'peer_away');
    }
    this.#host.released(this);
  }

  /** The session ended it. */
  sessionEnded(code: LinkCloseCode): void {
    if (!this.#over) this.#gone(code);
  }

  /** The host ends it, and is told no more than `released`. */
  hangUp(code: LinkCloseCode): void {
    if (this.#over) return;
    this.#over = true;
    this.#timeout.cancel();
    if (this.#session === undefined) this.#wire?.close(LINK_CLOSE[code], code);
    else this.#session.hangUp(code);
  }

  #read(message: Uint8Array): HandshakeStep {
    const bad = (text: string): HandshakeStep => ({ kind: 'refused', code: 'bad_handshake', message: text });
    if (message.byteLength > HANDSHAKE_BYTES_MAX) return bad(`a handshake of ${message.byteLength} bytes`);
    const packet = decodePacket(message);
    if (packet.kind === 'bad') return bad(packet.message);
    if (packet.kind !== PACKET.handshake || !packet.first || !packet.last) return bad('not a handshake');
    const content = decodeContent(packet.piece);
    if (content.kind === 'bad') return bad(content.message);
    return this.#handshake.step(content.value);
  }

  #step(step: HandshakeStep): void {
    switch (step.kind) {
      case 'send':
        this.#proofSent ||= step.message.type === 'proof';
        return this.#say(step.message);
      case 'refused-by-peer':
        return this.#fail('bad_handshake', step.message, step.code);
      case 'refused':
        this.#say({ type: 'refuse', code: step.code, message: step.message });
        return this.#fail(step.code, step.message);
      case 'proved': {
        const code = this.#host.refusal(this, step.peer);
        if (code !== undefined) {
          this.#say({ type: 'refuse', code, message: `${step.peer.node} is not taken: ${code}` });
          return this.#fail(code, `${step.peer.node} is not taken`);
        }
        this.#timeout.cancel();
        if (step.welcome !== undefined) this.#say(step.welcome);
        this.#session = this.#host.established(this, step.peer);
        this.#host.up(this);
      }
    }
  }

  #say(message: HandshakeMessage): void {
    const packet = encodePacket(PACKET.handshake, 0, JSON.stringify(message));
    if (contentBytes(packet) <= HANDSHAKE_BYTES_MAX) this.#wire?.send(packet);
  }

  /** Ends the handshake from this side; `said` is the code told to the host. */
  #fail(code: LinkCloseCode, message: string, said: string = code): void {
    if (this.#over || this.#session !== undefined) return;
    this.#failed(said, message);
    this.#wire?.close(LINK_CLOSE[code], code);
  }

  #failed(code: string, message: string): void {
    this.#over = true;
    this.#timeout.cancel();
    this.#host.failed(this, code, message);
  }

  #gone(code: string): void {
    this.#over = true;
    this.#session?.end();
    this.#host.gone(this, code);
  }
}
