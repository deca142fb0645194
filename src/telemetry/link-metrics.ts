import { Counter, Gauge, type Registry } from 'prom-client';
import type { ClusterMember } from '../cluster/cluster-member.ts';
import type { LinkStats } from '../links/port.ts';
import { byReason, type Labels, pulled, single } from './pulled-metric.ts';

const BREAKER_LEVELS = { closed: 0, half_open: 1, open: 2 } as const;

/** Links to other nodes, and the cameras relayed over them. Label `peer` has `NODES_MAX` values at most. */
export function registerLinks(
  registry: Registry,
  { links, relayCounts }: Pick<ClusterMember, 'links' | 'relayCounts'>,
): void {
  type Read = (link: LinkStats) => number | undefined;
  const each = (Kind: typeof Counter | typeof Gauge, name: string, help: string, read: Read): void =>
    pulled(registry, Kind, name, help, ['peer'], function* (): Iterable<readonly [Labels, number]> {
      for (const link of links.stats) {
        const value = read(link);
        if (value !== undefined) yield [{ peer: link.node }, value];
      }
    });
  each(Gauge, 'camshard_link_connected', 'Whether there is a connection to the peer: 0 or 1.', (l) =>
    l.connected ? 1 : 0,
  );
  each(Gauge, 'camshard_link_streams', 'Streams open on the link, both ways.', (l) => l.streams);
  each(
    Gauge,
    'camshard_link_outstanding_bytes',
    'Bytes pushed to the peer that it has not given back yet.',
    (l) => l.outstandingBytes,
  );
  each(Gauge, 'camshard_link_credit_bytes', 'Bytes the peer takes before it has given any back.', (l) => l.creditBytes);
  each(Gauge, 'camshard_link_round_trip_seconds', 'Round trip of the last ping to the peer, seconds.', (l) =>
    l.roundTripMs === undefined ? undefined : l.roundTripMs / 1_000,
  );
  each(Counter, 'camshard_link_messages_sent_total', 'Messages sent to the peer.', (l) => l.sent);
  each(Counter, 'camshard_link_messages_received_total', 'Messages received from the peer.', (l) => l.received);
  each(Counter, 'camshard_link_messages_refused_total', 'Messages the link took no more of.', (l) => l.refused);
  each(Counter, 'camshard_link_reconnects_total', 'Times the link was made anew.', (l) => l.reconnects);
  each(
    Gauge,
    'camshard_link_breaker',
    'Circuit breaker of questions to the peer: 0 closed, 1 half open, 2 open.',
    (l) => BREAKER_LEVELS[l.breaker],
  );
  pulled(
    registry,
    Counter,
    'camshard_link_handshakes_refused_total',
    'Handshakes in which one side refused the other, by code.',
    ['reason'],
    byReason(() => links.refusals),
  );
  const counter = (name: string, help: string, read: () => number): void =>
    pulled(registry, Counter, name, help, [], single(read));
  counter(
    'camshard_relays_opened_total',
    'Cameras and requests relayed to the owners of their shards.',
    () => relayCounts.opened,
  );
  counter('camshard_relayed_frames_total', 'Frames relayed to the owners of their shards.', () => relayCounts.frames);
  counter(
    'camshard_relayed_frames_lost_total',
    'Relayed frames whose answer never came: lost as `link`.',
    () => relayCounts.lost,
  );
}
