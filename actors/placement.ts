import { hashText } from '../core/hash.ts';
import type { CameraId } from '../core/ids.ts';

export interface PlaceableDevice {
  readonly device: string;
  readonly state: string;
}

/**
 * The device that serves `camera`: rendezvous hashing (Thaler and Ravishankar 1998) over those that are ready, so that
 * a camera stays where it is while its device is healthy and only the cameras of a failed device move. Where none is
 * ready, over all: the frame waits there, or expires.
 */
export function placeCamera<D extends PlaceableDevice>(camera: CameraId, devices: readonly D[]): D | undefined {
  if (devices.length === 1) return devices[0];
  const ready = devices.filter((d) => d.state === 'ready');
  let best: D | undefined;
  let bestHash = -1;
  for (const device of ready.length > 0 ? ready : devices) {
    const hash = hashText(`${camera}/${device.device}`);
    if (hash > bestHash) {
      best = device;
      bestHash = hash;
    }
  }
  return best;
}
