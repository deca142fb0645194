import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { errorCode } from '../../core/errors.ts';
import { LINK_CLOSE } from '../../src/links/link-close.ts';
import { encodeNumberPacket, encodePacket, PACKET } from '../../src/links/link-packet.ts';
import type { NodeLinksOptions } from '../../src/links/node-links.ts';
import type { LinkStreamEvents } from '../../src/links/port.ts';
import { wsDial } from '../../src/links/ws-wire.ts';
import { introduce, type LinkNode, startLinkNode } from '../support/link-nodes.ts';
import { rawLink } from '../support/raw-link.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const NOWHERE = 'ws://127.0.0.1:1';
const IGNORE: LinkStreamEvents = { told() {}, pushed: (_head, _bytes, done) => done(), ended() {} };

const nodes: LinkNode[] = [];
const proxies: TcpProxy[] = [];
const sockets: WebSocket[] = [];

async function node(
  name: string,
  options: Partial<NodeLinksOptions> = {},
  tls: Parameters<typeof startLinkNode>[2] = null,
): Promise<LinkNode> {
  const started = await startLinkNode(name, options, tls);
  nodes.push(started);
  return started;
}

/** `to`, reached through a proxy. */
async function through(
  to: LinkNode,
): Promise<{ readonly proxy: TcpProxy; readonly peer: Pick<LinkNode, 'node' | 'url'> }> {
  const proxy = await TcpProxy.start(to.port);
  proxies.push(proxy);
  return { proxy, peer: { node: to.node, url: `ws://127.0.0.1:${proxy.port}` } };
}

/** A pair with one way between them, through a proxy. */
async function pair(options: Partial<NodeLinksOptions> = {}) {
  const a = await node('a', options);
  const b = await node('b', options);
  const { proxy, peer } = await through(b);
  a.links.setPeers([peer]);
  b.links.setPeers([{ node: a.node, url: NOWHERE }]);
  await linked(a, b);
  return { a, b, proxy };
}

const linked = (a: LinkNode, b: LinkNode): Promise<true> =>
  until('they are linked', () => a.links.connected(b.node) && b.links.connected(a.node));
const apart = (a: LinkNode, b: LinkNode): Promise<true> =>
  until('neither has the other', () => !a.links.connected(b.node) && !b.links.connected(a.node));
const closeOf = async (socket: WebSocket): Promise<number> => ((await once(socket, 'close')) as [number])[0];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await Promise.all(nodes.splice(0).map((one) => one.close()));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

describe('a link on a bad network', () => {
  it('measures how long the way there and back is', async () => {
    const a = await node('a', { silenceMs: 600 });
    const b = await node('b');
    const { proxy, peer } = await through(b);
    proxy.delayMs = 40;
    a.links.setPeers([peer]);
    const roundTripMs = await until('it is known', () => a.links.stats[0]?.roundTripMs);
    expect(roundTripMs).toBeGreaterThan(75);
  });

  it('loses a large message whole when it is cut in the middle of it, and is back at once', async () => {
    const { a, b, proxy } = await pair();
    const came: unknown[] = [];
    b.links.onMessage((_from, message, attachment) => came.push([message, attachment?.byteLength]));
    const told: boolean[] = [];
    b.links.onPeer((_node, connected) => told.push(connected));
    proxy.delayMs = 20;
    const snapshot = new Uint8Array(20 * 1024 * 1024);
    a.links.send(b.node, 'cut', snapshot);
    a.links.send(b.node, 'small');
    await until('the small one has overtaken it', () => came.length === 1);
    proxy.cut();
    await until('b has noticed, and has it back', () => told.length === 2);
    proxy.delayMs = 0;
    await linked(a, b);
    a.links.send(b.node, 'whole', snapshot);
    await until('it has come', () => came.length === 2);
    expect(came).toEqual([
      ['small', undefined],
      ['whole', snapshot.byteLength],
    ]);
    expect(a.links.stats[0]?.reconnects).toBe(1);
  });

  it('is found dead by both sides when nothing passes any more, and is tried until something does', async () => {
    const { a, b, proxy } = await pair({ silenceMs: 300, handshakeMs: 300 });
    const asked = a.links.ask(b.node, 'anything', null, 60_000).catch(errorCode);
    proxy.halfOpen();
    await apart(a, b);
    expect(['peer_away', 'unknown_question']).toContain(await asked);
    proxy.cut();
    proxy.heal();
    await linked(a, b);
  });

  it('is one connection where both are told of each other at once', async () => {
    const a = await node('a');
    const b = await node('b');
    const [toA, toB] = [await through(a), await through(b)];
    toA.proxy.delayMs = 60;
    toB.proxy.delayMs = 60;
    const changes: unknown[] = [];
    for (const { links } of [a, b]) links.onPeer((peer, connected) => changes.push([peer, connected]));
    a.links.setPeers([toB.peer]);
    b.links.setPeers([toA.peer]);
    await linked(a, b);
    b.links.onAsk('echo', async (body) => body);
    for (let n = 0; n < 5; n++) expect(await a.links.ask(b.node, 'echo', n, 5_000)).toBe(n);
    expect(changes).toHaveLength(2);
  });

  it('gives up on a peer that reads nothing, having held no more for it than it may', async () => {
    const a = await node('a', { silenceMs: 400 });
    const raw = await rawLink(a.url, { node: 'raw', creditBytes: 300_000 });
    sockets.push(raw);
    await until('it is there', () => a.links.connected('raw' as never));
    raw.pause();
    let ended = 0;
    const stream = a.links.openStream('raw' as never, null, { ...IGNORE, ended: () => ended++ });
    const megabyte = new Uint8Array(1024 * 1024);
    let sent = 0;
    while (a.links.send('raw' as never, 'much', megabyte)) sent++;
    expect(sent).toBeLessThanOrEqual(70);
    let pushed = 0;
    while (stream?.push(null, new Uint8Array(20_000)) === 'sent') pushed++;
    expect(pushed).toBeLessThanOrEqual(15);
    expect(stream?.push(null, new Uint8Array(20_000))).toBe('full');
    await until('silence has ended it', () => !a.links.connected('raw' as never) && ended === 1);
  });

  it('ends a stream that tells faster than its peer reads', async () => {
    const a = await node('a', { silenceMs: 60_000 });
    const raw = await rawLink(a.url);
    sockets.push(raw);
    await until('it is there', () => a.links.connected('raw' as never));
    raw.pause();
    let ended = 0;
    const stream = a.links.openStream('raw' as never, null, { ...IGNORE, ended: () => ended++ });
    await until('it has ended', () => {
      for (let n = 0; n < 100; n++) stream?.tell('x'.repeat(10_000));
      return ended === 1;
    });
    expect(stream?.push(null, Uint8Array.of(1))).toBe('ended');
    expect(a.links.connected('raw' as never)).toBe(true);
  });
});

describe('a peer that was restarted', () => {
  it('takes the place of its former self at once, which nobody has seen go', async () => {
    const { a, b, proxy } = await pair({ silenceMs: 60_000 });
    let ended = 0;
    a.links.openStream(b.node, null, { ...IGNORE, ended: () => ended++ });
    proxy.halfOpen();
    const again = await node('b');
    again.links.setPeers([a]);
    await until('the stream of its former life has ended', () => ended === 1);
    await linked(a, again);
    const came: unknown[] = [];
    again.links.onMessage((_from, message) => came.push(message));
    a.links.send(b.node, 'to the living');
    await until('it arrives', () => came.length === 1);
  });

  it('is linked again after a kill', async () => {
    const a = await node('a');
    const b = await node('b');
    introduce(a, b);
    await linked(a, b);
    await b.kill();
    await until('a knows', () => !a.links.connected(b.node));
    const again = await node('b');
    introduce(a, again);
    await linked(a, again);
  });
});

describe('who may link', () => {
  it('refuses a wrong secret, counts it, and says so once', async () => {
    const a = await node('a');
    const b = await node('b', { secret: 'another secret, as long' });
    introduce(a, b);
    await until('both have counted some', () =>
      [a, b].every(({ links }) => (links.refusals.get('wrong_secret') ?? 0) > 2),
    );
    expect(a.links.connected(b.node) || b.links.connected(a.node)).toBe(false);
    for (const { logged } of [a, b]) {
      expect(
        logged.filter(({ msg, code }) => msg === 'a node link was refused' && code === 'wrong_secret'),
      ).toHaveLength(1);
      expect(JSON.stringify(logged)).not.toContain('secret of the tests');
    }
  });

  it('refuses nodes of another cluster, itself, and who dials somebody else', async () => {
    const a = await node('a');
    const other = await node('b', { cluster: 'another' });
    const namesake = await node('a');
    other.links.setPeers([a]);
    namesake.links.setPeers([{ node: 'x' as never, url: a.url }]);
    const c = await node('c');
    c.links.setPeers([{ node: 'x' as never, url: a.url }]);
    for (const code of ['wrong_cluster', 'same_node', 'wrong_node']) {
      await until(`${code} is counted`, () => (a.links.refusals.get(code) ?? 0) > 0);
    }
    expect(a.links.stats).toEqual([]);
  });

  it('goes over TLS, and only to certificates that are trusted', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'camshard-links-'));
    const tls = { certFile: join(dir, 'cert.pem'), keyFile: join(dir, 'key.pem') };
    execFileSync(
      'openssl',
      // biome-ignore format: one option a line says less
      ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
       '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', tls.keyFile, '-out', tls.certFile],
      { stdio: 'ignore' },
    );
    const dial = wsDial(readFileSync(tls.certFile));
    const a = await node('a', { dial }, tls);
    const b = await node('b', { dial }, tls);
    const stranger = await node('c', {}, tls);
    introduce(a, b);
    await linked(a, b);
    const came: unknown[] = [];
    for (const { links } of [a, b]) links.onMessage((_from, _message, bytes) => came.push(bytes?.byteLength));
    a.links.send(b.node, 'large', new Uint8Array(3_000_000));
    b.links.send(a.node, 'large', new Uint8Array(3_000_000));
    await until('they have come', () => came.length === 2);
    expect(came).toEqual([3_000_000, 3_000_000]);
    stranger.links.setPeers([a]);
    const told = await until('it has given up for a while, and said why', () =>
      stranger.logged.find(({ msg }) => msg === 'a node cannot be linked to'),
    );
    expect(JSON.stringify(told)).toContain('certificate');
    rmSync(dir, { recursive: true, force: true });
  });

  it('refuses a web page', async () => {
    const a = await node('a');
    const page = new WebSocket(`${a.url}/v1/link`, { origin: 'http://127.0.0.1' });
    const [error] = (await once(page, 'error')) as [Error];
    expect(error.message).toContain('403');
  });

  it('leaves who never says hello, and who says nonsense', async () => {
    const a = await node('a', { handshakeMs: 100 });
    const mute = new WebSocket(`${a.url}/v1/link`);
    expect(await closeOf(mute)).toBe(LINK_CLOSE.handshake_timeout);
    const messages: readonly (Uint8Array | string)[] = [
      'text',
      Uint8Array.of(),
      Uint8Array.of(99, 3, 0, 0, 0, 0, 0, 0),
      encodePacket(PACKET.message, 1, '"no handshake"'),
      encodePacket(PACKET.handshake, 0, '{"type":"hello"}'),
      encodePacket(PACKET.handshake, 0, '{"type":"proof","proof":"x"}'),
      encodePacket(PACKET.handshake, 0, 'null', new Uint8Array(100_000)),
    ];
    for (const message of messages) {
      const socket = new WebSocket(`${a.url}/v1/link`);
      await once(socket, 'open');
      const closed = closeOf(socket);
      socket.send(message);
      expect(await closed).toBe(LINK_CLOSE.bad_handshake);
    }
  });
});

describe('a peer that breaks the protocol', () => {
  const push = encodePacket(PACKET.push, 1, 'null', new Uint8Array(200_000));
  const cases: readonly (readonly [string, readonly (Uint8Array | string)[], number])[] = [
    ['text', ['hello'], LINK_CLOSE.bad_packet],
    ['an unknown kind', [Uint8Array.of(77, 3, 0, 0, 0, 0, 0, 0)], LINK_CLOSE.bad_packet],
    ['a piece of nothing', [Uint8Array.of(2, 2, 0, 0, 1, 0, 0, 0, 1)], LINK_CLOSE.bad_packet],
    ['no JSON', [encodePacket(PACKET.message, 1, '{')], LINK_CLOSE.bad_packet],
    ['credit from nowhere', [encodeNumberPacket(PACKET.credit, 0, 1e9)], LINK_CLOSE.bad_packet],
    ['a stream of the other side', [encodePacket(PACKET.open, 2, 'null')], LINK_CLOSE.bad_packet],
    ['a question without a name', [encodePacket(PACKET.ask, 1, '{}')], LINK_CLOSE.bad_packet],
    ['pushes past its credit', [encodePacket(PACKET.open, 1, 'null'), push, push], LINK_CLOSE.over_credit],
  ];
  it.each(cases)('is closed with a code: %s', async (_what, messages, code) => {
    const a = await node('a', { creditBytes: 300_000 });
    a.links.onStream(() => ({ told() {}, pushed() {}, ended() {} }));
    const raw = await rawLink(a.url);
    sockets.push(raw);
    const closed = closeOf(raw);
    for (const message of messages) raw.send(message);
    expect(await closed).toBe(code);
    await until('a knows', () => !a.links.connected('raw' as never));
    expect(a.logged.filter(({ level }) => level >= 50)).toEqual([]);
  });
});
