import { describe, expect, it } from 'vitest';
import { FAULTS, SIM_DEFAULTS, type SimOptions } from './options.ts';
import { failureText, runSeed } from './run-seed.ts';

/** Seeds that are always run, on top of the fresh ones. */
const FIXED_SEEDS = 40;
const STEPS = 100_000;
/** For fresh seeds, s. CI runs three minutes of them; 0 runs none. */
const FRESH_S = Number(process.env.SIM_SECONDS ?? 180);

function expectUnbroken(options: SimOptions): number {
  const result = runSeed(options);
  if (result.failure !== undefined) expect.fail(failureText(result, options));
  return result.steps;
}

/** Lets the test runner breathe. */
const breathe = () => new Promise((resolve) => setImmediate(resolve));

describe('a simulated cluster', () => {
  it('runs the same way each time it is given the same seed', () => {
    const options: SimOptions = { ...SIM_DEFAULTS, seed: 3, steps: 50_000 };
    expect(runSeed(options)).toEqual(runSeed(options));
  });

  it('serves every shard while nothing is wrong', () => {
    const options: SimOptions = { ...SIM_DEFAULTS, seed: 5, steps: 100_000, faults: [] };
    const { failure, stats } = runSeed(options);
    expect(failure).toBeUndefined();
    expect(stats.lostToDeath).toBe(0);
    expect(stats.startsFrom.checkpoint).toBe(0);
  });

  it.each(FAULTS)('keeps its invariants with nothing but %s', (fault) => {
    for (let seed = 100; seed < 103; seed++) expectUnbroken({ ...SIM_DEFAULTS, seed, steps: 30_000, faults: [fault] });
  });

  it('keeps its invariants from fixed seeds', { timeout: 300_000 }, async () => {
    for (let seed = 1; seed <= FIXED_SEEDS; seed++) {
      expectUnbroken({ ...SIM_DEFAULTS, seed, steps: STEPS });
      await breathe();
    }
  });

  it.skipIf(FRESH_S === 0)(
    `keeps its invariants from fresh seeds, for ${FRESH_S} s`,
    { timeout: FRESH_S * 1_000 + 120_000 },
    async () => {
      const first = Date.now() % 2 ** 31;
      const untilMs = performance.now() + FRESH_S * 1_000;
      let seed = first;
      let steps = 0;
      for (; performance.now() < untilMs; seed++) {
        steps += expectUnbroken({ ...SIM_DEFAULTS, seed, steps: STEPS });
        await breathe();
      }
      console.log(`${seed - first} fresh seeds from ${first}, ${steps} steps`);
    },
  );
});
