import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ledgerImbalance } from '../../../core/ledger.ts';
import type { DeviceFault } from '../../../models/device/port.ts';
import { startHarness } from './harness.ts';

describe("a frame's way through the actors", () => {
  it('starts a camera actor at the first connection and welcomes the camera with credit and target', async () => {
    const node = startHarness();
    const camera = await node.connect('cam-1');
    expect(camera.welcomes).toEqual([
      { shard: expect.any(Number), epoch: 1, credit: 4, target: { fps: 10, width: 320, height: 180 } },
    ]);
    await node.system.shutdown('now');
  });

  it('asks the camera for the size that needs no resizing once it has said its own', async () => {
    const node = startHarness();
    const camera = await node.connect('cam-1');
    const { record } = { record: node.record('cam-1') };
    node.region.tell({
      kind: 'hello',
      camera: record.camera,
      source: camera,
      hello: { type: 'hello', schemaVersion: 1, fps: 5, width: 640, height: 352 },
    });
    await node.settle();
    expect(camera.welcomes.at(-1)?.target).toEqual({ fps: 5, width: 320, height: 176 });
    await node.system.shutdown('now');
  });

  it('answers each frame once, with its detections', async () => {
    const node = startHarness();
    const camera = await node.connect('cam-1');
    await node.clock.advanceAsync(5);
    for (let seq = 1; seq <= 3; seq++) {
      node.push('cam-1', seq, camera);
      await node.clock.advanceAsync(20);
    }
    expect(camera.outcomes).toEqual(['1:inferred', '2:inferred', '3:inferred']);
    expect(camera.answers.map((a) => a.answeredUpTo)).toEqual([1, 2, 3]);
    const outcome = camera.answers[0]?.outcome;
    expect(outcome?.kind === 'inferred' && outcome.detections.length).toBe(3);
    expect(node.record('cam-1').ledger.snapshot()).toMatchObject({ received: 3, inferred: 3, inFlight: 0 });
    await node.system.shutdown('now');
  });

  it('sheds a waiting frame as superseded when a newer one comes, and the older of two as out of order', async () => {
    const node = startHarness({ devices: [{ kind: 'simulated', noise: 0, baseMs: 30, perFrameMs: 0 }] });
    const camera = await node.connect('cam-1');
    await node.settle();
    node.push('cam-1', 1, camera); // runs
    await node.settle();
    node.push('cam-1', 5, camera); // waits
    node.push('cam-1', 4, camera); // too late
    node.push('cam-1', 6, camera); // takes the place of 5
    await node.clock.advanceAsync(100);
    expect(camera.outcomes).toEqual(['4:out_of_order', '5:superseded', '1:inferred', '6:inferred']);
    await node.system.shutdown('now');
  });

  it('sheds a frame as expired that a slow device cannot answer in time, before any work is spent on it', async () => {
    const node = startHarness({ devices: [{ kind: 'simulated', noise: 0, baseMs: 200, perFrameMs: 0 }] });
    const [first, second, third] = [await node.connect('a'), await node.connect('b'), await node.connect('c')];
    node.push('a', 1, first);
    await node.settle();
    await node.clock.advanceAsync(1);
    node.push('b', 1, second); // 199 ms to wait and 200 to run: over the deadline of 250
    await node.clock.advanceAsync(60);
    expect(second.outcomes).toEqual(['1:expired']);
    await node.clock.advanceAsync(150);
    node.push('c', 1, third);
    await node.clock.advanceAsync(220);
    expect([first.outcomes, third.outcomes]).toEqual([['1:inferred'], ['1:inferred']]);
    expect(node.events.filter((e) => e.kind === 'batch-ran')).toHaveLength(2);
    await node.system.shutdown('now');
  });

  it('tells the older connection that a newer one took its camera id, and starts a new sequence', async () => {
    const node = startHarness();
    const older = await node.connect('cam-1');
    node.push('cam-1', 100, older);
    await node.clock.advanceAsync(20);
    const newer = await node.connect('cam-1');
    expect(older.wasReplaced).toBe(true);
    node.push('cam-1', 101, older);
    node.push('cam-1', 1, newer);
    await node.clock.advanceAsync(20);
    expect(older.outcomes).toEqual(['100:inferred', '101:superseded']);
    expect(newer.outcomes).toEqual(['1:inferred']);
    await node.system.shutdown('now');
  });

  it('stops an idle camera actor, keeps its sums, and starts afresh when the camera returns', async () => {
    const node = startHarness({ actors: { cameraIdleMs: 1_000 } });
    const camera = await node.connect('cam-1');
    node.push('cam-1', 1, camera);
    await node.clock.advanceAsync(20);
    const actorsBefore = node.system.size;
    await node.disconnect('cam-1', camera);
    await node.clock.advanceAsync(1_100, 50);
    expect(node.system.size).toBe(actorsBefore - 1);
    expect(node.book.size).toBe(0);
    expect(node.book.folded()).toMatchObject({ received: 1, inferred: 1 });
    const again = await node.connect('cam-1');
    node.push('cam-1', 1, again);
    await node.clock.advanceAsync(20);
    expect(again.outcomes).toEqual(['1:inferred']);
    expect(node.book.total()).toMatchObject({ received: 2, inferred: 2, inFlight: 0 });
    await node.system.shutdown('now');
  });

  it('counts the batch of a device that ends as lost, and goes on with a new one', async () => {
    const node = startHarness({ devices: [{ kind: 'simulated', noise: 0, baseMs: 30, perFrameMs: 0 }] });
    const camera = await node.connect('cam-1');
    await node.settle();
    node.push('cam-1', 1, camera);
    await node.clock.advanceAsync(5);
    node.devices[0]?.ref.tell({ kind: 'fault', fault: { kind: 'exit' } });
    await node.settle();
    expect(camera.outcomes).toEqual(['1:device_failed']);
    node.push('cam-1', 2, camera);
    await node.clock.advanceAsync(200);
    expect(camera.outcomes.at(-1)).toBe('2:inferred');
    expect(node.devices[0]?.view.restarts).toBe(1);
    await node.system.shutdown('now');
  });

  it('gives up on a device that hangs', async () => {
    const node = startHarness({ devices: [{ kind: 'simulated', noise: 0, baseMs: 10, perFrameMs: 0 }] });
    const camera = await node.connect('cam-1');
    await node.settle();
    node.devices[0]?.ref.tell({ kind: 'fault', fault: { kind: 'hang' } });
    await node.settle();
    node.push('cam-1', 1, camera);
    await node.clock.advanceAsync(2_200, 10);
    expect(camera.outcomes).toEqual(['1:device_failed']);
    node.push('cam-1', 2, camera);
    await node.clock.advanceAsync(100);
    expect(camera.outcomes.at(-1)).toBe('2:inferred');
    await node.system.shutdown('now');
  });

  it('serves again after a slow spell that made every deadline look out of reach', async () => {
    const slow = { kind: 'simulated' as const, noise: 0, baseMs: 300, perFrameMs: 0 };
    const node = startHarness({ devices: [slow] });
    const camera = await node.connect('cam-1');
    // Warmed at 300 ms a frame with 250 ms to the deadline, nothing looks worth running; the probes still run.
    let seq = 0;
    for (let i = 0; i < 20; i++) {
      node.push('cam-1', ++seq, camera);
      await node.clock.advanceAsync(100, 20);
    }
    expect(camera.outcomes.filter((o) => o.endsWith('inferred')).length).toBeGreaterThan(1);
    expect(camera.outcomes.filter((o) => o.endsWith('expired')).length).toBeGreaterThan(5);
    await node.system.shutdown('now');
  });

  it('serves the cameras of a failed device on the others meanwhile', async () => {
    const slow = { kind: 'simulated' as const, noise: 0, baseMs: 10, perFrameMs: 0 };
    const node = startHarness({ devices: [slow, slow] });
    const cameras = await Promise.all(Array.from({ length: 12 }, (_, i) => node.connect(`cam-${i}`)));
    await node.settle();
    const views = node.devices.map((d) => d.view);
    if (views[0] !== undefined) views[0].state = 'failed';
    cameras.forEach((camera, i) => {
      node.push(`cam-${i}`, 1, camera);
    });
    await node.clock.advanceAsync(100);
    expect(cameras.every((camera) => camera.outcomes[0] === '1:inferred')).toBe(true);
    await node.system.shutdown('now');
  });

  it('loses no account when a camera actor fails on a bug of its own', async () => {
    const node = startHarness();
    const camera = await node.connect('cam-1');
    await node.settle();
    node.breakNextResult();
    node.push('cam-1', 1, camera);
    await node.clock.advanceAsync(500);
    node.push('cam-1', 2, camera);
    await node.clock.advanceAsync(500);
    expect(node.failures).toHaveLength(1);
    expect(camera.outcomes.at(-1)).toBe('2:inferred');
    expect(node.book.total()).toMatchObject({ received: 2, inFlight: 0 });
    expect(ledgerImbalance(node.book.total())).toBe(0);
    await node.system.shutdown('now');
  });

  it('counts what is still in flight at a stop as lost, and leaves no timer', async () => {
    const node = startHarness({ devices: [{ kind: 'simulated', noise: 0, baseMs: 60, perFrameMs: 0 }] });
    const camera = await node.connect('cam-1');
    await node.settle();
    node.push('cam-1', 1, camera);
    await node.settle();
    node.push('cam-1', 2, camera);
    await node.settle();
    await node.system.shutdown('now');
    expect(camera.outcomes.sort()).toEqual(['1:shutdown', '2:shutdown']);
    expect(node.book.inFlight).toBe(0);
    expect(node.book.size).toBe(1); // whoever asks a stopping node still hears of its cameras
    expect(node.clock.pendingTimers).toBe(0);
  });

  it('keeps the account whole over random sequences of everything that happens to a node', async () => {
    const step = fc.oneof(
      {
        weight: 12,
        arbitrary: fc.record({
          op: fc.constant('push' as const),
          camera: fc.nat(5),
          jump: fc.integer({ min: -2, max: 3 }),
        }),
      },
      { weight: 6, arbitrary: fc.record({ op: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 60 }) }) },
      { weight: 2, arbitrary: fc.record({ op: fc.constant('connect' as const), camera: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('disconnect' as const), camera: fc.nat(5) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          op: fc.constant('fault' as const),
          fault: fc.constantFrom<DeviceFault>(
            { kind: 'exit' },
            { kind: 'throw' },
            { kind: 'out_of_memory', framesAbove: 0, times: 3 },
            { kind: 'out_of_memory', framesAbove: 1, times: 2 },
            { kind: 'start_fails', times: 2 },
          ),
        }),
      },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('bug' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
        const node = startHarness({
          devices: [{ kind: 'simulated', baseMs: 15, perFrameMs: 3, seed: 9 }],
          actors: { cameraIdleMs: 1_000 },
        });
        const sources = new Map<string, Awaited<ReturnType<typeof node.connect>>>();
        const everyone: Awaited<ReturnType<typeof node.connect>>[] = [];
        const seqs = new Map<string, number>();
        let pushed = 0;
        for (const s of steps) {
          const name = 'camera' in s ? `cam-${s.camera}` : '';
          if (s.op === 'wait') await node.clock.advanceAsync(s.ms, 5);
          if (s.op === 'fault') node.devices[0]?.ref.tell({ kind: 'fault', fault: s.fault });
          if (s.op === 'bug') node.breakNextResult();
          if (s.op === 'connect' || (s.op === 'push' && !sources.has(name))) {
            const old = sources.get(name);
            const source = await node.connect(name);
            if (old !== undefined) await node.disconnect(name, old);
            sources.set(name, source);
            everyone.push(source);
          }
          const source = sources.get(name);
          if (s.op === 'push' && source !== undefined) {
            const seq = Math.max(1, (seqs.get(name) ?? 0) + s.jump);
            seqs.set(name, seq);
            node.push(name, seq, source);
            pushed++;
          }
          if (s.op === 'disconnect' && source !== undefined) {
            sources.delete(name);
            await node.disconnect(name, source);
          }
          expect(ledgerImbalance(node.book.total())).toBe(0);
        }
        await node.clock.advanceAsync(2_000, 20);
        expect(node.book.total()).toMatchObject({ received: pushed, inFlight: 0 });
        // Every frame was answered exactly once, to whoever had sent it.
        expect(everyone.reduce((sum, source) => sum + source.answers.length, 0)).toBe(pushed);
        // Every account closes on its own, and together they are the total.
        const records = [...node.book.records()].map((r) => r.ledger.snapshot());
        for (const ledger of records) expect(ledgerImbalance(ledger)).toBe(0);
        const sum = records.reduce((n, l) => n + l.received, node.book.folded().received);
        expect(sum).toBe(pushed);
        await node.system.shutdown('now');
      }),
      { seed: 21, numRuns: 30 },
    );
  });
});
