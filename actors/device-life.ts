import type { Device, WarmUp } from '../models/device/port.ts';
import { afterFailure, type BreakerState, CLOSED, retryMs, tried, tripped } from './breaker.ts';
import type { DeviceView } from './device-view.ts';

/** The device an actor has now, how often those before it failed, and its circuit breaker. */
export class DeviceLife {
  readonly #create: () => Device;
  readonly #onAbandoned: () => void;
  readonly #view: DeviceView;
  #device: Device | undefined;
  #breaker: BreakerState = CLOSED;

  /** @param onAbandoned a device's thread hangs in native code, for good. */
  constructor(create: () => Device, view: DeviceView, onAbandoned: () => void) {
    this.#create = create;
    this.#onAbandoned = onAbandoned;
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
    this.#setBreaker(tried(this.#breaker));
    this.#device = this.#create();
    this.#view.kind = this.#device.kind;
    this.#view.state = 'starting';
    return this.#device;
  }

  /** The sessions are being made anew: nothing new is given to it meanwhile. */
  renewing(): void {
    this.#view.state = 'starting';
    this.#view.renewals++;
  }

  /** False where `device` was given up meanwhile. */
  becomeReady(device: Device, nowMs: number): boolean {
    if (device !== this.#device) return false;
    this.#view.state = 'ready';
    this.#view.readySinceMs ??= nowMs;
    return true;
  }

  /** A batch came back: whatever failed before is over. True where that closed the breaker. */
  worked(): boolean {
    const closed = this.#breaker.kind !== 'closed';
    this.#setBreaker(CLOSED);
    this.#view.failuresInARow = 0;
    return closed;
  }

  /**
   * Gives up on `device`.
   * @param hopeless opens the breaker at once
   * @returns when to try another, and whether this opened the breaker; undefined where it was given up before.
   */
  fail(device: Device, hopeless = false): { readonly retryMs: number; readonly opened: boolean } | undefined {
    if (device !== this.#device) return undefined;
    this.#device = undefined;
    // Not awaited: a hung thread may never end, and the next device must not wait for it.
    device.close().catch(() => {
      this.#view.abandoned++;
      this.#onAbandoned();
    });
    this.#view.state = 'failed';
    this.#view.readySinceMs = undefined;
    this.#view.restarts++;
    this.#view.failuresInARow++;
    this.#setBreaker(hopeless ? tripped(this.#breaker) : afterFailure(this.#breaker));
    return { retryMs: retryMs(this.#breaker), opened: this.#breaker.kind === 'open' };
  }

  async stop(): Promise<void> {
    this.#view.state = 'stopped';
    // A thread that cannot be ended ends with the process, which is what comes next.
    await this.#device?.close().catch(() => {});
  }

  #setBreaker(state: BreakerState): void {
    this.#breaker = state;
    this.#view.breaker = state.kind;
  }
}

/** Run times by batch size of one input size, for logs and the cost model. */
export function warmTimes(warmUp: WarmUp): Record<string, number> {
  return Object.fromEntries(warmUp.runs.map((r) => [`${r.inputSize}x${r.count}`, Math.round(r.computeMs * 10) / 10]));
}
