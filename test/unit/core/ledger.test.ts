import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ledger, type LedgerSnapshot, ledgerImbalance, sumCounts } from '../../../core/ledger.ts';
import { LOST_REASONS, REJECT_REASONS, SHED_REASONS } from '../../../core/outcome.ts';

type Outcome = Parameters<Ledger['settle']>[0];

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.constant({ kind: 'inferred' as const }),
  fc.constant({ kind: 'gated' as const }),
  fc.record({ kind: fc.constant('shed' as const), reason: fc.constantFrom(...SHED_REASONS) }),
  fc.record({ kind: fc.constant('rejected' as const), reason: fc.constantFrom(...REJECT_REASONS) }),
  fc.record({ kind: fc.constant('lost' as const), reason: fc.constantFrom(...LOST_REASONS) }),
);
const step = fc.option(outcome, { nil: 'receive' as const, freq: 1 });

/** Plays `steps`; a settling with nothing in flight must throw and change nothing. */
function play(steps: readonly (Outcome | 'receive')[]): { ledger: Ledger; received: number; settled: Outcome[] } {
  const ledger = new Ledger();
  const settled: Outcome[] = [];
  let received = 0;
  for (const s of steps) {
    const before = ledger.snapshot();
    if (s === 'receive') {
      ledger.receive();
      received++;
    } else if (settled.length === received) {
      expect(() => ledger.settle(s)).toThrow('nothing in flight');
      expect(ledger.snapshot()).toEqual(before);
    } else {
      ledger.settle(s);
      settled.push(s);
    }
    expect(ledgerImbalance(ledger.snapshot())).toBe(0);
  }
  return { ledger, received, settled };
}

const steps = fc.array(step, { maxLength: 200, size: 'max' });
const countOf = (settled: readonly Outcome[], kind: Outcome['kind'], reason?: string): number =>
  settled.filter((o) => o.kind === kind && (reason === undefined || o.reason === reason)).length;

describe('the ledger', () => {
  it('closes after every step of any sequence, and counts each outcome under its reason', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const { ledger, received, settled } = play(sequence);
        const l = ledger.snapshot();
        expect([l.received, l.inFlight]).toEqual([received, received - settled.length]);
        expect([l.inferred, l.gated]).toEqual([countOf(settled, 'inferred'), countOf(settled, 'gated')]);
        for (const r of SHED_REASONS) expect(l.shed[r] ?? 0).toBe(countOf(settled, 'shed', r));
        for (const r of REJECT_REASONS) expect(l.rejected[r] ?? 0).toBe(countOf(settled, 'rejected', r));
        for (const r of LOST_REASONS) expect(l.lost[r] ?? 0).toBe(countOf(settled, 'lost', r));
        expect([ledger.received, ledger.inferred, ledger.inFlight]).toEqual([l.received, l.inferred, l.inFlight]);
      }),
      { seed: 5, numRuns: 200 },
    );
  });

  it('closes when it takes in other ledgers, in any order, and goes on settling what was in flight in them', () => {
    fc.assert(
      fc.property(fc.array(steps, { minLength: 1, maxLength: 5 }), (sequences) => {
        const parts = sequences.map((s) => play(s).ledger.snapshot());
        const folded = (order: readonly LedgerSnapshot[]): Ledger => {
          const ledger = new Ledger();
          for (const part of order) ledger.add(part);
          return ledger;
        };
        const sum = folded(parts);
        expect(ledgerImbalance(sum.snapshot())).toBe(0);
        expect(folded(parts.toReversed()).snapshot()).toEqual(sum.snapshot());
        expect(sum.received).toBe(parts.reduce((n, part) => n + part.received, 0));
        for (let n = sum.inFlight; n > 0; n--) sum.settle({ kind: 'lost', reason: 'shutdown' });
        expect(ledgerImbalance(sum.snapshot())).toBe(0);
        expect(() => sum.settle({ kind: 'inferred' })).toThrow('nothing in flight');
      }),
      { seed: 6, numRuns: 100 },
    );
  });

  it('does not let two settlings of one frame pass', () => {
    const ledger = new Ledger();
    ledger.receive();
    ledger.settle({ kind: 'inferred' });
    expect(() => ledger.settle({ kind: 'shed', reason: 'expired' })).toThrow(
      'ledger: settled (shed) with nothing in flight',
    );
  });

  it('leaves out reasons that never happened, and snapshots stay as they were taken', () => {
    const ledger = new Ledger();
    const empty = ledger.snapshot();
    ledger.receive();
    ledger.settle({ kind: 'shed', reason: 'expired' });
    const one = ledger.snapshot();
    ledger.receive();
    ledger.settle({ kind: 'shed', reason: 'expired' });
    expect(empty).toEqual({ received: 0, inferred: 0, gated: 0, shed: {}, rejected: {}, lost: {}, inFlight: 0 });
    expect(one.shed).toEqual({ expired: 1 });
    expect(ledger.snapshot().shed).toEqual({ expired: 2 });
  });

  it('does not share its counts with a ledger it was added to', () => {
    const camera = new Ledger();
    camera.receive();
    camera.settle({ kind: 'lost', reason: 'internal' });
    const shard = new Ledger();
    shard.add(camera.snapshot());
    camera.receive();
    camera.settle({ kind: 'lost', reason: 'internal' });
    expect(sumCounts(shard.snapshot().lost)).toBe(1);
  });

  it('shows by how much a ledger from elsewhere does not close', () => {
    expect(ledgerImbalance({ ...new Ledger().snapshot(), received: 3, inferred: 1 })).toBe(2);
  });
});
