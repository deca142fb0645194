import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LINK_ASKS_MAX } from '../../config/limits.ts';
import { systemClock } from '../../core/clock.ts';
import { CamshardError, errorCode } from '../../core/errors.ts';
import { type NodeId, nodeId } from '../../core/ids.ts';
import { createRandom } from '../../core/random.ts';
import { MemoryNetwork } from '../../src/links/memory-links.ts';
import type { NodeLinksOptions } from '../../src/links/node-links.ts';
import type { LinkStream, LinkStreamEvents, NodeLinks } from '../../src/links/port.ts';
import { startLinkNode } from '../support/link-nodes.ts';
import { until } from '../support/until.ts';

interface Node {
  readonly node: NodeId;
  readonly url: string;
  readonly links: NodeLinks;
  close(): Promise<void>;
}

type Options = Pick<NodeLinksOptions, 'creditBytes'>;

/** Adapters: how a node comes to have links. */
const ADAPTERS = {
  memory: () => {
    const network = new MemoryNetwork({ clock: systemClock });
    return async (name: string, options: Partial<Options>): Promise<Node> => {
      const node = nodeId(name);
      const links = network.join(node, options);
      return { node, url: network.urlOf(node), links, close: () => links.close() };
    };
  },
  sockets: () => (name: string, options: Partial<Options>) => startLinkNode(name, options) as Promise<Node>,
} as const;

const SNAPSHOT_BYTES = 30 * 1024 * 1024;

describe.each(Object.keys(ADAPTERS) as (keyof typeof ADAPTERS)[])('node links over %s', (name) => {
  const started: Node[] = [];
  let start: (name: string, options: Partial<Options>) => Promise<Node>;
  let a: Node;
  let b: Node;

  const node = async (called: string, options: Partial<Options> = {}): Promise<Node> => {
    const it = await start(called, options);
    started.push(it);
    return it;
  };
  const linked = (...nodes: Node[]): Promise<true> =>
    until('each is linked to each', () =>
      nodes.every((one) => nodes.every((other) => one === other || one.links.connected(other.node))),
    );

  beforeEach(async () => {
    start = ADAPTERS[name]();
    a = await node('a');
    b = await node('b', { creditBytes: 200_000 });
    a.links.setPeers([a, b]);
    b.links.setPeers([a, b]);
    await linked(a, b);
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((one) => one.close()));
  });

  it('carries JSON both ways, in order', async () => {
    const toA: unknown[] = [];
    const toB: unknown[] = [];
    a.links.onMessage((from, message) => toA.push([from, message]));
    b.links.onMessage((from, message) => toB.push([from, message]));
    for (let n = 0; n < 100; n++) {
      expect(a.links.send(b.node, { n, text: 'über' })).toBe(true);
      expect(b.links.send(a.node, n)).toBe(true);
    }
    await until('all have come', () => toA.length === 100 && toB.length === 100);
    expect(toB).toEqual(Array.from({ length: 100 }, (_, n) => ['a', { n, text: 'über' }]));
    expect(toA).toEqual(Array.from({ length: 100 }, (_, n) => ['b', n]));
  });

  it('carries a snapshot of 30 MB as it was, and lets small messages overtake it', async () => {
    const random = createRandom(5);
    const snapshot = new Uint8Array(SNAPSHOT_BYTES).map(() => random() * 256);
    const came: string[] = [];
    let received: Uint8Array | undefined;
    b.links.onMessage((_from, message, attachment) => {
      came.push(String(message));
      received ??= attachment;
    });
    expect(a.links.send(b.node, 'snapshot', snapshot)).toBe(true);
    expect(a.links.send(b.node, 'small')).toBe(true);
    await until('both have come', () => came.length === 2);
    expect(came).toEqual(['small', 'snapshot']);
    expect(Buffer.compare(received ?? new Uint8Array(0), snapshot)).toBe(0);
  });

  it('takes no more messages than it may hold for a peer', () => {
    const megabytes = new Uint8Array(40 * 1024 * 1024);
    expect(a.links.send(b.node, 'first', megabytes)).toBe(true);
    expect(a.links.send(b.node, 'second', megabytes)).toBe(false);
    expect(a.links.stats[0]?.refused).toBe(1);
  });

  it('says where there is no connection', async () => {
    const nobody = nodeId('nobody');
    const events: LinkStreamEvents = { told() {}, pushed() {}, ended() {} };
    expect(a.links.connected(nobody)).toBe(false);
    expect(a.links.send(nobody, 1)).toBe(false);
    expect(a.links.openStream(nobody, 1, events)).toBeUndefined();
    expect(await a.links.ask(nobody, 'what', 1, 1_000).catch(errorCode)).toBe('peer_away');
  });

  it('answers questions, with faults and large answers too', async () => {
    b.links.onAsk('double', async (body, from) => ({ from, is: Number(body) * 2 }));
    b.links.onAsk('large', async () => 'x'.repeat(3_000_000));
    b.links.onAsk('refuse', async () => {
      throw new CamshardError('not_now', 'later');
    });
    b.links.onAsk('broken', async () => {
      throw new TypeError('a bug');
    });
    expect(await a.links.ask(b.node, 'double', 21, 5_000)).toEqual({ from: 'a', is: 42 });
    expect(String(await a.links.ask(b.node, 'large', null, 5_000)).length).toBe(3_000_000);
    expect(await a.links.ask(b.node, 'refuse', null, 5_000).catch(errorCode)).toBe('not_now');
    expect(await a.links.ask(b.node, 'broken', null, 5_000).catch(errorCode)).toBe('internal');
    expect(await a.links.ask(b.node, 'unheard of', null, 5_000).catch(errorCode)).toBe('unknown_question');
  });

  it('gives up on answers that do not come, asks so many at once and no more, and then opens the breaker', async () => {
    b.links.onAsk('never', () => new Promise(() => {}));
    b.links.onAsk('now', async () => 'yes');
    const asks = Array.from({ length: LINK_ASKS_MAX }, () => a.links.ask(b.node, 'never', null, 50).catch(errorCode));
    expect(await a.links.ask(b.node, 'now', null, 5_000).catch(errorCode)).toBe('peer_busy');
    expect(new Set(await Promise.all(asks))).toEqual(new Set(['peer_timeout']));
    expect(a.links.stats[0]?.breaker).toBe('open');
    expect(await a.links.ask(b.node, 'now', null, 5_000).catch(errorCode)).toBe('peer_away');
    await until('a probe is let through, and gets no answer slot of the stuck ones', async () => {
      const answer = await a.links.ask(b.node, 'now', null, 5_000).catch(errorCode);
      return answer === 'peer_busy';
    });
    expect(a.links.stats[0]?.breaker).toBe('closed');
  });

  it('carries streams: told and pushed both ways, ended by either side', async () => {
    const seen: unknown[] = [];
    let atB: LinkStream | undefined;
    b.links.onStream((stream, head, from) => {
      atB = stream;
      seen.push(['opened', head, from]);
      return {
        told: (message) => {
          seen.push(['b told', message]);
          stream.tell({ thanks: true });
        },
        pushed: (frame, bytes, done) => {
          seen.push(['b pushed', frame, [...bytes]]);
          done();
          stream.push('back', bytes);
        },
        ended: () => seen.push('b ended'),
      };
    });
    const stream = a.links.openStream(
      b.node,
      { camera: 'north' },
      {
        told: (message) => seen.push(['a told', message]),
        pushed: (frame, bytes, done) => {
          seen.push(['a pushed', frame, [...bytes]]);
          done();
        },
        ended: () => seen.push('a ended'),
      },
    );
    stream?.tell('hello');
    await until('the answer', () => seen.length === 3);
    expect(stream?.push({ seq: 1 }, Uint8Array.of(1, 2, 3))).toBe('sent');
    await until('the push came back', () => seen.length === 5);
    expect(a.links.stats[0]?.streams).toBe(1);
    stream?.end();
    expect(stream?.push({ seq: 2 }, Uint8Array.of(1))).toBe('ended');
    await until('its end', () => seen.length === 6);
    expect(atB?.push({ seq: 3 }, Uint8Array.of(1))).toBe('ended');
    expect(seen).toEqual([
      ['opened', { camera: 'north' }, 'a'],
      ['b told', 'hello'],
      ['a told', { thanks: true }],
      ['b pushed', { seq: 1 }, [1, 2, 3]],
      ['a pushed', 'back', [1, 2, 3]],
      'b ended',
    ]);
  });

  it('pushes as much as the receiver gave credit for, and more as it gives it back', async () => {
    const held: (() => void)[] = [];
    let pushed = 0;
    b.links.onStream(() => ({
      told() {},
      pushed: (_head, _bytes, done) => {
        pushed++;
        held.push(done);
      },
      ended() {},
    }));
    const stream = a.links.openStream(b.node, null, { told() {}, pushed() {}, ended() {} });
    const frame = new Uint8Array(20_000);
    const flood = (): number => {
      let sent = 0;
      while (stream?.push(null, frame) === 'sent') sent++;
      return sent;
    };
    expect(flood()).toBe(9);
    await until('they have come', () => pushed === 9);
    expect(flood()).toBe(0);
    expect(a.links.stats[0]).toMatchObject({ creditBytes: 200_000, outstandingBytes: 9 * 20_008 });
    for (const done of held.splice(0, 2)) {
      done();
      done();
    }
    await until('credit for two is back', () => a.links.stats[0]?.outstandingBytes === 7 * 20_008);
    expect(flood()).toBe(2);
    stream?.end();
    await until('what the stream held is given back', () => a.links.stats[0]?.outstandingBytes === 0);
  });

  it('passes a picture larger than the credit alone, and whole', async () => {
    let came: Uint8Array | undefined;
    b.links.onStream(() => ({
      told() {},
      pushed: (_head, bytes, done) => {
        came = bytes;
        done();
      },
      ended() {},
    }));
    const stream = a.links.openStream(b.node, null, { told() {}, pushed() {}, ended() {} });
    const picture = new Uint8Array(5_000_000).fill(7);
    expect(stream?.push(null, picture)).toBe('sent');
    expect(stream?.push(null, Uint8Array.of(1))).toBe('full');
    await until('it is there', () => came !== undefined);
    expect(Buffer.compare(came ?? new Uint8Array(0), picture)).toBe(0);
  });

  it('keeps the frames of one camera in order, large and small mixed', async () => {
    const c = await node('c', { creditBytes: 8_000_000 });
    for (const one of [a, b, c]) one.links.setPeers([a, b, c]);
    await linked(a, c);
    const order: unknown[] = [];
    c.links.onStream(() => ({
      told: (message) => order.push(message),
      pushed: (head, _bytes, done) => {
        order.push(head);
        done();
      },
      ended: () => order.push('end'),
    }));
    const stream = a.links.openStream(c.node, null, { told() {}, pushed() {}, ended() {} });
    for (let n = 0; n < 12; n++) expect(stream?.push(n, new Uint8Array(n % 3 === 0 ? 900_000 : 10))).toBe('sent');
    stream?.tell('told');
    stream?.end();
    await until('the end', () => order.includes('end'));
    expect(order).toEqual([...Array(12).keys(), 'told', 'end']);
  });

  it('ends a stream whose listener fails, and leaves the others', async () => {
    b.links.onStream((_stream, head) => ({
      told: (message) => {
        if (head === 'bad') throw new Error(`a bug met by ${message}`);
      },
      pushed() {},
      ended() {},
    }));
    let ended = 0;
    const events = { told() {}, pushed() {}, ended: () => ended++ };
    const bad = a.links.openStream(b.node, 'bad', events);
    const good = a.links.openStream(b.node, 'good', events);
    bad?.tell(1);
    good?.tell(1);
    await until('the bad one has ended', () => ended === 1);
    expect(good?.push(null, Uint8Array.of(1))).toBe('sent');
  });

  it('tells of peers that come and go, ends their streams first, and lets their questions fail', async () => {
    const told: unknown[] = [];
    a.links.onPeer((peer, connected) => told.push([peer, connected]));
    b.links.onAsk('never', () => new Promise(() => {}));
    b.links.onStream(() => ({ told() {}, pushed() {}, ended() {} }));
    a.links.openStream(b.node, null, { told() {}, pushed() {}, ended: () => told.push('ended') });
    const asked = a.links.ask(b.node, 'never', null, 60_000).catch(errorCode);
    await b.close();
    expect(await asked).toBe('peer_away');
    await until('a knows', () => told.length === 2);
    expect(told).toEqual(['ended', ['b', false]]);
    expect(a.links.connected(b.node)).toBe(false);
  });

  it('hangs up on who is no longer named, and takes it back when it is named again', async () => {
    a.links.setPeers([a]);
    expect(a.links.connected(b.node)).toBe(false);
    await until('b knows', () => !b.links.connected(a.node));
    await until('b has tried again and been refused', () => (b.links.stats[0]?.breaker ?? 'closed') !== 'closed');
    expect(a.links.connected(b.node)).toBe(false);
    a.links.setPeers([a, b]);
    await linked(a, b);
  });

  it('takes who was no longer named at once when it comes back in another life', async () => {
    a.links.setPeers([a]);
    await b.close();
    const again = await node('b');
    again.links.setPeers([a]);
    await linked(a, again);
  });
});
