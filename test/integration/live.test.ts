import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WATCHER_TOPICS_MAX } from '../../config/limits.ts';
import { openSocket, TestCamera } from '../support/camera.ts';
import { startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { jpeg, png } from '../support/pictures.ts';
import { until } from '../support/until.ts';
import { TestWatcher } from '../support/watcher.ts';

describe('/v1/live', () => {
  let node: TestNode;
  let picture: Buffer;
  beforeAll(async () => {
    node = await startTestNode({ live: { watchersMax: 8, bufferBytesMax: 64 * 1024 } });
    picture = await jpeg({ width: 200, height: 100 });
  });
  afterAll(stopTestNodes);

  it('sends a watched picture as CSV1 with what was found in it, the same as the camera is told', async () => {
    const watcher = await TestWatcher.open(node, 'camera:live-1');
    const camera = await TestCamera.welcomed(node, 'live-1');
    camera.send(picture);
    const result = await camera.next('result');
    const frame = await watcher.frame('live-1', 1);
    expect(frame.picture).toEqual(picture);
    expect(frame.head).toEqual({
      type: 'frame',
      camera: 'live-1',
      seq: 1,
      receivedAt: result.receivedAt,
      latencyMs: result.latencyMs,
      model: 'simulated@1',
      width: 200,
      height: 100,
      detections: result.detections,
    });
    await Promise.all([watcher.close(), camera.close()]);
  });

  it('sends a picture pushed over HTTP in the format it came in', async () => {
    const watcher = await TestWatcher.open(node, 'camera:live-png');
    const body = await png();
    await node.get('/v1/cameras/live-png/frames', { method: 'POST', body, headers: { 'content-type': 'image/png' } });
    expect((await watcher.frame('live-png', 1)).picture).toEqual(body);
    await watcher.close();
  });

  it('sends the node’s figures and its cameras to topic cluster once a second', async () => {
    const watcher = await TestWatcher.open(node, 'cluster');
    const camera = await TestCamera.welcomed(node, 'live-2');
    const stats = await watcher.nextSaid('stats');
    expect(stats).toMatchObject({ node: 'node-1', ledger: expect.anything(), devices: [{ device: 'simulated-0' }] });
    const { cameras } = await watcher.nextSaid('cameras');
    expect(cameras).toContainEqual(expect.objectContaining({ camera: 'live-2', connected: true }));
    expect(watcher.frames).toEqual([]);
    await Promise.all([watcher.close(), camera.close()]);
  });

  it('follows other topics after a watch message, and none after an empty one', async () => {
    const watcher = await TestWatcher.open(node, 'camera:live-3');
    const [three, four] = [await TestCamera.welcomed(node, 'live-3'), await TestCamera.welcomed(node, 'live-4')];
    watcher.watch(['camera:live-4']);
    // A watch message has no answer of its own: the wrong one behind it shows that it was read.
    watcher.watch(['nonsense']);
    expect(await watcher.nextSaid('error')).toMatchObject({ code: 'bad_message' });
    for (const camera of [three, four]) {
      camera.send(picture);
      await camera.next('result');
    }
    await watcher.frame('live-4', 1);
    expect(watcher.frames.map(({ head }) => head.camera)).toEqual(['live-4']);
    watcher.watch([]);
    watcher.watch(['nonsense']);
    await watcher.nextSaid('error');
    four.send(picture);
    await four.next('result', (r) => r.seq === 2);
    expect(watcher.frames).toHaveLength(1);
    await Promise.all([watcher.close(), three.close(), four.close()]);
  });

  it('says what is wrong with a message, and goes on with the topics it had', async () => {
    const watcher = await TestWatcher.open(node, 'camera:live-5');
    for (const message of [
      'no json',
      '"watch"',
      '{"type":"subscribe"}',
      '{"type":"watch"}',
      '{"type":"watch","topics":"cluster"}',
      '{"type":"watch","topics":[7]}',
      '{"type":"watch","topics":["camera:"]}',
      JSON.stringify({
        type: 'watch',
        topics: Array.from({ length: WATCHER_TOPICS_MAX + 1 }, (_, i) => `camera:${i}`),
      }),
    ]) {
      watcher.socket.send(message);
    }
    watcher.socket.send(Buffer.from('binary'));
    await until('nine errors', () => watcher.said.filter((m) => m.type === 'error').length === 9);
    const camera = await TestCamera.welcomed(node, 'live-5');
    camera.send(picture);
    await watcher.frame('live-5', 1);
    await Promise.all([watcher.close(), camera.close()]);
  });

  it('refuses topics it does not know and more watchers than it may have', async () => {
    for (const topics of ['nonsense', 'camera:', 'camera:a b', 'cluster,nonsense']) {
      const opening = openSocket(`${node.wsUrl}/v1/live?topics=${encodeURIComponent(topics)}`);
      await expect(opening).rejects.toMatchObject({ status: 400, code: 'bad_topics' });
    }
    const watchers = await Promise.all(Array.from({ length: 8 }, () => TestWatcher.open(node)));
    await expect(TestWatcher.open(node)).rejects.toMatchObject({ status: 503, code: 'watcher_limit' });
    expect(await node.metric('camshard_watchers')).toBe(8);
    await Promise.all(watchers.map((watcher) => watcher.close()));
    await until('their places', async () => (await node.metric('camshard_watchers')) === 0);
  });

  it('skips pictures for a watcher that reads slowly, and for nobody else', async () => {
    const large = await jpeg({ width: 320, height: 180, noise: true });
    const [slow, quick] = [
      await TestWatcher.open(node, 'camera:live-6'),
      await TestWatcher.open(node, 'camera:live-6'),
    ];
    slow.socket.pause();
    const camera = await TestCamera.welcomed(node, 'live-6');
    const skipped = () => node.metric('camshard_watched_frames_total{outcome="skipped"}');
    await until('skipped pictures', async () => {
      for (let i = 0; i < 10; i++) {
        const seq = camera.send(large);
        await camera.next('result', (r) => r.seq === seq);
        await quick.frame('live-6', seq);
      }
      return (await skipped()) > 0;
    });
    expect(quick.frames).toHaveLength(camera.sent);
    const sent = await node.metric('camshard_watched_frames_total{outcome="sent"}');
    expect(sent).toBeGreaterThanOrEqual(camera.sent);
    // It missed pictures, not its connection: what it gets from here on is new.
    slow.socket.resume();
    await until('it to catch up', async () => {
      const seq = camera.send(large);
      await camera.next('result', (r) => r.seq === seq);
      return slow.frames.at(-1)?.head.seq === seq;
    });
    expect(slow.frames.length).toBeLessThan(camera.sent);
    await Promise.all([slow.close(), quick.close(), camera.close()]);
  });

  it('encodes nothing for a camera nobody watches', async () => {
    const before = await node.metric('camshard_watched_frames_total{outcome="sent"}');
    const watcher = await TestWatcher.open(node, 'camera:somebody-else');
    const camera = await TestCamera.welcomed(node, 'live-7');
    camera.send(picture);
    await camera.next('result');
    expect(await node.metric('camshard_watched_frames_total{outcome="sent"}')).toBe(before);
    await Promise.all([watcher.close(), camera.close()]);
  });
});
