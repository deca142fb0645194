import type { Clock, Timer } from '../../core/clock.ts';
import type { NodeId } from '../../core/ids.ts';
import type { LinkConnection } from './link-connection.ts';
import type { LinkCounters } from './link-session.ts';
import { PeerBreaker } from './peer-breaker.ts';
import type { LinkStats } from './port.ts';

/** What a node keeps of one peer, across its connections. */
export interface Peer {
  readonly node: NodeId;
  /** `undefined` of a peer that came by itself and was not named yet. */
  url: string | undefined;
  /** The one connection of the pair, while it is up. */
  link: LinkConnection | undefined;
  linkedAtMs: number;
  dialling: LinkConnection | undefined;
  retry: Timer | undefined;
  /** Since the last good connection. */
  attempts: number;
  connections: number;
  readonly breaker: PeerBreaker;
  readonly counters: LinkCounters;
}

export const newPeer = (node: NodeId, clock: Clock): Peer => ({
  node,
  url: undefined,
  link: undefined,
  linkedAtMs: 0,
  dialling: undefined,
  retry: undefined,
  attempts: 0,
  connections: 0,
  breaker: new PeerBreaker(clock),
  counters: { sent: 0, received: 0, refused: 0 },
});

/** @param creditBytes shown while no peer has said how much it gives */
export function statsOf({ node, link, counters, connections, breaker }: Peer, creditBytes: number): LinkStats {
  const session = link?.session;
  return {
    node,
    connected: session !== undefined,
    streams: session?.streams ?? 0,
    outstandingBytes: session?.outstandingBytes ?? 0,
    creditBytes: session?.peer.creditBytes ?? creditBytes,
    ...counters,
    reconnects: Math.max(0, connections - 1),
    breaker: breaker.kind,
    roundTripMs: session?.roundTripMs,
  };
}
