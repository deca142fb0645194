import type { Clock, Timer } from '../../core/clock.ts';
import type { CameraId, NodeId } from '../../core/ids.ts';
import type { Standing } from '../../shards/cluster/brain-io.ts';
import type { LinkStream, LinkStreamEvents, NodeLinks } from '../links/port.ts';
import type { LiveHub, LivePeers } from './live-hub.ts';
import { NewsLinks } from './news-links.ts';
import type { NewsTopic } from './topics.ts';
import { type WatchHead, WatchLinks } from './watch-links.ts';

export interface LiveLinksOptions {
  readonly hub: LiveHub;
  readonly links: NodeLinks;
  readonly standingOf: (camera: CameraId) => Standing;
  readonly clock: Clock;
}

/** Streams that ended, and peers that could not be told, are looked after this often. */
const LOOK_MS = 500;

/** Lets watchers of this node see what happens at the others, and theirs what happens here. */
export class LiveLinks implements LivePeers {
  readonly pictures: WatchLinks;
  readonly news: NewsLinks;
  readonly #timer: Timer;

  constructor(options: LiveLinksOptions) {
    this.pictures = new WatchLinks(options);
    this.news = new NewsLinks(options);
    this.#timer = options.clock.every(LOOK_MS, () => this.followChanged());
    options.hub.join(this);
  }

  followChanged(): void {
    this.pictures.look();
    this.news.look();
  }

  publish(topic: NewsTopic, text: () => string): void {
    this.news.publish(topic, text);
  }

  /** The shard map has changed. */
  moved(): void {
    this.pictures.look();
  }

  readonly take = (stream: LinkStream, head: unknown, from: NodeId): LinkStreamEvents =>
    this.pictures.take(stream, head as WatchHead, from);

  close(): void {
    this.#timer.cancel();
    this.pictures.close();
  }
}
