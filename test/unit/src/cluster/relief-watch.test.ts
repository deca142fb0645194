import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../core/manual-clock.ts';
import { ReliefWatch, type Suffering } from '../../../../src/cluster/relief-watch.ts';

const MINUTE_MS = 60_000;

function bench() {
  const clock = new ManualClock();
  const asked: string[] = [];
  const it = { suffering: { openBreakers: [], onLastRung: false } as Suffering, fails: false };
  const watch = new ReliefWatch({
    clock,
    look: () => it.suffering,
    submit: async (why) => {
      asked.push(why);
      if (it.fails) throw new Error('store_unavailable');
    },
  });
  return { clock, asked, it, watch };
}

describe('the watch for relief', () => {
  it('asks for none while nothing is wrong, and lets go of its timer', () => {
    const { clock, asked, watch } = bench();
    clock.advance(10 * MINUTE_MS);
    expect(asked).toEqual([]);
    watch.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('asks when a breaker stays open for 5 s, and again each minute while it does', () => {
    const { clock, asked, it: node } = bench();
    node.suffering = { openBreakers: ['gpu-1'], onLastRung: false };
    clock.advance(5_000);
    expect(asked).toEqual([]);
    clock.advance(1_000);
    expect(asked).toEqual(['breaker of gpu-1 is open']);
    clock.advance(3 * MINUTE_MS);
    expect(asked).toHaveLength(4);
  });

  it('asks when the last rung did not help for a minute, and not when it did in between', () => {
    const { clock, asked, it: node } = bench();
    node.suffering = { openBreakers: [], onLastRung: true };
    clock.advance(50_000);
    node.suffering = { openBreakers: [], onLastRung: false };
    clock.advance(2_000);
    node.suffering = { openBreakers: [], onLastRung: true };
    clock.advance(50_000);
    expect(asked).toEqual([]);
    clock.advance(12_000);
    expect(asked).toEqual(['on the last rung of its ladder for a minute']);
  });

  it('asks again in a moment where nobody could be asked', async () => {
    const { clock, asked, it: node } = bench();
    node.suffering = { openBreakers: ['gpu-0'], onLastRung: false };
    node.fails = true;
    await clock.advanceAsync(8_500, 500);
    expect(asked.length).toBeGreaterThan(1);
  });
});
