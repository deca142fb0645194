import type { DeviceFault } from '../../models/device/port.ts';

/** One thing done to the node, so long after the load began. */
export interface Disturbance {
  readonly atS: number;
  readonly what: 'exit' | 'hang' | 'out_of_memory' | 'storm';
  /** Absent of a storm: the swarm makes it by itself. */
  readonly fault?: DeviceFault;
  readonly device?: string;
}

export interface SoakTimes {
  readonly warmupS: number;
  readonly seconds: number;
  readonly faultEveryS: number;
}

const FAULTS: readonly DeviceFault[] = [
  { kind: 'exit' },
  { kind: 'hang' },
  { kind: 'out_of_memory', framesAbove: 0, times: 2 },
];
const ROUND = FAULTS.length + 1;
/** The last of the load is left in peace, so that what is compared at the end has recovered. */
const QUIET_END_SHARE = 0.5;

/** A storm is each fourth disturbance, see {@link soakSchedule}; the swarm starts them itself, at this interval. */
export const stormEveryS = (faultEveryS: number): number => faultEveryS * ROUND;

/**
 * What happens when: one thing each `faultEveryS` from the start of the load (warm-up included) on, in turn a device
 * that ends, one that hangs, one that runs out of memory, and a storm; the two devices take turns.
 */
export function soakSchedule({ warmupS, seconds, faultEveryS }: SoakTimes): readonly Disturbance[] {
  const schedule: Disturbance[] = [];
  const endS = warmupS + seconds - faultEveryS * QUIET_END_SHARE;
  for (let k = 1; k * faultEveryS <= endS; k++) {
    const fault = FAULTS[(k - 1) % ROUND];
    const atS = k * faultEveryS;
    if (fault === undefined) schedule.push({ atS, what: 'storm' });
    else
      schedule.push({
        atS,
        what: fault.kind as Disturbance['what'],
        fault,
        device: `cpu-${Math.floor((k - 1) / ROUND) % 2}`,
      });
  }
  return schedule;
}
