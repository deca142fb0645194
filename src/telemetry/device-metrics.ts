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
  gauge(
    'camshard_device_in_flight_batches',
    'Batches given to the device and not answered yet.',
    (view) => view.batchesInFlight,
  );
  gauge(
    'camshard_device_abandoned_threads',
    'Threads of the device that hang in native code and cannot be ended.',
    (view) => view.abandoned,
  );
  counter(
    'camshard_device_renewals_total',
    'Times the sessions of the device were made anew to give memory back.',
    (view) => view.renewals,
  );
  const memory = (name: string, help: string, read: (view: DeviceView) => number | undefined): void =>
    pulled(registry, Gauge, `camshard_device_memory_${name}_bytes`, help, ['device'], function* () {
      for (const view of devices) {
        const bytes = view.memory === undefined ? undefined : read(view);
        if (bytes !== undefined) yield [{ device: view.device }, bytes] as const;
      }
    });
  memory(
    'size',
    'Memory the device has, bytes; on a CPU what the node may use. Absent where unknown.',
    (view) => view.memory?.totalBytes,
  );
  memory(
    'used',
    'Memory of the device that everybody uses, bytes. Absent where unknown.',
    (view) => view.memory?.usedBytes,
  );
  memory(
    'planned_peak',
    'Use of the device’s memory when its largest planned batch runs, bytes. Absent where unknown.',
    (view) => (view.plannedPeakBytes > 0 ? view.plannedPeakBytes : undefined),
  );
}
