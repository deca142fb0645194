import { createConnection } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FRAME_BYTES_MAX } from '../../config/limits.ts';
import { TestCamera } from '../support/camera.ts';
import { startTestNode, stopTestNodes } from '../support/node.ts';
import { jpeg, jpegOfBytes } from '../support/pictures.ts';
import { SilentProxy } from '../support/silent-proxy.ts';
import { until } from '../support/until.ts';

afterEach(stopTestNodes);

describe('cameras that misbehave', () => {
  it('answers a picture over frameBytesMax with frame_too_large and keeps the connection', async () => {
    const node = await startTestNode({ ingest: { frameBytesMax: 20_000 } });
    const camera = await TestCamera.welcomed(node, 'large-1');
    camera.send(await jpegOfBytes(20_000));
    await camera.next('result', (r) => r.seq === 1);
    camera.send(await jpegOfBytes(20_001));
    expect(await camera.next('error')).toMatchObject({ code: 'frame_too_large', seq: 2 });
    // The envelope's own bytes are not the picture's.
    camera.sendEnvelope(await jpegOfBytes(20_000), 3);
    await camera.next('result', (r) => r.seq === 3);
    expect((await node.settledLedger()).total).toMatchObject({ inferred: 2, rejected: { frame_too_large: 1 } });
    await camera.close();
  });

  it('cuts a connection whose message is over the hard limit, and counts the frame it never saw', async () => {
    const node = await startTestNode();
    const camera = await TestCamera.welcomed(node, 'huge-1');
    camera.send(await jpeg());
    await camera.next('result');
    camera.socket.on('error', () => {});
    camera.send(Buffer.alloc(FRAME_BYTES_MAX + 64 * 1024 + 1));
    const { code } = await camera.closed;
    expect([1006, 1009]).toContain(code);
    await until('the account', async () => (await node.ledger()).total.received === 2);
    expect((await node.ledger()).total).toMatchObject({ inferred: 1, rejected: { frame_too_large: 1 }, inFlight: 0 });
    expect(await node.metric('camshard_camera_connections_closed_total{reason="frame_over_hard_limit"}')).toBe(1);
  });

  it('ends a connection with 4002 after too many bad messages in a row, results in between forgiving them', async () => {
    const node = await startTestNode({ ingest: { badMessagesMax: 5 } });
    const camera = await TestCamera.welcomed(node, 'garbage-1');
    const picture = await jpeg();
    for (let round = 1; round <= 2; round++) {
      for (let i = 0; i < 2; i++) camera.text('garbage');
      for (let i = 0; i < 2; i++) camera.send(Buffer.from('garbage'));
      const seq = camera.send(picture);
      await camera.next('result', (r) => r.seq === seq);
    }
    for (let i = 0; i < 40; i++) camera.text('garbage');
    expect(await camera.closed).toEqual({ code: 4002, reason: 'too_many_bad_messages' });
    expect(camera.errors).toHaveLength(8 + 5);
    expect((await node.settledLedger()).total).toMatchObject({
      received: 6,
      inferred: 2,
      rejected: { not_an_image: 4 },
    });
    await (await TestCamera.welcomed(node, 'garbage-1')).close();
  });

  it('drops and counts answers for a camera that does not read, holds little memory, and serves the others', async () => {
    const node = await startTestNode({ ingest: { sendBufferBytesMax: 16 * 1024, badMessagesMax: 10_000 } });
    const picture = await jpeg();
    const slow = await TestCamera.welcomed(node, 'slow-1');
    const other = await TestCamera.welcomed(node, 'other-1');
    slow.socket.pause();
    const before = process.memoryUsage().rss;
    // Each answer quotes 4 KB: the kernel's buffers and the node's 16 KB fill up, then answers are dropped.
    const wordy = JSON.stringify({ type: 'hello', schemaVersion: 'x'.repeat(4_000) });
    await until('dropped answers', async () => {
      for (let i = 0; i < 500; i++) slow.text(wordy);
      slow.send(picture);
      const seq = other.send(picture);
      await other.next('result', (r) => r.seq === seq);
      return (await node.metric('camshard_answers_dropped_total')) > 500;
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
    const { cameras } = await node.settledLedger();
    expect(cameras['slow-1']?.received).toBe(slow.sent);
    expect(cameras['other-1']).toMatchObject({ received: other.sent, inferred: other.sent });
    slow.socket.resume();
    await Promise.all([slow.close(), other.close()]);
  });

  it('closes a half-open connection after idleTimeoutS, counts it, and leaves live ones alone', async () => {
    const node = await startTestNode({ ingest: { idleTimeoutS: 8 } });
    const proxy = await SilentProxy.start(node.port);
    const half = await TestCamera.welcomed({ wsUrl: proxy.wsUrl }, 'half-1');
    const idle = await TestCamera.welcomed(node, 'idle-1');
    half.send(await jpeg());
    await half.next('result');
    proxy.goSilent();
    await until('the node to give up', async () => (await node.stats()).connections === 1, 30_000);
    expect(await node.metric('camshard_camera_connections_closed_total{reason="abnormal"}')).toBe(1);
    expect(await node.getJson('/v1/cameras/half-1')).toMatchObject({ connected: false });
    // It said nothing all the while either, but answered the node's pings.
    idle.send(await jpeg());
    await idle.next('result');
    half.socket.terminate();
    await Promise.all([idle.close(), proxy.close()]);
  });

  it('survives a peer that speaks no HTTP, or stops in the middle of a frame', async () => {
    const node = await startTestNode();
    const raw = createConnection(node.port, '127.0.0.1');
    raw.on('error', () => {});
    raw.end('\x16\x03\x01 no http\r\n\r\n');
    const camera = await TestCamera.welcomed(node, 'cut-1');
    // A binary frame that announces 1,000 bytes and brings ten.
    const half = Buffer.concat([Buffer.from([0x82, 0x80 | 126, 0x03, 0xe8, 1, 2, 3, 4]), Buffer.alloc(10)]);
    (camera.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(half);
    camera.socket.terminate();
    await until('the goodbye', async () => (await node.stats()).connections === 0);
    const next = await TestCamera.welcomed(node, 'cut-1');
    next.send(await jpeg());
    await next.next('result');
    expect((await node.settledLedger()).total.received).toBe(1);
    await next.close();
  });
});
