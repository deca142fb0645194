import type { Device } from '../models/device/port.ts';
import type { CrashTicket } from './crash-journal.ts';

/** One batch from the moment its frames are picked until they are settled. */
export interface Flight<E> {
  /** The device it was made for; one that fails is replaced by another. */
  readonly device: Device;
  /** Side of the input it runs at, pixels. */
  readonly inputSize: number;
  /** Every frame picked for it, refills included. */
  readonly entries: E[];
  /** How many of them were picked at first, and decoded side by side. */
  readonly picked: number;
  /** Where the crash journal has them. */
  readonly tickets: CrashTicket[];
  readonly pickedAtMs: number;
  /** When its pixels are, or are expected to be, complete. */
  readyAtMs: number;
  predictedMs: number;
  /** On the device, not decoding any more. */
  sent: boolean;
}

/** The batches in flight on one device, and when it will be done with them. */
export class FlightDeck<E> {
  readonly #flights = new Set<Flight<E>>();

  get size(): number {
    return this.#flights.size;
  }

  has(flight: Flight<E>): boolean {
    return this.#flights.has(flight);
  }

  add(flight: Flight<E>): void {
    this.#flights.add(flight);
  }

  remove(flight: Flight<E>): void {
    this.#flights.delete(flight);
  }

  /** The flights that were given to `device`. */
  sentTo(device: Device): Flight<E>[] {
    return [...this.#flights].filter((f) => f.sent && f.device === device);
  }

  all(): Flight<E>[] {
    return [...this.#flights];
  }

  /** When the device is expected to have run all of them, given that it began the oldest at `beganMs`. */
  freeAtMs(nowMs: number, beganMs: number): number {
    let freeMs = beganMs;
    for (const flight of this.#flights) freeMs = Math.max(freeMs, flight.readyAtMs) + flight.predictedMs;
    return this.#flights.size === 0 ? nowMs : Math.max(nowMs, freeMs);
  }
}
