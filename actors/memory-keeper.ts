import {
  bucketsWithin,
  fitted,
  type MemoryLadderState,
  type MemoryStep,
  ranOut,
  startOfMemoryLadder,
} from '../models/batch/memory-ladder.ts';
import { arenaIsBloated, type MemoryPlan, memoryLimitBytes, planMemory } from '../models/batch/memory-plan.ts';
import type { MemoryReading, WarmUp } from '../models/device/port.ts';
import type { DeviceServices } from './device-messages.ts';

/** Busier than this a device has better things to do than to make its sessions anew. */
const QUIET_BUSY_SHARE_MAX = 0.1;

/** One device's memory: the plan made of its warm-up, what running out of it taught, and when to give some back. */
export class MemoryKeeper {
  readonly #services: Pick<DeviceServices, 'memory' | 'view'>;
  #plan: MemoryPlan | undefined;
  #before: MemoryReading | undefined;
  #ladder: MemoryLadderState;
  #quietSinceMs: number | undefined;
  /** Doubled each time: where a renewal gave nothing back, the next will not either. */
  #renewWaitMs: number;

  constructor(services: Pick<DeviceServices, 'memory' | 'view'>) {
    this.#services = services;
    this.#ladder = startOfMemoryLadder(services.memory.probeAfterMs);
    this.#renewWaitMs = services.memory.renewQuietMs;
  }

  /** A device was warmed: what it needs is known now. What running out taught stays true. */
  warmed(warmUp: WarmUp): void {
    this.#plan = planMemory(warmUp, this.#services.memory);
    this.#before = warmUp.memoryBefore;
    this.#services.view.plannedPeakBytes = this.#plan.peakBytes ?? 0;
  }

  /** Batch sizes that may run now at an input size; ascending, at least one. */
  buckets(inputSize: number, all: readonly number[]): readonly number[] {
    const planned = this.#plan?.framesMax.get(inputSize) ?? Number.POSITIVE_INFINITY;
    const allowed = bucketsWithin(this.#ladder, all, inputSize).filter((b) => b <= planned);
    return allowed.length > 0 ? allowed : all.slice(0, 1);
  }

  ranOut(
    batch: { readonly frames: number; readonly inputSize: number },
    all: readonly number[],
    nowMs: number,
  ): MemoryStep {
    this.#services.view.outOfMemory++;
    const { state, step } = ranOut(this.#ladder, batch, this.buckets(batch.inputSize, all), nowMs);
    this.#ladder = state;
    return step;
  }

  ran(inputSize: number, all: readonly number[], nowMs: number): void {
    this.#ladder = fitted(this.#ladder, all, inputSize, nowMs);
  }

  /** Whether the sessions should be made anew now, to give back what their arenas hold beyond need. */
  shouldRenew(reading: MemoryReading | undefined, busyShare: number, nowMs: number): boolean {
    const { view, memory } = this.#services;
    view.memory = reading;
    view.memoryLimitBytes = reading === undefined ? 0 : memoryLimitBytes(reading.totalBytes, memory);
    if (busyShare > QUIET_BUSY_SHARE_MAX) {
      this.#quietSinceMs = undefined;
      return false;
    }
    this.#quietSinceMs ??= nowMs;
    if (reading === undefined || this.#plan === undefined || this.#before === undefined) return false;
    if (nowMs - this.#quietSinceMs < this.#renewWaitMs) return false;
    // Of this process where that can be told apart: what others take is not ours to give back.
    const grownBytes =
      reading.ownBytes !== undefined && this.#before.ownBytes !== undefined
        ? reading.ownBytes - this.#before.ownBytes
        : reading.usedBytes - this.#before.usedBytes;
    if (!arenaIsBloated(grownBytes, this.#plan.warmedBytes)) return false;
    this.#renewWaitMs *= 2;
    this.#quietSinceMs = undefined;
    return true;
  }
}
