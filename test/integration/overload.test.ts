import { afterAll, describe, expect, it } from 'vitest';
import type { NodeEvent } from '../../core/node-event.ts';
import type { OverloadStatus } from '../../core/overload.ts';
import { HandshakeRefused, TestCamera } from '../support/camera.ts';
import { startTestNode, stopTestNodes } from '../support/node.ts';
import { jpeg } from '../support/pictures.ts';
import { until } from '../support/until.ts';

describe('an overloaded node', () => {
  afterAll(stopTestNodes);

  it('goes down its ladder, says so, refuses new cameras with Retry-After, and takes them again when it is over', async () => {
    const node = await startTestNode({
      devices: [{ kind: 'simulated', baseMs: 0, perFrameMs: 80 }],
      overload: { climbAfterMs: 300, descendAfterMs: 300, retryAfterS: 7 },
      models: { inputSize: 320 },
    });
    // 16 cameras may expect 160 frames/s; 12 are run, at 224 pixels 25.
    const picture = await jpeg();
    const cameras = await Promise.all(Array.from({ length: 16 }, (_, i) => TestCamera.welcomed(node, `flood-${i}`)));
    const overload = (): Promise<OverloadStatus> => node.getJson<OverloadStatus>('/v1/overload');
    const flood = setInterval(() => {
      for (const camera of cameras) camera.send(picture);
    }, 60);
    try {
      await until('the last rung', async () => (await overload()).rung === (await overload()).rungs.length - 1, 20_000);
      const refused = await TestCamera.welcomed(node, 'newcomer').catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(HandshakeRefused);
      if (!(refused instanceof HandshakeRefused)) return;
      expect([refused.status, refused.code, refused.headers['retry-after']]).toEqual([503, 'overloaded', '7']);
      // One the node knows may come back: it is part of the load already.
      await cameras[0]?.close();
      cameras[0] = await TestCamera.welcomed(node, 'flood-0');
    } finally {
      clearInterval(flood);
    }
    await until('normal', async () => (await overload()).rung === 0, 30_000);
    await (await TestCamera.welcomed(node, 'newcomer')).close();
    const { events } = await node.getJson<{ events: NodeEvent[] }>('/v1/events');
    const rungs = events.filter(({ kind }) => kind === 'rung_changed').map(({ data }) => data.rung);
    expect(rungs).toEqual([1, 2, 3, 4, 3, 2, 1, 0]);
    expect(await node.metric('camshard_overload_rung')).toBe(0);
  });

  it('disconnects a camera that goes on ignoring its credit, where that is the policy', async () => {
    const node = await startTestNode({ flow: { disobedience: 'disconnect', disobedientMsMax: 1_000 } });
    const camera = await TestCamera.welcomed(node, 'hot');
    const picture = await jpeg();
    const flood = setInterval(() => camera.send(picture), 10);
    const { code } = await camera.closed;
    clearInterval(flood);
    expect(code).toBe(4004);
    expect(camera.heard.some((m) => m.type === 'error' && m.code === 'disobedient')).toBe(true);
  });
});
