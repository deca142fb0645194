import type { LoggedEvent } from './cluster-api.ts';
import { type Times, timesOf } from './served.ts';

export interface HandOffs {
  /** Hand-offs begun, by why. */
  readonly begun: Readonly<Record<string, number>>;
  readonly withdrawn: number;
  readonly takenOver: number;
  /** From `begin` to `stopped`, from there to `started`, and both together. */
  readonly toStopped: Times;
  readonly toStarted: Times;
  readonly whole: Times;
}

/** How long hand-offs took, by the cluster's event log. @param events in any order */
export function handOffs(events: readonly LoggedEvent[], fromMs: number): HandOffs {
  const begun = new Map<string, number>();
  const open = new Map<unknown, { begunMs: number; stoppedMs?: number }>();
  const toStopped: number[] = [];
  const toStarted: number[] = [];
  const whole: number[] = [];
  let withdrawn = 0;
  let takenOver = 0;
  for (const { at, kind, data } of [...events].sort((a, b) => a.at - b.at)) {
    if (at < fromMs) continue;
    const known = open.get(data.shard);
    if (kind === 'shard_begun') {
      const why = String(data.why ?? 'unknown');
      begun.set(why, (begun.get(why) ?? 0) + 1);
      open.set(data.shard, { begunMs: at });
    } else if (kind === 'shard_stopped' && known !== undefined) {
      known.stoppedMs = at;
      toStopped.push(at - known.begunMs);
    } else if (kind === 'shard_started' && known?.stoppedMs !== undefined) {
      toStarted.push(at - known.stoppedMs);
      whole.push(at - known.begunMs);
      open.delete(data.shard);
    } else if (kind === 'shard_withdrawn') {
      withdrawn++;
      open.delete(data.shard);
    } else if (kind === 'shard_taken_over') {
      takenOver++;
      open.delete(data.shard);
    }
  }
  return {
    begun: Object.fromEntries(begun),
    withdrawn,
    takenOver,
    toStopped: timesOf(toStopped),
    toStarted: timesOf(toStarted),
    whole: timesOf(whole),
  };
}
