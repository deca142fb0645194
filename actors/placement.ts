import { hashText } from '../core/hash.ts';
import type { CameraId } from '../core/ids.ts';

export interface PlaceableDevice {
  readonly device: string;
  /** Takes batches, and its breaker is closed. */
  readonly healthy: boolean;
  /** Frames/s it sustains as measured; 0 where nothing is known yet. */
  readonly capacityFps: number;
}

/**
 * The device that serves `camera`: the one it is on while that is healthy; else by weighted rendezvous hashing (Thaler
 * and Ravishankar 1998; weights after Schindelhauer and Schomaker 2005) over the healthy ones, weighted by measured
 * capacity, so that a failed device's cameras spread over the others and only they move. Where none is healthy a
 * camera stays where it is: its frames wait there, or expire.
 */
export function placeCamera<D extends PlaceableDevice>(
  camera: CameraId,
  current: D | undefined,
  devices: readonly D[],
): D | undefined {
  if (current?.healthy === true) return current;
  const healthy = devices.filter((device) => device.healthy);
  if (healthy.length === 0 && current !== undefined) return current;
  let best: D | undefined;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const device of healthy.length > 0 ? healthy : devices) {
    // (0, 1), never at either end, where the logarithm would not be finite or nothing.
    const share = (hashText(`${camera}/${device.device}`) + 0.5) / 2 ** 32;
    const score = -Math.max(1, device.capacityFps) / Math.log(share);
    if (score <= bestScore) continue;
    best = device;
    bestScore = score;
  }
  return best;
}

export interface LoadedDevice extends PlaceableDevice {
  /** What its cameras ask of it now, frames/s. */
  readonly loadFps: number;
}

/** Loads may differ by this much of a device's capacity before cameras are moved; below it they are better left alone. */
const IMBALANCE_MAX = 0.25;
/** A device with room to spare needs no relief. */
const BUSY_MIN = 0.6;

/**
 * Which device should hand cameras worth `fps` to which other; undefined where loads are even enough. For a device that
 * comes back empty after a failure, and for cameras that have come to ask for more.
 */
export function relief<D extends LoadedDevice>(
  devices: readonly D[],
): { readonly from: D; readonly to: D; readonly fps: number } | undefined {
  const usable = devices.filter((device) => device.healthy && device.capacityFps > 0);
  const [from, to] = [usable.reduce(busier, usable[0]), usable.reduce(idler, usable[0])];
  if (from === undefined || to === undefined || from === to) return undefined;
  const [most, least] = [shareOf(from), shareOf(to)];
  if (most < BUSY_MIN || most - least < IMBALANCE_MAX) return undefined;
  // So much that both are as busy as each other afterwards.
  const fps = (most - least) / (1 / from.capacityFps + 1 / to.capacityFps);
  return { from, to, fps };
}

const shareOf = (device: LoadedDevice): number => device.loadFps / device.capacityFps;
const busier = <D extends LoadedDevice>(a: D | undefined, b: D): D =>
  a === undefined || shareOf(b) > shareOf(a) ? b : a;
const idler = <D extends LoadedDevice>(a: D | undefined, b: D): D =>
  a === undefined || shareOf(b) < shareOf(a) ? b : a;
