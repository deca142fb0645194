import { Counter, Gauge, type Registry } from 'prom-client';
import type { DeviceView } from '../../actors/device-view.ts';
import { type Labels, pulled } from './pulled-metric.ts';

/** State, memory and size of work of each device. */
export function registerDevices(registry: Registry, { devices }: { readonly devices: readonly DeviceView[] }): void {
  const perDevice = (read: (view: DeviceView) => number) => (): [Labels, number][] =>
    devices.map((view) => [{ device: view.device }, read(view)]);
  const gauge = (name: string, help: string, read: (view: DeviceView) => number): void =>
    pulled(registry, Gauge, name, help, ['device'], perDevice(read));
  const counter = (name: string, help: string, read: (view: DeviceView) => number): void =>
    pulled(registry, Counter, name, help, ['device'], perDevice(read));

  gauge('camshard_device_ready', '1 where the device is ready for batches.', (view) => Number(view.state === 'ready'));
  gauge(
    'camshard_device_pending_frames',
    'Frames waiting for the device, one per camera at most.',
    (view) => view.pending,
  );
  gauge('camshard_device_batch_max_frames', 'Largest batch the device may run now.', (view) => view.batchMax);
  gauge('camshard_device_input_size_pixels', 'Side of the input the device runs now.', (view) => view.inputSize);
  gauge(
    'camshard_device_breaker_open',
    '1 where the breaker of the device is open, or half open for a probe.',
    (view) => Number(view.breaker !== 'closed'),
  );
  counter('camshard_device_out_of_memory_total', 'Times memory ran out on the device.', (view) => view.outOfMemory);
  counter(
    'camshard_device_renewals_total',
    'Times the sessions of the device were made anew to give memory back.',
    (view) => view.renewals,
  );
  pulled(
    registry,
    Gauge,
    'camshard_device_memory_bytes',
    'Memory of the device: what there is, what everybody uses, and the peak planned for. Absent where unknown.',
    ['device', 'kind'],
    function* () {
      for (const { device, memory, plannedPeakBytes } of devices) {
        if (memory === undefined) continue;
        yield [{ device, kind: 'total' }, memory.totalBytes] as const;
        yield [{ device, kind: 'used' }, memory.usedBytes] as const;
        if (plannedPeakBytes > 0) yield [{ device, kind: 'planned_peak' }, plannedPeakBytes] as const;
      }
    },
  );
}
