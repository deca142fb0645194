import type { DeviceFault } from './port.ts';

export type BatchFault = Extract<DeviceFault, { kind: 'throw' | 'out_of_memory' }>;

/** The faults armed for the batches to come; they end with their device, or its thread. */
export class BatchFaults {
  #throws = false;
  #outOfMemory: { readonly framesAbove: number; left: number } | undefined;

  /** An `out_of_memory` replaces the one before. */
  arm(fault: BatchFault): void {
    if (fault.kind === 'throw') this.#throws = true;
    else this.#outOfMemory = { framesAbove: fault.framesAbove, left: fault.times || Number.POSITIVE_INFINITY };
  }

  /** What befalls the batch of `count` frames that runs now. Asked once for each batch. */
  take(count: number): BatchFault['kind'] | undefined {
    if (this.#throws) {
      this.#throws = false;
      return 'throw';
    }
    const armed = this.#outOfMemory;
    if (armed === undefined || count <= armed.framesAbove) return undefined;
    armed.left--;
    if (armed.left <= 0) this.#outOfMemory = undefined;
    return 'out_of_memory';
  }
}
