import type { SimRandom } from './sim-random.ts';

/** Faults that can be turned off one by one; a seed by itself picks some of them. */
export const FAULTS = [
  'crash', // a process ends at once, its memory with it, and comes back as a new incarnation
  'pause', // a process stands still for up to 15 s (SIGSTOP, a long garbage collection); time goes on
  'links', // some nodes do not reach some others, one way or both
  'store-cut', // some nodes do not reach the store, or do not hear its answers
  'outage', // the store is away for all
  'slow', // the store answers late, sometimes later than its clients wait
  'loss', // messages between nodes are lost, doubled, late
  'failover', // the store goes on without the writes that were not replicated yet
  'lossy', // ... and without some that it had acknowledged (the replica was not there)
  'clock', // clocks of nodes run at different rates; a store that fails over has another clock
  'operator', // orders at random
  'leave', // nodes drain and restart
  'start', // worlds fail to start shards
] as const;
export type FaultName = (typeof FAULTS)[number];

export interface SimOptions {
  readonly seed: number;
  /** 3 to 7 by the seed where not given. */
  readonly nodes?: number;
  readonly shards: number;
  readonly camerasPerShard: number;
  readonly fps: number;
  /** Events; the run goes on to the end of the period it is in. */
  readonly steps: number;
  /** Only these; a seed's own choice where not given. */
  readonly faults?: readonly FaultName[];
  /** Never these. */
  readonly without?: readonly FaultName[];
  /** Keep the last events as text, for the report of a failure. Slow. */
  readonly trace: boolean;
}

export const SIM_DEFAULTS = { shards: 16, camerasPerShard: 1, fps: 10, steps: 100_000, trace: false } as const;

/** Times of the protocol, as of section `cluster` of the configuration. */
export const TIMES = {
  leaseTtlMs: 3_000,
  leaseRenewMs: 1_000,
  leaseGuardMs: 300,
  leaseTimeoutMs: 800,
  commandTimeoutMs: 1_000,
  sealTimeoutMs: 500,
  moveTimeoutMs: 10_000,
  movesPerRound: 4,
  rebalanceEveryMs: 10_000,
  formationMs: 2_000,
  ledgerMs: 500,
} as const;

/**
 * How long after all faults have ended every shard is served again. A coordinator that is paused or dead: its office
 * ends (one TTL), another takes it with its next renewal and waits one TTL before it declares anybody dead, commits,
 * the shards start; a node that was restarted waits for the lease of its earlier life to end. On top, timers and
 * answers that were under way.
 */
export const RECOVERY_MS_MAX = 4 * TIMES.leaseTtlMs + 3 * TIMES.leaseRenewMs;
/** A shard on the move, when nothing is wrong. */
export const GAP_MS_MAX = 3_000;

export interface Profile {
  readonly nodes: number;
  readonly faults: ReadonlySet<FaultName>;
  /** Mean time between faults, ms. */
  readonly faultEveryMs: number;
  readonly orderEveryMs: number;
  /** Rates of clocks are within 1 ± this. The guard of 300 ms of 3 s allows for about 0.05 between two of them. */
  readonly driftMax: number;
  readonly chaosMs: number;
  readonly lossShare: number;
  readonly doubledShare: number;
}

export function profileOf(options: SimOptions, random: SimRandom): Profile {
  const nodes = 3 + random.below(5);
  const faults = new Set<FaultName>();
  const dense = random.between(0.2, 0.8);
  for (const fault of FAULTS) {
    // Drawn for each, asked for or not: what one seed does is not to hang on the flags more than it must.
    const on = random.chance(fault === 'lossy' ? dense * 0.2 : dense);
    if (options.without?.includes(fault)) continue;
    if (options.faults === undefined ? on : options.faults.includes(fault)) faults.add(fault);
  }
  // What the store forgets, somebody who is there has to know: with those gone as well, nothing could put it back.
  if (faults.has('lossy') && options.faults === undefined)
    for (const fault of ['crash', 'pause', 'leave', 'links', 'store-cut'] as const) faults.delete(fault);
  return {
    nodes: options.nodes ?? nodes,
    faults,
    faultEveryMs: random.pick([500, 1_500, 4_000]),
    orderEveryMs: random.pick([300, 1_500, 5_000]),
    driftMax: faults.has('clock') ? 0.02 : 0,
    chaosMs: random.pick([15_000, 40_000, 90_000]),
    lossShare: faults.has('loss') ? random.pick([0.01, 0.1, 0.3]) : 0,
    doubledShare: faults.has('loss') ? random.pick([0.01, 0.1]) : 0,
  };
}
