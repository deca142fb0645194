/** What can be made to fail beside a node. */
export type Part = 'postgres' | 'postgres_frozen' | 'redis' | 'webhook';

/** One outage: what is away, for how long, and whether the node itself is killed in the middle of it. */
export interface Scenario {
  readonly name: string;
  readonly what: string;
  readonly away: readonly Part[];
  readonly killNode: boolean;
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'postgres', what: '`kill -9` of PostgreSQL', away: ['postgres'], killNode: false },
  { name: 'redis', what: '`kill -9` of redis-server', away: ['redis'], killNode: false },
  { name: 'webhook', what: 'the webhook takes requests and never answers', away: ['webhook'], killNode: false },
  { name: 'postgres_frozen', what: 'SIGSTOP of PostgreSQL', away: ['postgres_frozen'], killNode: false },
  {
    name: 'all',
    what: 'PostgreSQL, Redis and the webhook at once',
    away: ['postgres', 'redis', 'webhook'],
    killNode: false,
  },
  {
    name: 'node',
    what: '`kill -9` of the node while alerts wait for Redis and the webhook',
    away: ['redis', 'webhook'],
    killNode: true,
  },
];

/** Lengths of the parts of a scenario, s. */
export interface Lengths {
  readonly beforeS: number;
  readonly outageS: number;
  readonly afterS: number;
}

/**
 * What an outage's time is made of. Behind it an open breaker may wait once more, with its tenth of jitter, before it
 * tries again; only then it drains, and load goes on for as long as draining may take.
 */
export function lengthsOf(outageS: number, breakerS: number, quick: boolean): Lengths {
  return { beforeS: quick ? 8 : 30, outageS, afterS: Math.ceil(breakerS * 1.1) + (quick ? 6 : 15) };
}

/** @throws RangeError naming the one there is not */
export function pickScenarios(list: string | undefined): readonly Scenario[] {
  if (list === undefined) return SCENARIOS;
  return list.split(',').map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name);
    if (found === undefined) throw new RangeError(`--only: no scenario ${name}`);
    return found;
  });
}
