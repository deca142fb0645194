import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../../core/clock.ts';
import { ManualClock } from '../../../core/manual-clock.ts';
import { CameraClient, type CameraClientOptions, type CloseCause } from '../../../src/client/camera-client.ts';
import type { AnsweredFrame } from '../../../src/client/unanswered.ts';
import { TinyNode } from '../../support/tiny-node.ts';

const picture = (text: string): Uint8Array => new TextEncoder().encode(text);
const nodes: TinyNode[] = [];
const clients: CameraClient[] = [];

async function startNode(): Promise<TinyNode> {
  const node = await TinyNode.start();
  nodes.push(node);
  return node;
}

function startClient(node: TinyNode, options: Partial<CameraClientOptions> = {}): CameraClient {
  const client = new CameraClient({
    url: node.url,
    camera: 'c',
    clock: systemClock,
    reconnect: { delayMsMin: 5, delayMsMax: 20 },
    ...options,
  });
  clients.push(client);
  client.start();
  return client;
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((c) => c.stop()));
  await Promise.all(nodes.splice(0).map((n) => n.stop()));
});

const until = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 2 });

describe('a camera client', () => {
  it('says who it is and what it offers, and wraps pictures with number and capture time', async () => {
    const node = await startNode();
    const client = startClient(node, { token: 'secret-secret-secret', hello: { fps: 5 } });
    await until(() => expect(client.state).toBe('streaming'));
    expect(client.offer(picture('one'), 1234)).toBe('sent');
    await until(() => expect(node.frames).toHaveLength(1));
    expect(node.frames[0]).toMatchObject({ seq: 1, picture: 'one', capturedWallMs: 1234 });
    expect(node.requests[0]).toEqual({
      url: '/v1/cameras/c/stream?results=1&redirect=1',
      authorization: 'Bearer secret-secret-secret',
    });
    expect(node.texts).toEqual([{ type: 'hello', schemaVersion: 1, fps: 5 }]);
    expect(client.target).toEqual({ fps: 10, width: 320, height: 180 });
  });

  it('sends no more than its credit and keeps only the newest picture beyond it', async () => {
    const node = await startNode();
    const client = startClient(node);
    await until(() => expect(client.ready).toBe(true));
    const outcomes = ['a', 'b', 'c', 'd', 'e'].map((text) => client.offer(picture(text)));
    expect(outcomes).toEqual(['sent', 'sent', 'queued', 'superseded', 'superseded']);
    await until(() => expect(node.frames).toHaveLength(2));
    node.say({ type: 'ack', upTo: 1, shed: [] });
    await until(() => expect(node.frames.map((f) => f.picture)).toEqual(['a', 'b', 'e']));
    expect(client.unanswered).toBe(2);
  });

  it('takes credit for an absolute window: sending it twice changes nothing, widening it lets more out', async () => {
    const node = await startNode();
    node.credit = 0;
    const client = startClient(node, { queueFramesMax: 8 });
    await until(() => expect(client.state).toBe('streaming'));
    for (const text of ['a', 'b', 'c', 'd']) client.offer(picture(text));
    const target = { fps: 10, width: 320, height: 180 };
    node.say({ type: 'credit', credit: 1, target });
    node.say({ type: 'credit', credit: 1, target });
    await until(() => expect(node.frames).toHaveLength(1));
    expect(client.unanswered).toBe(1);
    node.say({ type: 'credit', credit: 3, target });
    await until(() => expect(node.frames).toHaveLength(3));
    expect(client.queued).toBe(1);
  });

  it('reports each frame once: analysed, shed with its reason, or rejected with its code', async () => {
    const node = await startNode();
    node.credit = 8;
    const answered: AnsweredFrame[] = [];
    const client = startClient(node, { events: { answered: (frame) => answered.push(frame) } });
    await until(() => expect(client.ready).toBe(true));
    for (const text of ['a', 'b', 'c', 'd']) client.offer(picture(text));
    // Frame 3 is shed while 2 still runs; then an ack covers 2 and its result follows.
    node.say({ type: 'error', code: 'image_corrupt', message: 'bad', seq: 1 });
    node.say({ type: 'ack', upTo: 1, shed: [{ seq: 3, reason: 'superseded' }] });
    node.say({ type: 'ack', upTo: 3, shed: [] });
    node.say({ type: 'result', seq: 2, receivedAt: 1, latencyMs: 1, model: 'm', detections: [] });
    node.say({ type: 'result', seq: 4, receivedAt: 1, latencyMs: 1, model: 'm', detections: [] });
    await until(() => expect(client.unanswered).toBe(0));
    expect(answered.map(({ seq, answer }) => ({ seq, ...answer }))).toEqual([
      { seq: 1, kind: 'rejected', code: 'image_corrupt' },
      { seq: 3, kind: 'shed', reason: 'superseded' },
      { seq: 2, kind: 'inferred' },
      { seq: 4, kind: 'inferred' },
    ]);
  });

  it('takes frames older than a result for passed over', async () => {
    const node = await startNode();
    const answered: AnsweredFrame[] = [];
    const client = startClient(node, { events: { answered: (frame) => answered.push(frame) } });
    await until(() => expect(client.ready).toBe(true));
    client.offer(picture('gated'));
    client.offer(picture('seen'));
    node.say({ type: 'result', seq: 2, receivedAt: 1, latencyMs: 1, model: 'm', detections: [] });
    await until(() => expect(answered.map((f) => f.answer.kind)).toEqual(['passed', 'inferred']));
  });

  it('comes back after a lost connection, reports what was in flight as lost and goes on counting', async () => {
    const node = await startNode();
    let lost = 0;
    const client = startClient(node, { events: { lost: (frames) => (lost += frames) } });
    await until(() => expect(client.ready).toBe(true));
    client.offer(picture('a'));
    await until(() => expect(node.frames).toHaveLength(1));
    node.last.terminate();
    await until(() => expect(lost).toBe(1));
    await until(() => expect(client.ready).toBe(true));
    client.offer(picture('b'));
    await until(() => expect(node.frames.map((f) => f.seq)).toEqual([1, 2]));
    expect(node.sockets).toHaveLength(2);
  });

  it('keeps the newest picture while the node is away and sends it on return', async () => {
    const node = await startNode();
    node.refuseWith = { status: 503 };
    const client = startClient(node);
    await until(() => expect(node.requests.length).toBeGreaterThan(1));
    client.offer(picture('old'));
    client.offer(picture('new'));
    node.refuseWith = undefined;
    await until(() => expect(node.frames.map((f) => f.picture)).toEqual(['new']));
  });

  it('waits as long as a busy node asks for', async () => {
    const node = await startNode();
    node.refuseWith = { status: 503, headers: { 'retry-after': '7' } };
    const waits: number[] = [];
    startClient(node, { events: { disconnected: (_reason, retryMs) => waits.push(retryMs) } });
    await until(() => expect(waits).toHaveLength(1));
    // Up to a quarter longer, so that cameras refused together do not come back together.
    expect(waits[0]).toBeGreaterThanOrEqual(7_000);
    expect(waits[0]).toBeLessThanOrEqual(8_750);
  });

  it('comes back after a pause where the node closes on it for what it does', async () => {
    for (const code of [4002, 4003, 4004]) {
      const node = await startNode();
      const waits: number[] = [];
      const client = startClient(node, { events: { disconnected: (_reason, retryMs) => waits.push(retryMs) } });
      await until(() => expect(client.ready).toBe(true));
      node.last.close(code, 'blamed');
      await until(() => expect(waits).toHaveLength(1));
      expect(waits[0]).toBeGreaterThanOrEqual(5_000);
      expect(client.state).toBe('waiting');
    }
  });

  it('knows what the node asks for now', async () => {
    const node = await startNode();
    const client = startClient(node);
    await until(() => expect(client.target).toEqual({ fps: 10, width: 320, height: 180 }));
    node.say({ type: 'credit', credit: 2, target: { fps: 2, width: 224, height: 126 } });
    await until(() => expect(client.target).toEqual({ fps: 2, width: 224, height: 126 }));
  });

  it('gives up where the node refuses it', async () => {
    const node = await startNode();
    node.refuseWith = { status: 401 };
    const causes: CloseCause[] = [];
    const client = startClient(node, { events: { closed: (cause) => causes.push(cause) } });
    await until(() => expect(client.state).toBe('closed'));
    expect(causes).toEqual([{ kind: 'refused', status: 401, message: expect.stringMatching(/401.*token/) }]);
    expect(client.offer(picture('x'))).toBe('closed');
  });

  it('does not fight over an id with the connection that replaced it', async () => {
    const node = await startNode();
    const causes: CloseCause[] = [];
    const client = startClient(node, { events: { closed: (cause) => causes.push(cause) } });
    await until(() => expect(client.ready).toBe(true));
    node.last.close(4001, 'replaced');
    await until(() => expect(causes).toEqual([{ kind: 'replaced' }]));
    expect(node.sockets).toHaveLength(1);
  });

  it('follows a redirect to another node', async () => {
    const [first, second] = [await startNode(), await startNode()];
    const moves: string[] = [];
    const client = startClient(first, { events: { moved: (url) => moves.push(url) } });
    await until(() => expect(client.ready).toBe(true));
    first.say({ type: 'redirect', url: second.url, shard: 1, epoch: 2 });
    await until(() => expect(second.sockets).toHaveLength(1));
    // Until then it goes on with the old one.
    await until(() => expect(moves).toHaveLength(1));
    client.offer(picture('there'));
    await until(() => expect(second.frames).toHaveLength(1));
  });

  it('goes on with the old node until the new one says welcome, and takes the answers the old one owes', async () => {
    const [first, second] = [await startNode(), await startNode()];
    second.welcomes = false;
    const answered: number[] = [];
    const moves: string[] = [];
    let lost = 0;
    const client = startClient(first, {
      events: {
        answered: ({ seq }) => answered.push(seq),
        moved: (url) => moves.push(url),
        lost: (frames) => (lost += frames),
      },
    });
    await until(() => expect(client.ready).toBe(true));
    first.say({ type: 'redirect', url: second.url, shard: 1, epoch: 2 });
    await until(() => expect(second.sockets).toHaveLength(1));
    expect(client.offer(picture('still here'))).toBe('sent');
    await until(() => expect(first.frames).toHaveLength(1));
    second.welcome();
    await until(() => expect(moves).toHaveLength(1));
    expect(client.offer(picture('there'))).toBe('sent');
    await until(() => expect(second.frames.map(({ seq }) => seq)).toEqual([2]));
    expect(client.unanswered).toBe(2);
    first.answer(1);
    second.answer(2);
    await until(() => expect(answered.sort()).toEqual([1, 2]));
    await until(() => expect(first.last.readyState).toBe(WebSocket.CLOSED));
    expect([lost, client.state]).toEqual([0, 'streaming']);
  });

  it('gives an old node a second for its answers, and then takes them for lost', async () => {
    const [first, second] = [await startNode(), await startNode()];
    const clock = new ManualClock();
    let lost = 0;
    const client = startClient(first, { clock, events: { lost: (frames) => (lost += frames) } });
    await until(() => expect(client.ready).toBe(true));
    client.offer(picture('never answered'));
    await until(() => expect(first.frames).toHaveLength(1));
    first.say({ type: 'redirect', url: second.url, shard: 1, epoch: 2 });
    await until(() => expect(second.sockets).toHaveLength(1));
    await until(() => expect(client.credit).toBe(2));
    await until(() => expect(clock.pendingTimers).toBe(3));
    clock.advance(999);
    expect(lost).toBe(0);
    clock.advance(1);
    expect([lost, client.unanswered, client.ready]).toEqual([1, 0, true]);
  });

  it('takes the new node at once where the old one hangs up first, even by calling it replaced', async () => {
    const [first, second] = [await startNode(), await startNode()];
    second.welcomes = false;
    const faults: string[] = [];
    const client = startClient(first, { events: { disconnected: (reason) => faults.push(reason) } });
    await until(() => expect(client.ready).toBe(true));
    first.say({ type: 'redirect', url: second.url, shard: 1, epoch: 2 });
    await until(() => expect(second.sockets).toHaveLength(1));
    first.last.close(4001, 'replaced');
    await until(() => expect(client.state).toBe('connecting'));
    expect(client.offer(picture('kept'))).toBe('queued');
    second.welcome();
    await until(() => expect(second.frames.map((f) => f.picture)).toEqual(['kept']));
    expect(faults).toEqual([]);
  });

  it('does not take itself for another camera where a node confuses its old and its new connection', async () => {
    const [first, second] = [await startNode(), await startNode()];
    const client = startClient(first);
    await until(() => expect(client.ready).toBe(true));
    first.say({ type: 'redirect', url: second.url, shard: 1, epoch: 2 });
    await until(() => expect(second.sockets).toHaveLength(1));
    await until(() => expect(first.last.readyState).toBe(WebSocket.CLOSED));
    second.last.close(4001, 'replaced');
    await until(() => expect(first.sockets).toHaveLength(2));
    await until(() => expect(client.ready).toBe(true));
  });

  it('stays with the old node where the one it was sent to cannot be had, and tries that one again', async () => {
    const [first, second] = [await startNode(), await startNode()];
    second.refuseWith = { status: 503 };
    const client = startClient(first);
    await until(() => expect(client.ready).toBe(true));
    first.say({ type: 'redirect', url: second.url, shard: 1, epoch: 2 });
    await until(() => expect(second.requests.length).toBeGreaterThan(1));
    expect(client.offer(picture('here'))).toBe('sent');
    await until(() => expect(first.frames).toHaveLength(1));
    second.refuseWith = undefined;
    await until(() => expect(second.sockets).toHaveLength(1));
    await until(() => expect(client.ready).toBe(true));
  });

  it('returns to its own node where the one it was sent to is gone, and so is the old one', async () => {
    const [home, second, third] = [await startNode(), await startNode(), await startNode()];
    const client = startClient(home);
    await until(() => expect(client.ready).toBe(true));
    home.say({ type: 'redirect', url: second.url, shard: 1, epoch: 2 });
    await until(() => expect(second.sockets).toHaveLength(1));
    await until(() => expect(home.last.readyState).toBe(WebSocket.CLOSED));
    const gone = third.url;
    await third.stop();
    second.say({ type: 'redirect', url: gone, shard: 1, epoch: 3 });
    await second.stop();
    await until(() => expect(home.sockets).toHaveLength(2));
  });

  it('turns to the next of its nodes at once where one is gone, and comes back in turn', async () => {
    const [first, second] = [await startNode(), await startNode()];
    const waits: number[] = [];
    const client = startClient(first, {
      url: `${first.url},${second.url}`,
      reconnect: { delayMsMin: 20, delayMsMax: 10_000 },
      random: () => 1,
      events: { disconnected: (_reason, retryMs) => waits.push(retryMs) },
    });
    await until(() => expect(client.ready).toBe(true));
    first.refuseWith = { status: 503, headers: { 'retry-after': '30' } };
    first.last.terminate();
    await until(() => expect(second.sockets).toHaveLength(1));
    second.last.terminate();
    await until(() => expect(waits).toHaveLength(3));
    // Away, away, refused by the last one left: only then does a node's wish to be left alone count.
    expect(waits).toEqual([20, 20, 37_500]);
  });

  it('does not ask to be redirected where it is told not to follow', async () => {
    const node = await startNode();
    const client = startClient(node, { follow: false, results: false });
    await until(() => expect(client.ready).toBe(true));
    expect(node.requests[0]?.url).toBe('/v1/cameras/c/stream');
  });

  it('stops following nodes that send it in circles', async () => {
    const node = await startNode();
    node.welcomes = false;
    const reasons: string[] = [];
    startClient(node, { events: { disconnected: (reason) => reasons.push(reason) } });
    for (let i = 1; i <= 6; i++) {
      await until(() => expect(node.sockets).toHaveLength(i));
      node.say({ type: 'redirect', url: node.url, shard: 1, epoch: i });
    }
    await until(() => expect(reasons).toEqual(['redirected in circles']));
  });

  it('ignores what it does not understand', async () => {
    const node = await startNode();
    const client = startClient(node);
    await until(() => expect(client.ready).toBe(true));
    for (const text of ['{', '[]', 'null', '{"type":"news"}', '{"type":"credit","credit":-1}', '{"type":"ack"}']) {
      node.last.send(text);
    }
    node.last.send(new Uint8Array([1, 2, 3]));
    client.offer(picture('a'));
    await until(() => expect(node.frames).toHaveLength(1));
    expect(client.state).toBe('streaming');
  });

  it('waits for answers still due when it is stopped', async () => {
    const node = await startNode();
    let answered = 0;
    const client = startClient(node, { events: { answered: () => answered++ } });
    await until(() => expect(client.ready).toBe(true));
    client.offer(picture('a'));
    await until(() => expect(node.frames).toHaveLength(1));
    const stopped = client.stop(5_000);
    node.say({ type: 'result', seq: 1, receivedAt: 1, latencyMs: 1, model: 'm', detections: [] });
    await stopped;
    expect(answered).toBe(1);
    expect(client.state).toBe('closed');
  });

  it('stays stopped where a listener stops it while its connection ends', async () => {
    const node = await startNode();
    const client: CameraClient = startClient(node, { events: { lost: () => void client.stop() } });
    await until(() => expect(client.ready).toBe(true));
    client.offer(picture('a'));
    await until(() => expect(node.frames).toHaveLength(1));
    node.last.terminate();
    await until(() => expect(client.state).toBe('closed'));
    await new Promise((done) => setImmediate(done));
    expect(client.state).toBe('closed');
    expect(node.sockets).toHaveLength(1);
  });

  it('gives up a node that has fallen silent, and asks it before', async () => {
    const node = await startNode();
    const clock = new ManualClock();
    const reasons: string[] = [];
    const client = startClient(node, { clock, events: { disconnected: (reason) => reasons.push(reason) } });
    await until(() => expect(client.ready).toBe(true));
    let pings = 0;
    node.last.on('ping', () => pings++);
    clock.advance(15_000);
    await until(() => expect(pings).toBe(1));
    // Messages keep their order: when this one is here, so is the answer to the ping, a sign of life.
    node.say({ type: 'credit', credit: 7, target: { fps: 10, width: 320, height: 180 } });
    await until(() => expect(client.credit).toBe(7));
    clock.advance(15_000);
    expect(client.state).toBe('streaming');
    node.last.pause();
    clock.advance(30_000);
    expect(reasons[0]).toMatch(/silent for/);
    await client.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('may ignore its credit, for load tests', async () => {
    const node = await startNode();
    const client = startClient(node, { followCredit: false });
    await until(() => expect(client.state).toBe('streaming'));
    for (let i = 0; i < 20; i++) expect(client.offer(picture('x'))).toBe('sent');
    await until(() => expect(node.frames).toHaveLength(20));
  });
});
