import type { Clock } from '../../core/clock.ts';
import { type CameraId, type NodeId, parseCameraId } from '../../core/ids.ts';
import type { Standing } from '../../shards/cluster/brain-io.ts';
import type { LinkStream, LinkStreamEvents, NodeLinks } from '../links/port.ts';
import type { LiveHub } from './live-hub.ts';

export interface WatchLinksOptions {
  readonly hub: Pick<LiveHub, 'followedCameras' | 'takePictures' | 'deliverFrame'>;
  readonly links: Pick<NodeLinks, 'openStream' | 'stats'>;
  readonly standingOf: (camera: CameraId) => Standing;
  readonly clock: Clock;
}

/** What opens the stream. On it go pictures from the owner as `CSV1`, whole, and nothing the other way. */
export interface WatchHead {
  readonly kind: 'watch';
  readonly camera: string;
}

export interface WatchCounts {
  /** Streams opened to owners, all that were. */
  opened: number;
  /** Pictures to other nodes, and those skipped as their link had no room. */
  sent: number;
  skipped: number;
  /** Pictures from other nodes. */
  received: number;
}

/** Cameras served here that other nodes watch, at once; each costs a copy of its pictures. */
const WATCHED_MAX = 4_096;
/** Of a link's credit: the rest is for frames that are relayed, which are the work. */
const CREDIT_SHARE = 1 / 4;
/** Links are asked for their credit this often, ms; in between it is counted down. */
const CREDIT_ASKED_MS = 20;

const NOTHING: LinkStreamEvents = { told: () => {}, pushed: (_head, _bytes, done) => done(), ended: () => {} };

interface Followed {
  readonly node: NodeId;
  readonly stream: LinkStream;
}

/**
 * Pictures for watchers at nodes that do not serve the camera. One stream a camera and node, opened with the first
 * watcher, closed with the last, and opened again elsewhere when the camera's shard moves.
 */
export class WatchLinks {
  readonly counts: WatchCounts = { opened: 0, sent: 0, skipped: 0, received: 0 };
  readonly #o: WatchLinksOptions;
  readonly #followed = new Map<CameraId, Followed>();
  readonly #roomBytes = new Map<NodeId, number>();
  #roomAskedMs = Number.NEGATIVE_INFINITY;
  #watched = 0;

  constructor(options: WatchLinksOptions) {
    this.#o = options;
  }

  /** Cameras of other nodes that watchers here get. */
  get followed(): number {
    return this.#followed.size;
  }

  /** Cameras served here, by watching node. */
  get watched(): number {
    return this.#watched;
  }

  /** Who is watched, or who serves whom, has changed. */
  look(): void {
    const { hub, standingOf } = this.#o;
    const wanted = new Set(hub.followedCameras());
    for (const camera of this.#followed.keys()) if (!wanted.has(camera)) this.#leave(camera);
    for (const camera of wanted) {
      const standing = standingOf(camera);
      if (standing.kind === 'owned') this.#leave(camera);
      // On the move, or nobody's at the moment: whoever had it last may still have something to show.
      if (standing.kind === 'remote') this.#follow(camera, standing.node);
    }
  }

  /** Another node watches a camera. */
  take(stream: LinkStream, head: WatchHead, from: NodeId): LinkStreamEvents {
    const camera = parseCameraId(String(head.camera));
    if (camera === undefined || this.#watched >= WATCHED_MAX) {
      stream.end();
      return NOTHING;
    }
    this.#watched++;
    const stop = this.#o.hub.takePictures(camera, (message) => {
      const sent = this.#takeRoom(from, message.byteLength) && stream.push(null, message) === 'sent';
      this.counts[sent ? 'sent' : 'skipped']++;
    });
    return {
      ...NOTHING,
      ended: () => {
        this.#watched--;
        stop();
      },
    };
  }

  close(): void {
    for (const camera of [...this.#followed.keys()]) this.#leave(camera);
  }

  #follow(camera: CameraId, node: NodeId): void {
    if (this.#followed.get(camera)?.node === node) return;
    this.#leave(camera);
    const head: WatchHead = { kind: 'watch', camera };
    const stream = this.#o.links.openStream(node, head, {
      told: () => {},
      pushed: (_head, bytes, done) => {
        this.counts.received++;
        this.#o.hub.deliverFrame(camera, bytes);
        done();
      },
      // Opened again with the next look, where it is still wanted.
      ended: () => {
        if (this.#followed.get(camera)?.stream === stream) this.#followed.delete(camera);
      },
    });
    if (stream === undefined) return;
    this.counts.opened++;
    this.#followed.set(camera, { node, stream });
  }

  #leave(camera: CameraId): void {
    const followed = this.#followed.get(camera);
    this.#followed.delete(camera);
    followed?.stream.end();
  }

  /** A picture that waits is an old one: what finds no room on the link is skipped. */
  #takeRoom(node: NodeId, bytes: number): boolean {
    const { links, clock } = this.#o;
    const nowMs = clock.nowMs();
    if (nowMs - this.#roomAskedMs >= CREDIT_ASKED_MS) {
      this.#roomAskedMs = nowMs;
      this.#roomBytes.clear();
      for (const { node: peer, creditBytes, outstandingBytes } of links.stats) {
        // A picture larger than the share goes alone.
        const room = outstandingBytes === 0 ? Number.POSITIVE_INFINITY : creditBytes * CREDIT_SHARE - outstandingBytes;
        this.#roomBytes.set(peer, room);
      }
    }
    const room = this.#roomBytes.get(node) ?? 0;
    if (bytes > room) return false;
    const shareBytes = Number.isFinite(room) ? room : this.#shareOf(node);
    this.#roomBytes.set(node, shareBytes - bytes);
    return true;
  }

  #shareOf(node: NodeId): number {
    const creditBytes = this.#o.links.stats.find((link) => link.node === node)?.creditBytes ?? 0;
    return creditBytes * CREDIT_SHARE;
  }
}
