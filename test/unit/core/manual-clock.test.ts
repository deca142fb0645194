import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../core/manual-clock.ts';

describe('the manual clock', () => {
  it('stands still until told', () => {
    const clock = new ManualClock(1_000);
    expect([clock.nowMs(), clock.wallMs()]).toEqual([0, 1_000]);
    clock.advance(2.5);
    expect([clock.nowMs(), clock.wallMs()]).toEqual([2.5, 1_002.5]);
  });

  it('fires what falls due in order of time, then of creation, each at its own time', () => {
    const clock = new ManualClock();
    const fired: string[] = [];
    const note = (name: string) => (): void => void fired.push(`${name}@${clock.nowMs()}`);
    clock.after(20, note('b'));
    clock.after(10, note('a1'));
    clock.after(10, note('a2'));
    clock.after(-5, note('now'));
    clock.after(30.5, note('later'));
    clock.advance(30);
    expect(fired).toEqual(['now@0', 'a1@10', 'a2@10', 'b@20']);
    expect([clock.pendingTimers, clock.nextDueMs, clock.nowMs()]).toEqual([1, 30.5, 30]);
  });

  it('fires what a timer starts, where it still falls due', () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    clock.after(10, () => clock.after(5, () => fired.push(clock.nowMs())));
    clock.advance(14);
    expect(fired).toEqual([]);
    clock.advance(1);
    expect(fired).toEqual([15]);
  });

  it('repeats an interval without drift until it is cancelled, also from within', () => {
    const clock = new ManualClock();
    const fired: number[] = [];
    const timer = clock.every(10, () => {
      fired.push(clock.nowMs());
      if (fired.length === 3) timer.cancel();
    });
    clock.advance(25);
    expect(fired).toEqual([10, 20]);
    clock.advance(100);
    expect(fired).toEqual([10, 20, 30]);
    expect(clock.pendingTimers).toBe(0);
    expect(() => clock.every(0, () => {})).toThrow(RangeError);
  });

  it('never fires what was cancelled, and takes a second cancelling', () => {
    const clock = new ManualClock();
    let fired = 0;
    const timer = clock.after(10, () => fired++);
    clock.after(5, () => timer.cancel());
    clock.advance(20);
    timer.cancel();
    expect([fired, clock.pendingTimers, clock.nextDueMs]).toEqual([0, 0, undefined]);
  });

  it('lets promises settle between its steps when advanced asynchronously', async () => {
    const clock = new ManualClock();
    const steps: number[] = [];
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
    const work = (async () => {
      for (let i = 0; i < 3; i++) {
        await sleep(10);
        steps.push(clock.nowMs());
      }
    })();
    await clock.advanceAsync(30);
    await work;
    expect(steps).toEqual([10, 20, 30]);
  });
});
