import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type NodeId, nodeId } from '../../core/ids.ts';
import type { LinkCloseCode } from './link-close.ts';

/**
 * Two nodes prove to each other that they know the cluster's secret, without sending it:
 *
 *     dialler                                              listener
 *     hello     protocol, cluster, who I am, whom I want, nonce ──►
 *               ◄── challenge                 protocol, who I am, nonce
 *     proof     HMAC-SHA256(secret, 'dialler' + transcript) ──►
 *               ◄── welcome   HMAC-SHA256(secret, 'listener' + transcript)
 *
 * The transcript is everything both have said, so that neither an answer of another connection nor one's own sent back
 * proves anything (ISO/IEC 9798-4, mutual authentication in three passes). The dialler proves itself first: a stranger
 * who knocks gets nothing to try secrets on. What follows is not bound to the proof: over networks that strangers can
 * change, use wss. There the peers' certificates are checked against Node's authorities; NODE_EXTRA_CA_CERTS adds one.
 */
export const LINK_PROTOCOL = 1;

/** What a node says of itself. */
export interface LinkSelf {
  readonly node: NodeId;
  /** This life of the node: a restarted one has another. */
  readonly instance: string;
  readonly cluster: string;
  readonly secret: string;
  /** Bytes of pushes it takes from one peer before it has given any back. */
  readonly creditBytes: number;
}

/** Who the other side has proved to be. */
export interface LinkPeer {
  readonly node: NodeId;
  readonly instance: string;
  readonly creditBytes: number;
}

interface Said {
  readonly node: string;
  readonly instance: string;
  readonly nonce: string;
  readonly creditBytes: number;
}

export type HandshakeMessage =
  | ({ readonly type: 'hello'; readonly protocol: number; readonly cluster: string; readonly to: string } & Said)
  | ({ readonly type: 'challenge'; readonly protocol: number } & Said)
  | { readonly type: 'proof'; readonly proof: string }
  | { readonly type: 'welcome'; readonly proof: string }
  | { readonly type: 'refuse'; readonly code: string; readonly message: string };

export type HandshakeStep =
  | { readonly kind: 'send'; readonly message: HandshakeMessage }
  /** The peer is who it says; a listener sends `welcome` where it takes the peer. */
  | { readonly kind: 'proved'; readonly peer: LinkPeer; readonly welcome: HandshakeMessage | undefined }
  | { readonly kind: 'refused'; readonly code: LinkCloseCode; readonly message: string }
  /** The other side refused; nothing need be said to it. */
  | { readonly kind: 'refused-by-peer'; readonly code: string; readonly message: string };

const NONCE_BYTES = 32;
const newNonce = (): string => randomBytes(NONCE_BYTES).toString('hex');
/** A random name for this life of a node. */
export const newInstance = (): string => randomBytes(12).toString('hex');

const refused = (code: LinkCloseCode, message: string): HandshakeStep => ({ kind: 'refused', code, message });

/** The dialler's side. `hello` is sent first. */
export class DiallerHandshake {
  readonly hello: HandshakeMessage & { readonly type: 'hello' };
  readonly #self: LinkSelf;
  readonly #to: NodeId;
  #transcript: string | undefined;
  #peer: LinkPeer | undefined;

  constructor(self: LinkSelf, to: NodeId, nonce: string = newNonce()) {
    this.#self = self;
    this.#to = to;
    const { node, instance, cluster, creditBytes } = self;
    this.hello = { type: 'hello', protocol: LINK_PROTOCOL, cluster, node, instance, to, nonce, creditBytes };
  }

  step(given: unknown): HandshakeStep {
    const message = readHandshake(given);
    if (message?.type === 'refuse') return { kind: 'refused-by-peer', code: message.code, message: message.message };
    if (message?.type === 'challenge' && this.#peer === undefined) {
      if (message.protocol !== LINK_PROTOCOL) return wrongProtocol(message.protocol);
      if (message.node !== this.#to) {
        return refused('wrong_node', `dialled ${this.#to}, and ${message.node} answers: check cluster.linkUrl`);
      }
      this.#peer = peerOf(message);
      this.#transcript = transcript(this.hello, message);
      return {
        kind: 'send',
        message: { type: 'proof', proof: prove(this.#self.secret, 'dialler', this.#transcript) },
      };
    }
    if (message?.type === 'welcome' && this.#peer !== undefined && this.#transcript !== undefined) {
      if (!proves(message.proof, this.#self.secret, 'listener', this.#transcript)) return wrongSecret();
      return { kind: 'proved', peer: this.#peer, welcome: undefined };
    }
    return refused('bad_handshake', 'not what comes next in a handshake');
  }
}

/** The listener's side. */
export class ListenerHandshake {
  readonly #self: LinkSelf;
  readonly #nonce: string;
  #transcript: string | undefined;
  #peer: LinkPeer | undefined;

  constructor(self: LinkSelf, nonce: string = newNonce()) {
    this.#self = self;
    this.#nonce = nonce;
  }

  /** What the dialler says it is: not proved. */
  get claims(): string | undefined {
    return this.#peer?.node;
  }

  step(given: unknown): HandshakeStep {
    const message = readHandshake(given);
    const { node, instance, cluster, secret, creditBytes } = this.#self;
    if (message?.type === 'hello' && this.#peer === undefined) {
      this.#peer = peerOf(message);
      if (message.protocol !== LINK_PROTOCOL) return wrongProtocol(message.protocol);
      if (message.cluster !== cluster) return refused('wrong_cluster', `this node is of another cluster`);
      if (message.node === node) return refused('same_node', `this node is called ${node} too`);
      if (message.to !== node) {
        return refused('wrong_node', `this is ${node}, not ${message.to}: check its cluster.linkUrl`);
      }
      const nonce = this.#nonce;
      const challenge = { type: 'challenge', protocol: LINK_PROTOCOL, node, instance, nonce, creditBytes } as const;
      this.#transcript = transcript(message, challenge);
      return { kind: 'send', message: challenge };
    }
    if (message?.type === 'proof' && this.#peer !== undefined && this.#transcript !== undefined) {
      if (!proves(message.proof, secret, 'dialler', this.#transcript)) return wrongSecret();
      const proof = prove(secret, 'listener', this.#transcript);
      return { kind: 'proved', peer: this.#peer, welcome: { type: 'welcome', proof } };
    }
    if (message?.type === 'refuse') return { kind: 'refused-by-peer', code: message.code, message: message.message };
    return refused('bad_handshake', 'not what comes next in a handshake');
  }
}

const wrongSecret = (): HandshakeStep => refused('wrong_secret', 'its cluster.secret is not the one of this node');
const wrongProtocol = (protocol: number): HandshakeStep =>
  refused('unsupported_protocol', `link protocol ${protocol}, this node speaks ${LINK_PROTOCOL}`);

const peerOf = (said: Said): LinkPeer => ({
  node: nodeId(said.node),
  instance: said.instance,
  creditBytes: said.creditBytes,
});

/** JSON of a list of both sides' words: no two different ones read the same. */
function transcript(hello: HandshakeMessage & { type: 'hello' }, challenge: Said & { protocol: number }): string {
  const said = (s: Said): readonly unknown[] => [s.node, s.instance, s.nonce, s.creditBytes];
  return JSON.stringify(['camshard-link', hello.protocol, hello.cluster, hello.to, ...said(hello), ...said(challenge)]);
}

function prove(secret: string, role: 'dialler' | 'listener', said: string): string {
  return createHmac('sha256', secret).update(`${role}\n${said}`).digest('hex');
}

function proves(given: string, secret: string, role: 'dialler' | 'listener', said: string): boolean {
  const expected = Buffer.from(prove(secret, role, said));
  const bytes = Buffer.from(given);
  return bytes.byteLength === expected.byteLength && timingSafeEqual(bytes, expected);
}

const TEXT_LENGTH_MAX = 256;

/** Takes what a stranger sent only where each field is what it should be. */
function readHandshake(given: unknown): HandshakeMessage | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const message = given as Readonly<Record<string, unknown>>;
  const texts = (...keys: readonly string[]): boolean =>
    keys.every((key) => {
      const value = message[key];
      return typeof value === 'string' && value !== '' && value.length <= TEXT_LENGTH_MAX;
    });
  const said = (): boolean =>
    texts('node', 'instance', 'nonce') &&
    Number.isSafeInteger(message.protocol) &&
    Number.isSafeInteger(message.creditBytes) &&
    Number(message.creditBytes) > 0;
  switch (message.type) {
    case 'hello':
      return said() && texts('cluster', 'to') ? (message as unknown as HandshakeMessage) : undefined;
    case 'challenge':
      return said() ? (message as unknown as HandshakeMessage) : undefined;
    case 'proof':
    case 'welcome':
      return texts('proof') ? (message as unknown as HandshakeMessage) : undefined;
    case 'refuse':
      return texts('code', 'message') ? (message as unknown as HandshakeMessage) : undefined;
    default:
      return undefined;
  }
}
