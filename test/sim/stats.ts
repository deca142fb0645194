/** What happened in a run, to see that what should be tried was tried. */
export interface SimStats {
  inputs: number;
  messages: number;
  commits: number;
  conflicts: number;
  starts: number;
  pauses: number;
  orders: number;
  rounds: number;
  failovers: number;
  wipes: number;
  rolledBack: number;
  fatals: number;
  left: number;
  refusedEffects: number;
  lostToDeath: number;
  healthyPeriods: number;
  /** From the end of all faults until every shard was served, at worst. */
  recoveryMsMax: number;
  readonly startsFrom: Record<'nothing' | 'snapshot' | 'checkpoint', number>;
  /** By kind. */
  readonly events: Record<string, number>;
  readonly faults: Record<string, number>;
  readonly answers: Record<string, number>;
}

export function newStats(): SimStats {
  return {
    inputs: 0,
    messages: 0,
    commits: 0,
    conflicts: 0,
    starts: 0,
    pauses: 0,
    orders: 0,
    rounds: 0,
    failovers: 0,
    wipes: 0,
    rolledBack: 0,
    fatals: 0,
    left: 0,
    refusedEffects: 0,
    lostToDeath: 0,
    healthyPeriods: 0,
    recoveryMsMax: 0,
    startsFrom: { nothing: 0, snapshot: 0, checkpoint: 0 },
    events: {},
    faults: {},
    answers: {},
  };
}

/** Adds one run's to the sum of many. */
export function addStats(sum: SimStats, one: SimStats): void {
  for (const [key, value] of Object.entries(one) as [keyof SimStats, number | Record<string, number>][]) {
    if (typeof value === 'number') {
      const counts = sum as unknown as Record<string, number>;
      counts[key] = key === 'recoveryMsMax' ? Math.max(counts[key] ?? 0, value) : (counts[key] ?? 0) + value;
    } else {
      const counts = sum[key] as Record<string, number>;
      for (const [name, n] of Object.entries(value)) counts[name] = (counts[name] ?? 0) + n;
    }
  }
}
