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
    const hash = fnv1a(`${camera}/${device.device}`);
    if (hash > bestHash) {
      best = device;
      bestHash = hash;
    }
  }
  return best;
}

/** FNV-1a, 32 bits, with a final mix (murmur3's) since FNV alone spreads short, similar texts poorly. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
