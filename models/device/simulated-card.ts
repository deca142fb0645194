import type { SimulatedDeviceConfig } from '../../config/schema.ts';
import { FaultScript } from './fault-script.ts';
import type { MemoryReading } from './port.ts';

/**
 * The card behind a simulated device. It outlives the devices that follow one another on it, as a real card does: what
 * one that hangs in native code holds is never given back.
 */
export class SimulatedCard {
  readonly totalBytes: number;
  /** What other processes hold, bytes; a test may set it. What is held already stays held when it grows. */
  othersBytes = 0;
  readonly script = new FaultScript();
  readonly #heldBytes = new Map<object, number>();

  constructor(config: Pick<SimulatedDeviceConfig, 'memoryBytes'>) {
    this.totalBytes = config.memoryBytes;
  }

  /** Has `holder` hold `bytes` in all. False, with nothing changed, where it holds less now and the card is full. */
  hold(holder: object, bytes: number): boolean {
    const heldBytes = this.#heldBytes.get(holder) ?? 0;
    const freeBytes = this.totalBytes - this.othersBytes - this.#ownBytes();
    if (bytes > heldBytes && bytes - heldBytes > freeBytes) return false;
    this.#heldBytes.set(holder, bytes);
    return true;
  }

  release(holder: object): void {
    this.#heldBytes.delete(holder);
  }

  read(): MemoryReading {
    const ownBytes = this.#ownBytes();
    const usedBytes = Math.min(this.totalBytes, this.othersBytes + ownBytes);
    return { totalBytes: this.totalBytes, usedBytes, ownBytes };
  }

  #ownBytes(): number {
    let sum = 0;
    for (const bytes of this.#heldBytes.values()) sum += bytes;
    return sum;
  }
}
