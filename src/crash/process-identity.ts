import { readFileSync } from 'node:fs';
import type { JournalOwner } from './journal-format.ts';

/** This process, told apart from whichever gets its pid later. */
export const processNow = (): JournalOwner => ({ pid: process.pid, startedAt: startTimeOf(process.pid) });

/** Whether that very process still runs. Where the kernel does not say when one started, its pid has to do. */
export function stillRuns({ pid, startedAt }: JournalOwner): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return startTimeOf(pid) === startedAt;
}

/** Field 22 of /proc/PID/stat (proc(5)): ticks since boot; 0 where there is no such file. */
function startTimeOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name in parentheses, which may itself hold anything.
    const after = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(after[19]) || 0;
  } catch {
    return 0;
  }
}
