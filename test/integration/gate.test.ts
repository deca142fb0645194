import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCamera } from '../support/camera.ts';
import { startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';

/** A grey room of 320x180, with something bright in it where asked. */
function room(objectAt?: number): Promise<Buffer> {
  const background = { create: { width: 320, height: 180, channels: 3 as const, background: '#707070' } };
  const object = { create: { width: 40, height: 40, channels: 3 as const, background: '#f0f0f0' } };
  const image = sharp(background);
  return (objectAt === undefined ? image : image.composite([{ input: object, left: objectAt, top: 60 }]))
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** Decodes and looks for real; only the boxes are invented. */
describe('a camera on which nothing moves', () => {
  let node: TestNode;
  beforeAll(async () => {
    node = await startTestNode({
      devices: [{ kind: 'simulated', baseMs: 2, perFrameMs: 1, decode: true }],
      gate: { enabled: true },
    });
  });
  afterAll(stopTestNodes);

  it('has its first frame analysed, the others gated and acknowledged, and what appears analysed at once', async () => {
    const camera = await TestCamera.welcomed(node, 'room-1');
    const still = await room();
    for (let i = 0; i < 8; i++) {
      const seq = camera.send(still);
      await expect
        .poll(() => camera.acks.some((ack) => ack.upTo >= seq) || camera.results.some((r) => r.seq >= seq))
        .toBe(true);
    }
    expect(camera.results.map(({ seq }) => seq)).toEqual([1]);
    const moved = camera.send(await room(100));
    const result = await camera.next('result', (r) => r.seq === moved);
    expect(result.seq).toBe(moved);
    const { cameras } = await node.settledLedger();
    expect(cameras['room-1']).toMatchObject({ received: 9, inferred: 2, gated: 7, shed: {} });
    await camera.close();
  });

  it('is asked for fpsMin once it has been still for a while, and for fpsMax when something moves', async () => {
    const camera = await TestCamera.welcomed(node, 'room-2');
    const still = await room();
    const asked = (): number | undefined =>
      camera.heard.filter((m) => m.type === 'credit' || m.type === 'welcome').at(-1)?.target.fps;
    expect(asked()).toBe(10);
    for (let i = 0; asked() !== 2 && i < 80; i++) {
      camera.send(still);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(asked()).toBe(2);
    // Those that come before the next look is due are not even decoded, and are answered all the same.
    const seqs = [camera.send(still), camera.send(still), camera.send(still)];
    await expect.poll(() => camera.acks.some((ack) => ack.upTo >= (seqs.at(-1) ?? 0))).toBe(true);
    for (let i = 0; asked() !== 10 && i < 20; i++) {
      camera.send(await room(20 + 10 * i));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(asked()).toBe(10);
    await camera.close();
  });

  it('still gets an answer about each picture that is asked about by HTTP', async () => {
    const body = await room();
    for (let i = 0; i < 3; i++) {
      const answer = await node.get('/v1/cameras/room-3/frames', {
        method: 'POST',
        body: new Uint8Array(body),
        headers: { 'content-type': 'image/jpeg' },
      });
      expect(((await answer.json()) as { type: string }).type).toBe('result');
    }
  });
});
