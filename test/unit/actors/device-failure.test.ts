import { describe, expect, it } from 'vitest';
import { ledgerImbalance } from '../../../core/ledger.ts';
import type { DeviceFault } from '../../../models/device/port.ts';
import { DrivenCameras, percentile } from './driven-cameras.ts';
import { startHarness } from './harness.ts';

const CARD = { kind: 'simulated', baseMs: 2, perFrameMs: 4, noise: 0, batchMax: 4 } as const;

async function nodeOf(devices: number, camerasCount: number) {
  const node = startHarness({ devices: Array.from({ length: devices }, () => CARD) });
  await node.clock.advanceAsync(20, 5);
  const cameras = new DrivenCameras(node);
  for (let i = 0; i < camerasCount; i++) await cameras.add(`cam-${i}`, 5, true);
  await cameras.run(2_000);
  return { node, cameras };
}
type Node = Awaited<ReturnType<typeof nodeOf>>['node'];
const inject = (node: Node, fault: DeviceFault, index = 0): void => {
  node.devices[index]?.ref.tell({ kind: 'fault', fault });
};
const kinds = (node: Node): string[] => node.events.map(({ kind }) => kind).filter((kind) => kind !== 'batch-ran');

describe('a device that fails', () => {
  it.each<DeviceFault>([{ kind: 'exit' }, { kind: 'throw' }, { kind: 'hang' }, { kind: 'hang_native' }])(
    'costs the cameras of the other device nothing: %j',
    async (fault) => {
      const { node, cameras } = await nodeOf(2, 16);
      const others = new Set(
        cameras.cameras.filter(({ name }) => node.record(name).device === 'simulated-1').map(({ name }) => name),
      );
      cameras.forget();
      await cameras.run(3_000);
      const before = percentile(
        cameras.latencies(({ name }) => others.has(name)),
        0.99,
      );
      cameras.forget();
      inject(node, fault);
      await cameras.run(4_000);
      expect(
        percentile(
          cameras.latencies(({ name }) => others.has(name)),
          0.99,
        ),
      ).toBeLessThan(before * 2.5);
      for (const { name } of cameras.cameras)
        expect(node.record(name).ledger.snapshot().lost.actor_failed).toBeUndefined();
      for (const name of others) expect(node.record(name).ledger.snapshot().lost).toEqual({});
      await cameras.run(2_000);
      expect(node.devices[0]?.view.healthy).toBe(true);
      expect(ledgerImbalance(node.book.total())).toBe(0);
    },
  );

  it('hands the frames that wait for it to a healthy one', async () => {
    const { node, cameras } = await nodeOf(2, 30);
    inject(node, { kind: 'start_fails', times: 3 });
    inject(node, { kind: 'exit' });
    await cameras.run(1_000);
    const { lost, shed } = node.book.total();
    expect(lost.device_failed).toBeLessThanOrEqual(8); // two batches in flight
    expect(shed.expired ?? 0).toBe(0);
  });

  it('is tried less and less often once its breaker is open, with an empty frame first, and trusted again after', async () => {
    const { node, cameras } = await nodeOf(2, 8);
    inject(node, { kind: 'start_fails', times: 6 });
    inject(node, { kind: 'exit' });
    await cameras.run(45_000, 5);
    expect(kinds(node).slice(2)).toEqual([
      'device-failed', // the thread, then four starts
      'device-failed',
      'device-failed',
      'device-failed',
      'device-failed',
      'breaker-opened',
      'breaker-half-open', // after 5 s
      'device-failed',
      'breaker-opened',
      'breaker-half-open', // after 10 s
      'device-failed',
      'breaker-opened',
      'breaker-half-open', // after 20 s
      'device-ready',
      'breaker-closed',
    ]);
    expect(node.devices[0]?.view.healthy).toBe(true);
  });

  it('is given up again when it hangs on the very frame it is tried with', async () => {
    let hangs = false;
    const node = startHarness({ devices: [CARD, CARD] }, (device) => {
      if (device.id !== 'simulated-0' || !hangs) return;
      const start = device.start.bind(device);
      device.start = async () => {
        const warmUp = await start();
        device.injectFault({ kind: 'hang' });
        return warmUp;
      };
    });
    await node.clock.advanceAsync(20, 5);
    const cameras = new DrivenCameras(node);
    for (let i = 0; i < 8; i++) await cameras.add(`cam-${i}`, 5, true);
    inject(node, { kind: 'start_fails', times: 4 });
    inject(node, { kind: 'exit' });
    await cameras.run(3_000, 5);
    expect(kinds(node).at(-1)).toBe('breaker-opened');
    hangs = true;
    await cameras.run(8_000, 5);
    expect(kinds(node).slice(-4)).toEqual(['breaker-half-open', 'device-ready', 'device-failed', 'breaker-opened']);
    hangs = false;
    await cameras.run(15_000, 5);
    expect(node.devices[0]?.view.healthy).toBe(true);
  });

  it('gets cameras back when it has recovered, and they stay where they are otherwise', async () => {
    const { node, cameras } = await nodeOf(2, 40);
    const places = () => cameras.cameras.map(({ name }) => node.record(name).device);
    await cameras.run(10_000, 5);
    const settled = places();
    await cameras.run(5_000, 5);
    expect(places()).toEqual(settled);
    inject(node, { kind: 'start_fails', times: 3 });
    inject(node, { kind: 'exit' });
    await cameras.run(300);
    expect(new Set(places())).toEqual(new Set(['simulated-1']));
    await cameras.run(10_000, 5);
    expect(places().filter((place) => place === 'simulated-0').length).toBeGreaterThan(10);
  });

  it('leaves no timer and no memory behind over 1,000 replacements', async () => {
    const { node, cameras } = await nodeOf(1, 2);
    const timers = node.clock.pendingTimers;
    for (let i = 0; i < 1_000; i++) {
      inject(node, { kind: 'exit' });
      await cameras.run(450, 50); // a batch between two failures keeps the breaker closed
    }
    await cameras.run(6_000, 20);
    expect(node.devices[0]?.view.restarts).toBe(1_000);
    expect(Math.abs(node.clock.pendingTimers - timers)).toBeLessThanOrEqual(3);
    const reading = node.cards[0]?.read();
    expect(reading?.usedBytes).toBeLessThan(1_000 * 1024 ** 2); // one device's
    expect(ledgerImbalance(node.book.total())).toBe(0);
  });
});
