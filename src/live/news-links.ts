import type { NodeId } from '../../core/ids.ts';
import type { NodeLinks } from '../links/port.ts';
import type { LiveHub } from './live-hub.ts';
import { isNewsTopic, NEWS_TOPICS, type NewsTopic } from './topics.ts';

export interface NewsLinksOptions {
  readonly hub: Pick<LiveHub, 'follows' | 'deliver'>;
  readonly links: Pick<NodeLinks, 'send' | 'onMessage' | 'onPeer' | 'stats'>;
}

/** To each peer: what watchers of this node follow from now on. */
interface FollowMessage {
  readonly kind: 'live-follow';
  readonly topics: readonly NewsTopic[];
}

/** To those that follow it; its text is the attachment. */
interface NewsMessage {
  readonly kind: 'live-news';
  readonly topic: NewsTopic;
}

/**
 * Topics `alerts`, `events` and `cluster` over all nodes: each tells its peers which of them somebody there follows, and
 * sends what it publishes itself to those. What came over a link goes to watchers and never on.
 */
export class NewsLinks {
  /** What a link took no more of. */
  readonly counts = { sent: 0, lost: 0, received: 0 };
  readonly #o: NewsLinksOptions;
  /** What watchers of each peer follow. */
  readonly #followers = new Map<NodeId, ReadonlySet<NewsTopic>>();
  /** What each peer was told last, over its present connection. */
  readonly #told = new Map<NodeId, string>();

  constructor(options: NewsLinksOptions) {
    this.#o = options;
    const { links } = options;
    links.onMessage((from, message, attachment) =>
      this.#heard(from, message as FollowMessage | NewsMessage, attachment),
    );
    links.onPeer((node, connected) => {
      this.#told.delete(node);
      if (connected) this.look();
      else this.#followers.delete(node);
    });
  }

  /** What is followed here has changed, or somebody may not have been told. */
  look(): void {
    const { hub, links } = this.#o;
    const topics = NEWS_TOPICS.filter((topic) => hub.follows(topic));
    const tell = topics.join();
    for (const { node, connected } of links.stats) {
      // Who was told nothing takes it that nothing is wanted.
      if (!connected || (this.#told.get(node) ?? '') === tell) continue;
      if (links.send(node, { kind: 'live-follow', topics } satisfies FollowMessage)) this.#told.set(node, tell);
    }
  }

  publish(topic: NewsTopic, text: () => string): void {
    let bytes: Uint8Array | undefined;
    for (const [node, topics] of this.#followers) {
      if (!topics.has(topic)) continue;
      bytes ??= Buffer.from(text());
      const sent = this.#o.links.send(node, { kind: 'live-news', topic } satisfies NewsMessage, bytes);
      this.counts[sent ? 'sent' : 'lost']++;
    }
  }

  #heard(from: NodeId, message: FollowMessage | NewsMessage, attachment: Uint8Array | undefined): void {
    if (message.kind === 'live-follow') this.#followers.set(from, new Set(message.topics.filter(isNewsTopic)));
    else if (message.kind === 'live-news' && attachment !== undefined && isNewsTopic(message.topic)) {
      this.counts.received++;
      this.#o.hub.deliver(message.topic, () => Buffer.from(attachment).toString());
    }
  }
}
