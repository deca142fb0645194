import { readlinkSync } from 'node:fs';

/** What one process holds of a card; undefined bytes where the driver does not say. */
export interface ProcessMemory {
  readonly pid: number;
  readonly bytes: number | undefined;
}

/**
 * What this process holds of a card, from the list of all. The driver names processes as the machine sees them, which
 * inside a container is not how they see themselves: not being listed means nothing held on the bare machine, and
 * unknown in a container.
 */
export function ownOf(
  processes: readonly ProcessMemory[],
  self: { readonly pid: number; readonly onBareMachine: boolean } = {
    pid: process.pid,
    onBareMachine: onBareMachine(),
  },
): number | undefined {
  // In a container our number may by chance be some other process's on the machine.
  if (!self.onBareMachine) return undefined;
  const mine = processes.filter(({ pid }) => pid === self.pid);
  if (mine.some(({ bytes }) => bytes === undefined)) return undefined;
  return mine.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
}

/** The machine's own pid namespace has this inode on every Linux (PROC_PID_INIT_INO). */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';
let bareMachine: boolean | undefined;

function onBareMachine(): boolean {
  if (bareMachine === undefined) {
    try {
      bareMachine = readlinkSync('/proc/self/ns/pid') === FIRST_PID_NAMESPACE;
    } catch {
      bareMachine = false;
    }
  }
  return bareMachine;
}
