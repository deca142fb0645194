import type { DeviceView } from '../actors/device-view.ts';
import { DeviceError } from '../core/errors.ts';

/** Each thread left hanging keeps a session's memory and perhaps a core. */
const THREADS_ABANDONED_MAX = 3;

/**
 * Whether only a fresh process can help: no device is left, or too much of this one's is lost to threads that hang.
 * @returns why; undefined where the node can go on.
 */
export function beyondRepair(devices: readonly DeviceView[]): DeviceError | undefined {
  if (devices.every((view) => view.breaker === 'open')) {
    return new DeviceError('no_device_left', 'no device works any more; the last error is in the log');
  }
  if (devices.reduce((sum, view) => sum + view.abandoned, 0) >= THREADS_ABANDONED_MAX) {
    return new DeviceError('threads_abandoned', 'too many device threads hang in native code');
  }
  return undefined;
}
