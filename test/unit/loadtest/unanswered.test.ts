import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Unanswered } from '../../../loadtest/swarm/unanswered.ts';

describe('Unanswered', () => {
  it('numbers frames from 1 and gives back when each was meant to go and went', () => {
    const waiting = new Unanswered();
    expect(waiting.add(10, 11)).toBe(1);
    expect(waiting.add(20, 22)).toBe(2);
    expect(waiting.take(2)).toEqual({ intendedMs: 20, sentMs: 22 });
    expect(waiting.size).toBe(1);
  });

  it('answers a frame once: a second answer and one to a frame never sent find nothing', () => {
    const waiting = new Unanswered();
    waiting.add(0, 0);
    expect(waiting.take(1)).toBeDefined();
    expect(waiting.take(1)).toBeUndefined();
    expect(waiting.take(2)).toBeUndefined();
    expect(waiting.take(0)).toBeUndefined();
  });

  it('takes up to a number only what is still waiting, oldest first', () => {
    const waiting = new Unanswered();
    for (let i = 0; i < 6; i++) waiting.add(i, i);
    waiting.take(2);
    const taken: number[] = [];
    waiting.takeUpTo(4, (seq) => taken.push(seq));
    expect(taken).toEqual([1, 3, 4]);
    expect(waiting.size).toBe(2);
  });

  it('agrees with a plain map over any order of sending and answering', () => {
    const step = fc.oneof(
      fc.constant({ kind: 'add' as const }),
      fc.record({ kind: fc.constant('take' as const), seq: fc.integer({ min: 0, max: 60 }) }),
      fc.record({ kind: fc.constant('upTo' as const), seq: fc.integer({ min: 0, max: 60 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const waiting = new Unanswered();
        const model = new Map<number, number>();
        let next = 1;
        for (const s of steps) {
          if (s.kind === 'add') {
            expect(waiting.add(next * 2, next * 2 + 1)).toBe(next);
            model.set(next, next * 2);
            next++;
          } else if (s.kind === 'take') {
            expect(waiting.take(s.seq)?.intendedMs).toBe(model.get(s.seq));
            model.delete(s.seq);
          } else {
            const taken: number[] = [];
            waiting.takeUpTo(s.seq, (seq) => taken.push(seq));
            expect(taken).toEqual([...model.keys()].filter((k) => k <= s.seq));
            for (const seq of taken) model.delete(seq);
          }
          expect(waiting.size).toBe(model.size);
        }
      }),
      { numRuns: 200, seed: 42 },
    );
  });
});
