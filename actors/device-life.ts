import type { Device } from '../models/device/port.ts';
import type { DeviceView } from './device-view.ts';

const BACKOFF_MS_FIRST = 50;
const BACKOFF_MS_MAX = 5_000;

/** The device an actor has now, and how often the ones before it failed. */
export class DeviceLife {
  readonly #create: () => Device;
  readonly #view: DeviceView;
  #device: Device | undefined;

  constructor(create: () => Device, view: DeviceView) {
    this.#create = create;
    this.#view = view;
  }

  get device(): Device | undefined {
    return this.#device;
  }

  /** The device, where it takes batches. */
  get readyDevice(): Device | undefined {
    return this.#view.state === 'ready' ? this.#device : undefined;
  }

  /** Makes a device; the caller starts it. */
  start(): Device {
    this.#device = this.#create();
    this.#view.state = 'starting';
    return this.#device;
  }

  /** False where `device` was given up meanwhile. */
  becomeReady(device: Device, nowMs: number): boolean {
    if (device !== this.#device) return false;
    this.#view.state = 'ready';
    this.#view.readySinceMs = nowMs;
    return true;
  }

  /** A batch came back: whatever failed before is over. */
  worked(): void {
    this.#view.failuresInARow = 0;
  }

  /**
   * Gives up on `device`.
   * @returns ms after which to try another; undefined where it was given up before.
   */
  fail(device: Device): number | undefined {
    if (device !== this.#device) return undefined;
    this.#device = undefined;
    // Not awaited: a hung thread may never end, and the next device must not wait for it.
    device.close().catch(() => {
      this.#view.abandoned++;
    });
    this.#view.state = 'failed';
    this.#view.readySinceMs = undefined;
    this.#view.restarts++;
    return Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * 2 ** this.#view.failuresInARow++);
  }

  async stop(): Promise<void> {
    this.#view.state = 'stopped';
    // A thread that cannot be ended ends with the process, which is what comes next.
    await this.#device?.close().catch(() => {});
  }
}
