import { afterEach, describe, expect, it } from 'vitest';
import { type CameraId, epoch, type NodeId, nodeId } from '../../../../core/ids.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import type { Standing } from '../../../../shards/cluster/brain-io.ts';
import { MemoryNetwork } from '../../../../src/links/memory-links.ts';
import type { ServedNodeLinks } from '../../../../src/links/node-links.ts';
import type { LivePeers, PictureTaker } from '../../../../src/live/live-hub.ts';
import { LiveLinks } from '../../../../src/live/live-links.ts';
import type { NewsTopic } from '../../../../src/live/topics.ts';

const CAMERA = 'gate' as CameraId;
const picture = (n: number, bytes = 8): Uint8Array => new Uint8Array(bytes).fill(n);
/** Wires deliver at the end of a turn, one after the other. */
const turns = async (): Promise<void> => {
  for (let i = 0; i < 200; i++) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
};

/** What watchers of a node follow, and what they heard. */
class FakeHub {
  readonly cameras = new Set<CameraId>();
  readonly topics = new Set<NewsTopic>();
  readonly takers = new Set<PictureTaker>();
  readonly heard: string[] = [];
  peers: LivePeers | undefined;

  join(peers: LivePeers): void {
    this.peers = peers;
  }
  followedCameras(): Iterable<CameraId> {
    return this.cameras;
  }
  follows(topic: NewsTopic): boolean {
    return this.topics.has(topic);
  }
  takePictures(_camera: CameraId, take: PictureTaker): () => void {
    this.takers.add(take);
    return () => this.takers.delete(take);
  }
  deliverFrame(camera: CameraId, message: Uint8Array): void {
    this.heard.push(`${camera} ${message[0]}`);
  }
  deliver(topic: NewsTopic, text: () => string): void {
    this.heard.push(`${topic} ${text()}`);
  }
}

interface TestNode {
  readonly node: NodeId;
  readonly links: ServedNodeLinks;
  readonly hub: FakeHub;
  readonly live: LiveLinks;
  /** Pictures of the camera, as its owner publishes them. */
  show(n: number, bytes?: number): void;
}

describe('live topics over node links', () => {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock });
  const nodes: TestNode[] = [];
  let owner: Standing;
  afterEach(async () => {
    for (const { live, links } of nodes.splice(0)) {
      live.close();
      void links.close();
    }
    await turns();
  });

  async function start(...names: readonly string[]): Promise<TestNode[]> {
    for (const name of names) {
      const node = nodeId(name);
      const links = network.join(node, { creditBytes: 64 * 1024 });
      const hub = new FakeHub();
      const standingOf = (): Standing => (owner.kind === 'remote' && owner.node === node ? OWNED : owner);
      const live = new LiveLinks({ hub: hub as never, links, standingOf, clock });
      links.onStream((stream, head, from) => live.take(stream, head, from));
      const show = (n: number, bytes?: number): void => {
        for (const take of [...hub.takers]) take(picture(n, bytes));
      };
      nodes.push({ node, links, hub, live, show });
    }
    for (const { links } of nodes) links.setPeers(nodes.map(({ node }) => ({ node, url: network.urlOf(node) })));
    await turns();
    clock.advance(600);
    await turns();
    return nodes;
  }
  const OWNED: Standing = { kind: 'owned', epoch: epoch(1) };
  const ownedBy = (name: string, at = 1): Standing => ({ kind: 'remote', node: nodeId(name), epoch: epoch(at) });

  it('bring a camera’s pictures from its owner, follow it when it moves, and end with the last watcher', async () => {
    owner = ownedBy('b');
    const [a, b, c] = (await start('a', 'b', 'c')) as [TestNode, TestNode, TestNode];
    a.hub.cameras.add(CAMERA);
    a.live.followChanged();
    await turns();
    b.show(1);
    await turns();
    expect(a.hub.heard).toEqual(['gate 1']);
    // On the move nobody knows better than whoever had it.
    owner = { kind: 'held', why: 'moving' };
    a.live.moved();
    b.show(2);
    await turns();
    owner = ownedBy('c', 2);
    a.live.moved();
    await turns();
    expect(b.hub.takers.size).toBe(0);
    c.show(3);
    await turns();
    expect(a.hub.heard).toEqual(['gate 1', 'gate 2', 'gate 3']);
    owner = ownedBy('a', 3);
    a.live.moved();
    await turns();
    expect([c.hub.takers.size, a.live.pictures.followed]).toEqual([0, 0]);
    owner = ownedBy('b', 4);
    a.live.moved();
    await turns();
    expect(b.hub.takers.size).toBe(1);
    a.hub.cameras.clear();
    a.live.followChanged();
    await turns();
    expect([b.hub.takers.size, b.live.pictures.watched]).toEqual([0, 0]);
  });

  it('are watched again once a link that was cut is back', async () => {
    owner = ownedBy('b');
    const [a, b] = (await start('a', 'b')) as [TestNode, TestNode];
    a.hub.cameras.add(CAMERA);
    a.live.followChanged();
    await turns();
    network.cut(a.node, b.node);
    await turns();
    expect(b.hub.takers.size).toBe(0);
    for (let i = 0; i < 10 && b.hub.takers.size === 0; i++) {
      clock.advance(500);
      await turns();
    }
    b.show(1);
    await turns();
    expect(a.hub.heard).toEqual(['gate 1']);
  });

  it('skip pictures a link has no room for, leaving the most of it to relayed frames', async () => {
    owner = ownedBy('b');
    const [a, b] = (await start('a', 'b')) as [TestNode, TestNode];
    a.hub.cameras.add(CAMERA);
    a.live.followChanged();
    await turns();
    for (let i = 0; i < 10; i++) b.show(i, 6 * 1024);
    expect(b.live.pictures.counts).toMatchObject({ sent: 2, skipped: 8 });
    await turns();
    clock.advance(100);
    await turns();
    b.show(99, 6 * 1024);
    await turns();
    expect(a.hub.heard).toEqual(['gate 0', 'gate 1', 'gate 99']);
  });

  it('send news to those that follow them, once and no further', async () => {
    owner = ownedBy('b');
    const [a, b, c] = (await start('a', 'b', 'c')) as [TestNode, TestNode, TestNode];
    let made = 0;
    const tell = (from: TestNode, topic: NewsTopic, text: string): void =>
      from.live.publish(topic, () => {
        made++;
        return text;
      });
    tell(b, 'alerts', '0');
    expect(made).toBe(0);
    a.hub.topics.add('alerts');
    c.hub.topics.add('alerts').add('events');
    for (const { live } of [a, c]) live.followChanged();
    await turns();
    tell(b, 'alerts', '1');
    tell(b, 'events', '2');
    tell(b, 'cluster', '3');
    expect(made).toBe(2);
    await turns();
    expect([a.hub.heard, b.hub.heard, c.hub.heard]).toEqual([['alerts 1'], [], ['alerts 1', 'events 2']]);
    a.hub.topics.clear();
    a.live.followChanged();
    await turns();
    tell(b, 'alerts', '4');
    await turns();
    expect(a.hub.heard).toEqual(['alerts 1']);
    expect(b.live.news.counts).toMatchObject({ sent: 4, lost: 0 });
  });

  it('tell what is followed anew to a peer whose link was made anew', async () => {
    owner = ownedBy('b');
    const [a, b] = (await start('a', 'b')) as [TestNode, TestNode];
    a.hub.topics.add('events');
    a.live.followChanged();
    await turns();
    network.cut(a.node, b.node);
    await turns();
    b.live.publish('events', () => 'lost');
    for (let i = 0; i < 10; i++) {
      clock.advance(500);
      await turns();
    }
    b.live.publish('events', () => 'kept');
    await turns();
    expect(a.hub.heard).toEqual(['events kept']);
  });
});
