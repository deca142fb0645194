import { NODES_MAX } from '../../config/limits.ts';
import type { Clock } from '../../core/clock.ts';
import { CamshardError } from '../../core/errors.ts';
import type { NodeId } from '../../core/ids.ts';
import type { Random } from '../../core/random.ts';
import { type BackoffLimits, backoffMs } from '../client/backoff.ts';
import type { Logger } from '../telemetry/log.ts';
import { type LinkPeer, type LinkSelf, newInstance } from './handshake.ts';
import type { LinkCloseCode } from './link-close.ts';
import { type ConnectionHost, LinkConnection } from './link-connection.ts';
import { newPeer, type Peer, statsOf } from './link-peer.ts';
import { LinkSession, type LinkSessionEvents } from './link-session.ts';
import type { LinkStats, LinkStream, LinkStreamEvents, NodeLinks } from './port.ts';
import { Refusals } from './refusals.ts';
import type { LinkListener } from './uws-wire.ts';
import { dialsFirst, whichLink } from './which-link.ts';
import type { Dial, Wire, WireEvents } from './wire.ts';
import { wsDial } from './ws-wire.ts';

export interface NodeLinksOptions {
  /** This node, and what it has in common with its peers. */
  readonly node: NodeId;
  readonly cluster: string;
  readonly secret: string;
  /** `cluster.linkCreditBytes`: pushes this node takes from each peer before it has given any back. */
  readonly creditBytes: number;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly dial?: Dial;
  readonly random?: Random;
  /** A peer not heard of for this long is gone, ms; it is asked each third of it. */
  readonly silenceMs?: number;
  /** From the dial to the welcome, ms. */
  readonly handshakeMs?: number;
}

/** What a node links with: the port, and the side that takes connections, for {@link serveLinks}. */
export interface ServedNodeLinks extends NodeLinks, LinkListener {
  /** Handshakes that came to nothing because one side refused the other, by code. */
  readonly refusals: ReadonlyMap<string, number>;
}

export const SILENCE_MS = 3_000;
const HANDSHAKE_MS = 2_000;
/** The node with the smaller id dials at once, the other after so long without a connection, ms. */
const YIELD_MS = 500;
/** Hand-offs wait for a connection, so tries never lie further apart than a second. */
const RECONNECT: BackoffLimits = { delayMsMin: 100, delayMsMax: 1_000 };
/** A connection that lasted this long was a good one: the next is tried at once, ms. */
const GOOD_MS = 1_000;
const GOODBYE_MS = 400;
/** Strangers that may be in a handshake at once. */
const HANDSHAKES_MAX = 64;
const DROPPED_MAX = 4 * NODES_MAX;

/**
 * The links of one node.
 *
 * **Who dials.** Both, so that a pair is linked where only one direction is open, and a restarted node is back without
 * waiting to be noticed; but the node with the larger id holds back YIELD_MS, so that as a rule only one does. Where two
 * connections of a pair meet all the same, {@link whichLink} says which stays.
 *
 * Who is not named and proves that it knows the secret is taken: it is ahead of this node in reading who the members are.
 * Who was named and is no longer is hung up on, and refused until it is named again or comes in another life.
 */
export function createNodeLinks(options: NodeLinksOptions): ServedNodeLinks {
  return new Links(options);
}

class Links implements ServedNodeLinks, ConnectionHost {
  readonly #options: NodeLinksOptions;
  readonly #self: LinkSelf;
  readonly #peers = new Map<NodeId, Peer>();
  /** Who is no longer named, and in which life. */
  readonly #dropped = new Map<NodeId, string>();
  readonly #connections = new Set<LinkConnection>();
  readonly #refusals: Refusals;
  readonly #onMessage: ((from: NodeId, message: unknown, attachment: Uint8Array | undefined) => void)[] = [];
  readonly #onPeer: ((node: NodeId, connected: boolean) => void)[] = [];
  readonly #onAsk = new Map<string, (body: unknown, from: NodeId) => Promise<unknown>>();
  #onStream: ((stream: LinkStream, head: unknown, from: NodeId) => LinkStreamEvents) | undefined;
  #closing = false;
  #allReleased: (() => void) | undefined;

  constructor(options: NodeLinksOptions) {
    this.#options = options;
    this.#refusals = new Refusals(options.clock, options.log);
    const { node, cluster, secret, creditBytes } = options;
    this.#self = { node, cluster, secret, creditBytes, instance: newInstance() };
  }

  get refusals(): ReadonlyMap<string, number> {
    return this.#refusals.counts;
  }

  setPeers(peers: readonly { readonly node: NodeId; readonly url: string }[]): void {
    if (this.#closing) return;
    const named = new Map(peers.filter(({ node }) => node !== this.#self.node).map(({ node, url }) => [node, url]));
    for (const peer of [...this.#peers.values()]) {
      if (peer.url !== undefined && !named.has(peer.node)) this.#drop(peer);
    }
    for (const [node, url] of named) {
      this.#dropped.delete(node);
      const peer = this.#peer(node);
      if (peer.url === url) continue;
      peer.url = url;
      if (peer.link !== undefined) continue;
      peer.dialling?.hangUp('goodbye');
      peer.dialling = undefined;
      peer.attempts = 0;
      this.#dialLater(peer);
    }
  }

  connected(node: NodeId): boolean {
    return this.#session(node) !== undefined;
  }

  send(node: NodeId, message: unknown, attachment?: Uint8Array): boolean {
    return this.#session(node)?.send(message, attachment) ?? false;
  }

  onMessage(listener: (from: NodeId, message: unknown, attachment: Uint8Array | undefined) => void): void {
    this.#onMessage.push(listener);
  }

  onPeer(listener: (node: NodeId, connected: boolean) => void): void {
    this.#onPeer.push(listener);
  }

  ask(node: NodeId, question: string, body: unknown, timeoutMs: number): Promise<unknown> {
    const session = this.#session(node);
    if (session === undefined) return Promise.reject(new CamshardError('peer_away', `no link to ${node}`));
    if (this.#peers.get(node)?.breaker.admits() === false) {
      return Promise.reject(new CamshardError('peer_away', `${node} has left the last questions unanswered`));
    }
    return session.ask(question, body, timeoutMs);
  }

  onAsk(question: string, answer: (body: unknown, from: NodeId) => Promise<unknown>): void {
    if (this.#onAsk.has(question)) throw new Error(`${question} is answered already`);
    this.#onAsk.set(question, answer);
  }

  openStream(node: NodeId, head: unknown, events: LinkStreamEvents): LinkStream | undefined {
    return this.#session(node)?.openStream(head, events);
  }

  onStream(listener: (stream: LinkStream, head: unknown, from: NodeId) => LinkStreamEvents): void {
    if (this.#onStream !== undefined) throw new Error('streams are taken already');
    this.#onStream = listener;
  }

  get stats(): readonly LinkStats[] {
    return [...this.#peers.values()].map((peer) => statsOf(peer, this.#options.creditBytes));
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      for (const peer of this.#peers.values()) {
        peer.retry?.cancel();
        peer.link?.session?.finish(GOODBYE_MS);
      }
      for (const connection of [...this.#connections]) if (!connection.session) connection.hangUp('goodbye');
    }
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      const deadline = this.#options.clock.after(3 * GOODBYE_MS, () => {
        for (const { wire } of [...this.#connections]) wire.terminate();
        resolve();
      });
      this.#allReleased = () => {
        deadline.cancel();
        resolve();
      };
    });
  }

  // The side that takes connections.

  get full(): string | undefined {
    if (this.#closing) return 'the node stops';
    let handshakes = 0;
    for (const { session, dialled } of this.#connections)
      if (session === undefined && dialled === undefined) handshakes++;
    return handshakes >= HANDSHAKES_MAX ? `${HANDSHAKES_MAX} handshakes are under way` : undefined;
  }

  accept(wire: Wire): WireEvents {
    const connection = this.#connection(undefined).attach(wire);
    if (this.#closing) connection.hangUp('goodbye');
    return connection;
  }

  // What connections tell.

  refusal(connection: LinkConnection, { node, instance }: LinkPeer): LinkCloseCode | undefined {
    if (this.#closing) return 'goodbye';
    if (this.#dropped.get(node) === instance) return 'not_named';
    const peer = this.#peers.get(node);
    if (peer === undefined && this.#peers.size >= NODES_MAX) return 'too_many_peers';
    const current = peer?.link?.session;
    if (current === undefined) return undefined;
    const dialledBy = (byThisNode: boolean): NodeId => (byThisNode ? this.#self.node : node);
    const old = { instance: current.peer.instance, dialledBy: dialledBy(current.dialled) };
    const fresh = { instance, dialledBy: dialledBy(connection.dialled !== undefined) };
    return whichLink(old, fresh, this.#self.node, node) === 'fresh' ? undefined : 'duplicate';
  }

  established(connection: LinkConnection, proven: LinkPeer): LinkSession {
    const peer = this.#peer(proven.node);
    const byThisNode = connection.dialled !== undefined;
    if (peer.dialling === connection) peer.dialling = undefined;
    // Its own attempt would only be refused, or take the place of this one; unless the peer may have taken it already.
    else if (peer.dialling !== undefined && !(peer.dialling.proofSent && this.#dialsFirst(peer.node))) {
      peer.dialling.hangUp('duplicate');
      peer.dialling = undefined;
    }
    peer.retry?.cancel();
    peer.retry = undefined;
    const old = peer.link;
    if (old !== undefined) {
      peer.link = undefined;
      old.hangUp('replaced');
      this.#tellPeer(peer.node, false);
    }
    const { clock, creditBytes, silenceMs = SILENCE_MS } = this.#options;
    const events = this.#sessionEvents(peer, connection);
    const session = new LinkSession(
      { wire: connection.wire, clock, peer: proven, dialled: byThisNode, creditBytes, silenceMs, events },
      peer.counters,
    );
    peer.link = connection;
    peer.linkedAtMs = clock.nowMs();
    peer.connections++;
    peer.breaker.succeeded();
    return session;
  }

  up(connection: LinkConnection): void {
    const node = connection.session?.peer.node;
    if (node !== undefined) this.#tellPeer(node, true);
  }

  failed(connection: LinkConnection, code: string, message: string): void {
    const to = connection.dialled;
    const peer = to === undefined ? undefined : this.#peers.get(to);
    this.#refusals.note(code, to, message);
    if (peer === undefined || peer.dialling !== connection) return;
    peer.dialling = undefined;
    if (peer.link !== undefined) return;
    peer.attempts++;
    const before = peer.breaker.kind;
    peer.breaker.failed();
    if (before === 'closed' && peer.breaker.kind === 'open') {
      this.#options.log.warn({ peer: to, url: peer.url, code, reason: message }, 'a node cannot be linked to');
    }
    this.#dialLater(peer);
  }

  gone(connection: LinkConnection, code: string): void {
    for (const peer of this.#peers.values()) {
      if (peer.link !== connection) continue;
      peer.link = undefined;
      peer.attempts = this.#options.clock.nowMs() - peer.linkedAtMs >= GOOD_MS ? 0 : peer.attempts + 1;
      this.#options.log.info({ peer: peer.node, code }, 'a node link ended');
      this.#tellPeer(peer.node, false);
      this.#dialLater(peer);
      this.#forgetUnnamed(peer);
      return;
    }
  }

  released(connection: LinkConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#allReleased?.();
  }

  // The rest.

  #session(node: NodeId): LinkSession | undefined {
    return this.#closing ? undefined : this.#peers.get(node)?.link?.session;
  }

  #dialsFirst(node: NodeId): boolean {
    return dialsFirst(this.#self.node, node) === this.#self.node;
  }

  #peer(node: NodeId): Peer {
    const known = this.#peers.get(node);
    if (known !== undefined) return known;
    const peer = newPeer(node, this.#options.clock);
    this.#peers.set(node, peer);
    return peer;
  }

  #drop(peer: Peer): void {
    this.#peers.delete(peer.node);
    peer.url = undefined;
    peer.retry?.cancel();
    peer.dialling?.hangUp('goodbye');
    const { link } = peer;
    if (link === undefined) return;
    peer.link = undefined;
    if (link.session !== undefined) this.#dropped.set(peer.node, link.session.peer.instance);
    for (const oldest of this.#dropped.keys()) {
      if (this.#dropped.size <= DROPPED_MAX) break;
      this.#dropped.delete(oldest);
    }
    link.hangUp('goodbye');
    this.#tellPeer(peer.node, false);
  }

  #forgetUnnamed(peer: Peer): void {
    if (peer.url === undefined && peer.link === undefined) this.#peers.delete(peer.node);
  }

  #dialLater(peer: Peer): void {
    if (this.#closing || peer.url === undefined || peer.link !== undefined || peer.dialling !== undefined) return;
    peer.retry?.cancel();
    const { clock, random = Math.random } = this.#options;
    const firstMs = this.#dialsFirst(peer.node) ? 0 : YIELD_MS;
    const delayMs = peer.attempts === 0 ? firstMs : backoffMs(peer.attempts - 1, RECONNECT, random);
    peer.retry = clock.after(delayMs, () => this.#dial(peer));
  }

  #dial(peer: Peer): void {
    peer.retry = undefined;
    if (this.#closing || peer.url === undefined || peer.link !== undefined || peer.dialling !== undefined) return;
    const { dial = wsDial(), clock } = this.#options;
    const connection = this.#connection(peer.node);
    peer.dialling = connection;
    connection.attach(dial(peer.url, connection, clock));
  }

  #connection(dialled: NodeId | undefined): LinkConnection {
    const { clock, handshakeMs = HANDSHAKE_MS } = this.#options;
    const connection = new LinkConnection(this, this.#self, dialled, clock, handshakeMs);
    this.#connections.add(connection);
    return connection;
  }

  #sessionEvents(peer: Peer, connection: LinkConnection): LinkSessionEvents {
    const from = peer.node;
    const fault = (error: unknown): void =>
      this.#options.log.error({ err: error, peer: from }, 'a link message failed');
    return {
      message: (message, attachment) => {
        for (const listener of this.#onMessage) listener(from, message, attachment);
      },
      stream: (stream, head) => this.#onStream?.(stream, head, from),
      question: (question) => {
        const answer = this.#onAsk.get(question);
        return answer === undefined ? undefined : (body) => answer(body, from);
      },
      outcome: (outcome) => {
        if (outcome === 'answered') peer.breaker.succeeded();
        else peer.breaker.failed();
      },
      ended: (code) => connection.sessionEnded(code),
      fault,
    };
  }

  #tellPeer(node: NodeId, connected: boolean): void {
    for (const listener of this.#onPeer) {
      try {
        listener(node, connected);
      } catch (error) {
        this.#options.log.error({ err: error, peer: node }, 'a link message failed');
      }
    }
  }
}
