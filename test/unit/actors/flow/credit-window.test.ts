import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { creditWindow } from '../../../../actors/flow/credit-window.ts';

describe('the credit window', () => {
  it('is what a camera sends while one frame is answered, and one more', () => {
    expect(creditWindow(10, 250, 16)).toBe(4);
    expect(creditWindow(30, 100, 16)).toBe(4);
    expect(creditWindow(0.1, 250, 16)).toBe(2);
  });

  it('is never wider than allowed', () => {
    expect(creditWindow(120, 1_000, 4)).toBe(4);
    expect(creditWindow(10, 250, 1)).toBe(1);
  });

  it('never holds a camera below its rate where answers come in time, unless it is capped', () => {
    const fps = fc.double({ min: 0.1, max: 120, noNaN: true });
    const answerMs = fc.double({ min: 1, max: 1_000, noNaN: true });
    fc.assert(
      fc.property(fps, answerMs, (rate, ms) => {
        const window = creditWindow(rate, ms, 1_000);
        // Little: a window of frames unanswered for this long each lets so many a second through.
        expect((window * 1_000) / ms).toBeGreaterThanOrEqual(rate);
        expect(window).toBeGreaterThanOrEqual(2);
        expect(Number.isInteger(window)).toBe(true);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
