import { afterEach, describe, expect, it } from 'vitest';
import { sumCounts } from '../../core/ledger.ts';
import { TestCamera } from '../support/camera.ts';
import { simulated, startTestNode, stopTestNodes } from '../support/node.ts';
import { corruptJpeg, jpeg } from '../support/pictures.ts';
import { until } from '../support/until.ts';

afterEach(stopTestNodes);

describe('answers to frames', () => {
  it('answers every frame exactly once, however they end', async () => {
    const node = await startTestNode({ devices: [simulated({ baseMs: 4, decode: true })] });
    const camera = await TestCamera.welcomed(node, 'once-1');
    const good = await jpeg({ width: 160, height: 90 });
    const corrupt = await corruptJpeg();
    const garbage = Buffer.from('no picture');
    const frames = 300;
    for (let i = 1; i <= frames; i++) {
      camera.send(i % 17 === 0 ? garbage : i % 23 === 0 ? corrupt : good);
      // In bursts, so that some are shed and some get through.
      if (i % 10 === 0) await camera.next('result', (r) => r.seq > i - 10).catch(() => undefined);
    }
    const { total } = await node.settledLedger();
    await until('an answer to each', () => camera.namedAnswers().size === frames);

    const answers = camera.namedAnswers();
    expect([...answers].filter(([, given]) => given.length !== 1)).toEqual([]);
    const count = (reason: string) => [...answers.values()].filter(([given]) => given === reason).length;
    expect(total.received).toBe(frames);
    expect(count('result')).toBe(total.inferred);
    expect(total.inferred).toBeGreaterThan(frames / 20);
    for (const counts of [total.shed, total.rejected, total.lost]) {
      for (const [reason, n] of Object.entries(counts)) expect([reason, count(reason)]).toEqual([reason, n]);
    }
    expect(count('not_an_image')).toBe(Math.floor(frames / 17));
    const seqs = camera.results.map((result) => result.seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    await camera.close();
  });

  it('never acknowledges a frame before its result', async () => {
    const node = await startTestNode({ devices: [simulated({ baseMs: 6 })], flow: { creditWindow: 16 } });
    const camera = await TestCamera.welcomed(node, 'order-1');
    const picture = await jpeg();
    for (let burst = 0; burst < 20; burst++) {
      for (let i = 0; i < 4; i++) camera.send(picture);
      await until('the burst', () => camera.namedAnswers().size === camera.sent);
    }
    let resultSeen = 0;
    for (const message of camera.heard) {
      if (message.type === 'result') resultSeen = message.seq;
      if (message.type !== 'ack') continue;
      const shedLater = new Set(camera.acks.flatMap((ack) => ack.shed.map(({ seq }) => seq)));
      for (let seq = resultSeen + 1; seq <= message.upTo; seq++) expect(shedLater.has(seq)).toBe(true);
    }
    expect(camera.acks.length).toBeGreaterThan(0);
    await camera.close();
  });

  it('covers every frame by upTo or by name where results were not asked for', async () => {
    const node = await startTestNode({ devices: [simulated({ baseMs: 3 })] });
    const camera = await TestCamera.welcomed(node, 'acked-1', { results: false });
    const picture = await jpeg();
    for (let i = 0; i < 200; i++) camera.send(picture);
    const { total } = await node.settledLedger();
    await until('the last ack', () => camera.ackedUpTo === 200 || undefined);
    const named = camera.namedAnswers();
    expect([...named].filter(([, given]) => given.length !== 1)).toEqual([]);
    expect(named.size).toBe(sumCounts(total.shed));
    expect(total.inferred).toBe(200 - named.size);
    await camera.close();
  });

  it('only sheds the surplus of a camera that ignores its credit', async () => {
    const node = await startTestNode({ devices: [simulated({ baseMs: 5 })] });
    const flooding = await TestCamera.welcomed(node, 'flood-1');
    const polite = await TestCamera.welcomed(node, 'polite-1');
    const picture = await jpeg();
    for (let round = 1; round <= 20; round++) {
      for (let i = 0; i < 50; i++) flooding.send(picture);
      const seq = polite.send(picture);
      await polite.next('result', (r) => r.seq === seq);
    }
    const { cameras } = await node.settledLedger();
    expect(cameras['polite-1']).toMatchObject({ received: 20, inferred: 20, shed: {} });
    expect(cameras['flood-1']?.received).toBe(1_000);
    expect(cameras['flood-1']?.rejected).toEqual({});
    expect(sumCounts(cameras['flood-1']?.shed ?? {})).toBe(1_000 - (cameras['flood-1']?.inferred ?? 0));
    expect(flooding.socket.readyState).toBe(flooding.socket.OPEN);
    await Promise.all([flooding.close(), polite.close()]);
  });

  it('sheds a frame whose number is not newer than the last as out_of_order', async () => {
    const node = await startTestNode();
    const camera = await TestCamera.welcomed(node, 'late-1');
    const picture = await jpeg();
    for (const seq of [5, 6]) {
      camera.sendEnvelope(picture, seq);
      await camera.next('result', (r) => r.seq === seq);
    }
    for (const seq of [6, 2]) camera.sendEnvelope(picture, seq);
    await until('both shed', () => camera.acks.flatMap((ack) => ack.shed).length === 2);
    expect(camera.acks.flatMap((ack) => ack.shed)).toEqual([
      { seq: 6, reason: 'out_of_order' },
      { seq: 2, reason: 'out_of_order' },
    ]);
    camera.sendEnvelope(picture, 7);
    await camera.next('result', (r) => r.seq === 7);
    await camera.close();
    // A new connection starts a new sequence.
    const again = await TestCamera.welcomed(node, 'late-1');
    again.sendEnvelope(picture, 1);
    await again.next('result', (r) => r.seq === 1);
    expect((await node.settledLedger()).total.shed).toEqual({ out_of_order: 2 });
    await again.close();
  });

  it('sheds a frame that a newer one replaced as superseded, and one that cannot be in time as expired', async () => {
    const node = await startTestNode({
      devices: [simulated({ baseMs: 150, perFrameMs: 0, batchMax: 1 })],
      batching: { frameDeadlineMs: 400 },
    });
    const picture = await jpeg();
    const camera = await TestCamera.welcomed(node, 'newest-1');
    for (let i = 0; i < 6; i++) camera.send(picture);
    await until('all answers', () => camera.namedAnswers().size === 6);
    expect(camera.namedAnswers().get(6)).toEqual(['result']);
    expect([...camera.namedAnswers().values()].flat()).toContain('superseded');

    const crowd = await Promise.all(Array.from({ length: 6 }, (_, i) => TestCamera.welcomed(node, `crowd-${i}`)));
    for (const one of crowd) one.send(picture);
    await until('all answers', () => crowd.every((one) => one.namedAnswers().size === 1));
    expect(crowd.flatMap((one) => [...one.namedAnswers().values()].flat())).toContain('expired');
    expect((await node.settledLedger()).total.shed.expired).toBeGreaterThan(0);
    await Promise.all([camera, ...crowd].map((one) => one.close()));
  });

  it('gives the account of frames whose camera left before their answer', async () => {
    const node = await startTestNode({ devices: [simulated({ baseMs: 60 })] });
    const camera = await TestCamera.welcomed(node, 'gone-1');
    camera.send(await jpeg());
    await until('the frame to be taken', async () => (await node.ledger()).total.received === 1);
    camera.socket.terminate();
    expect((await node.settledLedger()).total).toMatchObject({ received: 1, inferred: 1, inFlight: 0 });
  });
});
