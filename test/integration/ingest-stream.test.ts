import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEXT_BYTES_MAX } from '../../config/limits.ts';
import { HandshakeRefused, TestCamera } from '../support/camera.ts';
import { startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { corruptJpeg, jpeg, png } from '../support/pictures.ts';
import { until } from '../support/until.ts';

describe('the camera stream', () => {
  let node: TestNode;
  let picture: Buffer;
  beforeAll(async () => {
    node = await startTestNode({ flow: { creditWindow: 4, fpsMax: 10, ackDelayMsMax: 20 } });
    picture = await jpeg({ width: 160, height: 90 });
  });
  afterAll(stopTestNodes);

  describe('welcome and hello', () => {
    it('welcomes a camera with its shard, the node, a credit window and what it would like to get', async () => {
      const camera = await TestCamera.connect(node, 'welcome-1');
      const welcome = await camera.next('welcome');
      expect(welcome).toEqual({
        type: 'welcome',
        camera: 'welcome-1',
        shard: expect.any(Number),
        node: 'node-1',
        epoch: 1,
        credit: 4,
        target: { fps: 10, width: 320, height: 180 },
      });
      await camera.close();
    });

    it('speaks the subprotocol camshard.v1 where it is offered, none where none is, and refuses others', async () => {
      const offered = await TestCamera.welcomed(node, 'protocol-1', { protocols: ['other', 'camshard.v1'] });
      expect(offered.socket.protocol).toBe('camshard.v1');
      const none = await TestCamera.welcomed(node, 'protocol-2');
      expect(none.socket.protocol).toBe('');
      await expect(TestCamera.connect(node, 'protocol-3', { protocols: ['camshard.v9'] })).rejects.toMatchObject({
        status: 400,
        code: 'unsupported_subprotocol',
      });
      await Promise.all([offered.close(), none.close()]);
    });

    it('refuses a camera id that is none, percent-escapes resolved', async () => {
      for (const id of ['a%20b', 'a%2Fb', 'x'.repeat(65), '%zz', 'caf%C3%A9']) {
        await expect(TestCamera.connect(node, id)).rejects.toMatchObject({ status: 400, code: 'bad_camera_id' });
      }
      const escaped = await TestCamera.connect(node, 'cam%2D1');
      expect((await escaped.next('welcome')).camera).toBe('cam-1');
      await escaped.close();
    });

    it('answers hello with credit and a target of the camera’s own rate and shape', async () => {
      const camera = await TestCamera.welcomed(node, 'hello-1');
      camera.text({ type: 'hello', schemaVersion: 1, fps: 2.5, width: 1080, height: 1920 });
      expect(await camera.next('credit')).toEqual({
        type: 'credit',
        credit: 4,
        target: { fps: 2.5, width: 180, height: 320 },
      });
      await camera.close();
    });

    it('says what is wrong with a text message, keeps the connection, and counts it', async () => {
      const camera = await TestCamera.welcomed(node, 'hello-2');
      const bad: readonly [unknown, string][] = [
        ['so no json', 'text_not_json'],
        ['"hello"', 'unknown_message'],
        [{ type: 'subscribe' }, 'unknown_message'],
        [{ type: 'hello', schemaVersion: 2 }, 'unsupported_schema_version'],
        [{ type: 'hello', schemaVersion: 1, colour: 'red' }, 'unknown_field'],
        [{ type: 'hello' }, 'bad_hello'],
        [{ type: 'hello', schemaVersion: 1, fps: 'ten' }, 'bad_hello'],
        [{ type: 'hello', schemaVersion: 1, width: -1 }, 'bad_hello'],
        [JSON.stringify({ type: 'hello', pad: 'x'.repeat(TEXT_BYTES_MAX) }), 'text_too_large'],
      ];
      for (const [message] of bad) camera.text(message);
      await until('an error each', () => camera.errors.length === bad.length);
      expect(camera.errors.map((error) => error.code)).toEqual(bad.map(([, code]) => code));
      expect(camera.errors.every((error) => error.seq === undefined && error.message.length > 0)).toBe(true);
      expect(camera.errors[4]?.message).toContain('colour');
      camera.send(picture);
      await camera.next('result');
      expect(await node.metric('camshard_bad_text_messages_total{reason="unknown_message"}')).toBe(2);
      // No frames: they stand in no ledger.
      expect((await node.ledger()).cameras['hello-2']?.received).toBe(1);
      await camera.close();
    });
  });

  describe('frames', () => {
    it('numbers bare pictures from 1 per connection and gives results in their order', async () => {
      const camera = await TestCamera.welcomed(node, 'bare-1');
      for (let seq = 1; seq <= 3; seq++) {
        expect(camera.send(picture)).toBe(seq);
        const beforeMs = Date.now();
        const result = await camera.next('result', (r) => r.seq === seq);
        expect(result).toEqual({
          type: 'result',
          seq,
          receivedAt: expect.any(Number),
          latencyMs: expect.any(Number),
          model: 'simulated@1',
          detections: [expect.anything(), expect.anything()],
        });
        expect(Math.abs(result.receivedAt - beforeMs)).toBeLessThan(10_000);
        for (const { label, score, box } of result.detections) {
          expect(label).toEqual(expect.any(String));
          expect(score).toBeGreaterThan(0);
          expect(score).toBeLessThanOrEqual(1);
          expect(box.every((v) => v >= 0 && v <= 1)).toBe(true);
          expect(box[0]).toBeLessThan(box[2]);
          expect(box[1]).toBeLessThan(box[3]);
        }
      }
      await camera.close();
      const again = await TestCamera.welcomed(node, 'bare-1');
      again.send(picture);
      expect((await again.next('result')).seq).toBe(1);
      await again.close();
    });

    it('takes number and capture time from an envelope', async () => {
      const camera = await TestCamera.welcomed(node, 'envelope-1');
      camera.sendEnvelope(picture, 41, 1_700_000_000_123.5);
      expect(await camera.next('result', (r) => r.seq === 41)).toMatchObject({ capturedAt: 1_700_000_000_123.5 });
      camera.sendEnvelope(picture, 4_294_967_295);
      expect(await camera.next('result', (r) => r.seq === 4_294_967_295)).not.toHaveProperty('capturedAt');
      await camera.close();
    });

    it('skips an envelope header longer than it knows', async () => {
      const camera = await TestCamera.welcomed(node, 'envelope-2');
      const header = Buffer.alloc(40);
      header.write('CSF1');
      header.writeUInt8(1, 4);
      header.writeUInt16LE(40, 6);
      header.writeUInt32LE(7, 8);
      camera.send(Buffer.concat([header, picture]));
      expect((await camera.next('result')).seq).toBe(7);
      await camera.close();
    });

    it('rejects a malformed envelope with an error and goes on', async () => {
      const camera = await TestCamera.welcomed(node, 'envelope-3');
      const envelope = (change: (header: Buffer) => void): Buffer => {
        const header = Buffer.alloc(24);
        header.write('CSF1');
        header.writeUInt8(1, 4);
        header.writeUInt16LE(24, 6);
        header.writeUInt32LE(5, 8);
        change(header);
        return Buffer.concat([header, picture]);
      };
      camera.send(envelope((h) => h.writeUInt8(2, 4)));
      camera.send(envelope((h) => h.writeUInt8(1, 5)));
      camera.send(envelope((h) => h.writeUInt16LE(23, 6)));
      camera.send(envelope((h) => h.writeDoubleLE(Number.NaN, 16)));
      camera.send(envelope((h) => h.writeUInt32LE(0, 8)));
      camera.send(Buffer.from('CSF1 cut'));
      await until('six errors', () => camera.errors.length === 6);
      expect(camera.errors.map((error) => error.code)).toEqual([
        'unsupported_schema_version',
        'unsupported_flags',
        'bad_envelope',
        'bad_envelope',
        'bad_envelope',
        'bad_envelope',
      ]);
      camera.send(envelope(() => {}));
      expect((await camera.next('result')).seq).toBe(5);
      await camera.close();
    });

    it('rejects what is no good picture with its reason and number, and serves the next one', async () => {
      const camera = await TestCamera.welcomed(node, 'bad-1');
      const bad: readonly [Uint8Array, string][] = [
        [Buffer.alloc(0), 'empty_message'],
        [Buffer.from('this is no picture'), 'not_an_image'],
        [await png(), 'unsupported_image'],
        [picture.subarray(0, picture.byteLength - 40), 'image_truncated'],
        [await jpeg({ width: 8, height: 8 }), 'dimensions_too_small'],
      ];
      for (const [bytes] of bad) camera.send(bytes);
      camera.send(picture);
      await camera.next('result', (r) => r.seq === bad.length + 1);
      expect(camera.errors.map(({ code, seq }) => ({ code, seq }))).toEqual(
        bad.map(([, code], index) => ({ code, seq: index + 1 })),
      );
      const ledger = (await node.settledLedger()).cameras['bad-1'];
      expect(ledger).toMatchObject({
        received: bad.length + 1,
        inferred: 1,
        rejected: Object.fromEntries(bad.map(([, code]) => [code, 1])),
      });
      await camera.close();
    });

    it('acknowledges without results where none were asked for, cumulatively', async () => {
      const camera = await TestCamera.welcomed(node, 'acks-1', { results: false });
      const frames = 12;
      for (let seq = 1; seq <= frames; seq++) {
        camera.send(picture);
        // One frame in flight at a time: nothing is shed, so every ack is bare.
        if (seq % 2 === 0) await until(`ack of ${seq}`, () => camera.ackedUpTo >= seq);
      }
      await until('the last ack', () => camera.ackedUpTo === frames || undefined);
      expect(camera.results).toEqual([]);
      const upTos = camera.acks.map((ack) => ack.upTo);
      expect(upTos).toEqual([...upTos].sort((a, b) => a - b));
      expect(new Set(upTos).size).toBe(upTos.length);
      await camera.close();
    });

    it('acknowledges a lone frame after ackDelayMsMax', async () => {
      const camera = await TestCamera.welcomed(node, 'acks-2', { results: false });
      camera.send(picture);
      expect(await camera.next('ack')).toEqual({ type: 'ack', upTo: 1, shed: [] });
      await camera.close();
    });

    it('answers a ping with a pong of the same bytes', async () => {
      const camera = await TestCamera.welcomed(node, 'ping-1');
      const pong = new Promise<Buffer>((resolve) => camera.socket.once('pong', resolve));
      camera.socket.ping('are you there');
      expect((await pong).toString()).toBe('are you there');
      await camera.close();
    });
  });

  describe('ids and limits', () => {
    it('lets the newer connection of an id win and tells the older one', async () => {
      const older = await TestCamera.welcomed(node, 'twin-1');
      older.send(picture);
      await older.next('result');
      const newer = await TestCamera.welcomed(node, 'twin-1');
      expect(await older.next('error')).toMatchObject({ code: 'replaced' });
      expect(await older.closed).toEqual({ code: 4001, reason: 'replaced' });
      newer.send(picture);
      expect((await newer.next('result')).seq).toBe(1);
      expect(await node.getJson('/v1/cameras/twin-1')).toMatchObject({ connected: true });
      expect(await node.metric('camshard_camera_connections_closed_total{reason="replaced"}')).toBe(1);
      await newer.close();
    });

    it('serves a camera that came, sent nothing good, left, and came back', async () => {
      const first = await TestCamera.welcomed(node, 'return-1');
      first.send(Buffer.from('no picture'));
      await first.next('error');
      await first.close();
      await until('the node to notice', async () => {
        const answer = await node.get('/v1/cameras/return-1');
        return answer.status === 404 || ((await answer.json()) as { connected: boolean }).connected === false;
      });
      const second = await TestCamera.welcomed(node, 'return-1');
      second.send(picture);
      await second.next('result');
      expect((await node.settledLedger()).cameras['return-1']).toMatchObject({ received: 2, inferred: 1, inFlight: 0 });
      await second.close();
    });

    it('refuses connections past its limit with 503 and Retry-After, and takes them again when one leaves', async () => {
      const small = await startTestNode({ ingest: { connectionsMax: 2 } });
      const cameras = [await TestCamera.welcomed(small, 'a'), await TestCamera.welcomed(small, 'b')];
      const refused = await TestCamera.connect(small, 'c').catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(HandshakeRefused);
      expect(refused).toMatchObject({ status: 503, code: 'connection_limit' });
      expect((refused as HandshakeRefused).headers['retry-after']).toMatch(/^\d+$/);
      await cameras[0]?.close();
      await until('room', async () => (await small.stats()).connections === 1);
      await (await TestCamera.welcomed(small, 'c')).close();
      expect(await small.metric('camshard_camera_connections_refused_total{reason="connection_limit"}')).toBe(1);
    });

    it('refuses a camera past the cameras it may hold', async () => {
      const small = await startTestNode({ ingest: { camerasMax: 1 } });
      const held = await TestCamera.welcomed(small, 'a');
      await expect(TestCamera.connect(small, 'b')).rejects.toMatchObject({ status: 503, code: 'camera_limit' });
      await held.close();
    });
  });

  describe('a device that decodes', () => {
    it('rejects what only the decoder finds out, and goes on', async () => {
      const decoding = await startTestNode({ devices: [{ kind: 'simulated', baseMs: 0, decode: true }] });
      const camera = await TestCamera.welcomed(decoding, 'decode-1');
      camera.send(await corruptJpeg());
      expect(await camera.next('error')).toMatchObject({ code: 'image_corrupt', seq: 1 });
      camera.send(picture);
      await camera.next('result', (r) => r.seq === 2);
      expect((await decoding.settledLedger()).total).toMatchObject({ inferred: 1, rejected: { image_corrupt: 1 } });
      await camera.close();
    });
  });
});
