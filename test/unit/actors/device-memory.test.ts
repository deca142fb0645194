import { describe, expect, it } from 'vitest';
import { ledgerImbalance } from '../../../core/ledger.ts';
import type { DeviceFault } from '../../../models/device/port.ts';
import { DrivenCameras } from './driven-cameras.ts';
import { startHarness } from './harness.ts';

const MIB = 1024 ** 2;
/** Batches pay on it as on a GPU: 10 ms and half a millisecond a frame. */
const GPU = { kind: 'simulated', baseMs: 10, perFrameMs: 0.5, noise: 0, batchMax: 16 } as const;
const outOfMemory = (framesAbove: number, times: number): DeviceFault => ({
  kind: 'out_of_memory',
  framesAbove,
  times,
});

async function loadedNode(devices: Parameters<typeof startHarness>[0] = {}) {
  const node = startHarness({ devices: [GPU], ...devices });
  await node.clock.advanceAsync(20, 5);
  const cameras = new DrivenCameras(node);
  for (let i = 0; i < 40; i++) await cameras.add(`cam-${i}`, 10, false);
  await cameras.run(2_000);
  return { node, cameras };
}
const inject = (node: ReturnType<typeof startHarness>, fault: DeviceFault, index = 0): void => {
  node.devices[index]?.ref.tell({ kind: 'fault', fault });
};
const steps = (node: ReturnType<typeof startHarness>): string[] =>
  node.events.flatMap((event) => (event.kind === 'out-of-memory' ? [event.step] : []));

describe('a device that runs out of memory', () => {
  it('runs the same frames again in halves, loses none of them, and goes on in smaller batches', async () => {
    const { node, cameras } = await loadedNode();
    const before = node.devices[0]?.view.batchMax;
    inject(node, outOfMemory(2, 2));
    await cameras.run(3_000);
    const { lost, shed } = node.book.total();
    expect(steps(node).length).toBeGreaterThan(0);
    expect(new Set(steps(node))).toEqual(new Set(['smaller']));
    expect(lost).toEqual({});
    expect(shed.expired ?? 0).toBe(0);
    expect(node.devices[0]?.view.batchMax).toBeLessThan(before ?? 0);
    expect(node.events.some((event) => event.kind === 'device-failed')).toBe(false);
  });

  it('probes upward later, and has its full batches back', async () => {
    const { node, cameras } = await loadedNode({ memory: { probeAfterMs: 2_000 } });
    inject(node, outOfMemory(1, 1));
    await cameras.run(500);
    expect(node.devices[0]?.view.batchMax).toBeLessThan(16);
    await cameras.run(12_000, 5);
    expect(node.devices[0]?.view.batchMax).toBe(16);
  });

  it('makes the sessions anew where even one frame does not fit, then the thread, and answers for every frame', async () => {
    const { node, cameras } = await loadedNode();
    inject(node, outOfMemory(0, 12)); // survives a renewal, ends with the thread
    await cameras.run(6_000);
    expect(steps(node)).toContain('renew');
    expect(steps(node)).toContain('replace');
    expect(steps(node)).not.toContain('give_up');
    expect(node.devices[0]?.view.renewals).toBe(1);
    expect(node.devices[0]?.view.healthy).toBe(true);
    expect(ledgerImbalance(node.book.total())).toBe(0);
  });

  it('opens its breaker in the end and has its cameras served by the other devices', async () => {
    const node = startHarness({ devices: [GPU, GPU] }, (device) => {
      if (device.id !== 'simulated-0') return;
      // Each thread after the first finds the card as full as the one before did.
      const start = device.start.bind(device);
      device.start = async () => {
        const warmUp = await start();
        if (node.events.some(({ kind }) => kind === 'out-of-memory')) device.injectFault(outOfMemory(0, 1_000_000));
        return warmUp;
      };
    });
    await node.clock.advanceAsync(20, 5);
    const cameras = new DrivenCameras(node);
    for (let i = 0; i < 40; i++) await cameras.add(`cam-${i}`, 10, false);
    await cameras.run(2_000);
    const mine = cameras.cameras.filter(({ name }) => node.record(name).device === 'simulated-0');
    expect(mine.length).toBeGreaterThan(5);
    inject(node, outOfMemory(0, 1_000_000));
    await cameras.run(1_500);
    expect(steps(node)).toContain('give_up');
    expect(node.events.some(({ kind }) => kind === 'breaker-opened')).toBe(true);
    cameras.forget();
    await cameras.run(2_000);
    for (const { name } of mine) {
      expect(node.record(name).device).toBe('simulated-1');
      expect(cameras.results(name)).toBeGreaterThan(15); // of 20
    }
  });

  it('plans its batches by what warming measured: the peak stays under the share that is allowed', async () => {
    const node = startHarness({
      devices: [{ ...GPU, batchMax: 32, memoryBytes: 1_000 * MIB, sessionBytes: 50 * MIB, frameBytes: 32 * MIB }],
      memory: { shareMax: 0.9 },
    });
    await node.clock.advanceAsync(20, 5);
    const cameras = new DrivenCameras(node);
    for (let i = 0; i < 64; i++) await cameras.add(`cam-${i}`, 20, false);
    await cameras.run(2_000);
    const view = node.devices[0]?.view;
    // 16 frames: 512 MiB of arena at 320 and half of that at 224, and two sessions.
    expect(view?.batchMax).toBe(16);
    expect(view?.plannedPeakBytes).toBeLessThan(900 * MIB);
    expect(node.cards[0]?.read().usedBytes).toBeLessThanOrEqual(900 * MIB);
    expect(view?.outOfMemory).toBe(0);
  });

  it('gives back what its arena holds beyond need, once it has been quiet for long enough', async () => {
    const node = startHarness({ devices: [GPU], memory: { renewQuietMs: 10_000 } });
    await node.clock.advanceAsync(20, 5);
    const cameras = new DrivenCameras(node);
    await cameras.add('cam-0', 1, true);
    await cameras.run(5_000, 10);
    const card = node.cards[0];
    if (card === undefined) throw new Error('no card');
    card.hold({}, 4_096 * MIB); // held by this process beside its plan, as an arena grown too large is
    await cameras.run(4_000, 10);
    expect(node.devices[0]?.view.renewals).toBe(0);
    await cameras.run(10_000, 10);
    expect(node.devices[0]?.view.renewals).toBe(1);
    expect(cameras.results('cam-0')).toBeGreaterThan(15);
  });
});
