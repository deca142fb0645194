import { describe, expect, it } from 'vitest';
import { Ledger, type LedgerSnapshot } from '../../../core/ledger.ts';
import { compareLedger } from '../../../loadtest/swarm/ledger-check.ts';
import { type CameraTally, newCameraTally } from '../../../loadtest/swarm/tally.ts';

const empty = new Ledger().snapshot();
const ledger = (part: Partial<LedgerSnapshot>): LedgerSnapshot => ({ ...empty, ...part });
const camera = (part: Partial<CameraTally>): CameraTally => ({ ...newCameraTally('c-0'), ...part });

function compare(tally: CameraTally, node: LedgerSnapshot | undefined, options: { total?: LedgerSnapshot } = {}) {
  return compareLedger({
    cameras: [tally],
    ledgers: new Map(node === undefined ? [] : [['c-0', node]]),
    totalBefore: empty,
    totalAfter: options.total ?? node ?? empty,
    alone: true,
    results: true,
  });
}

describe('compareLedger', () => {
  it('closes where the node received all that was sent and told the camera the same as it counted', () => {
    const verdict = compare(
      camera({
        sent: 10,
        results: 6,
        acked: 1,
        dropped: new Map([
          ['superseded', 2],
          ['device_failed', 1],
        ]),
      }),
      ledger({ received: 10, inferred: 6, gated: 1, shed: { superseded: 2 }, lost: { device_failed: 1 } }),
    );
    expect(verdict).toMatchObject({ closed: true, sent: 10, received: 10, inferred: 6, problemCount: 0 });
  });

  it('does not close where one frame that was sent is missing from the ledger', () => {
    const verdict = compare(camera({ sent: 10, results: 9 }), ledger({ received: 9, inferred: 9 }));
    expect(verdict.closed).toBe(false);
    expect(verdict.problems).toContain('c-0: received 9, sent were 10');
  });

  it('does not close where the identity is broken although the totals agree with the camera', () => {
    const verdict = compare(camera({ sent: 5, results: 4 }), ledger({ received: 5, inferred: 4 }));
    expect(verdict.problems).toContain('c-0: does not close by 1 frames');
  });

  it('does not close while frames are in flight after everything was waited for', () => {
    const verdict = compare(
      camera({ sent: 2, results: 1, unanswered: 1 }),
      ledger({ received: 2, inferred: 1, inFlight: 1 }),
    );
    expect(verdict.problems).toEqual(['c-0: 1 frames still in flight', 'c-0: 1 frames never answered']);
  });

  it('does not close where the node counted another reason than it told the camera', () => {
    const verdict = compare(
      camera({ sent: 1, dropped: new Map([['expired', 1]]) }),
      ledger({ received: 1, shed: { superseded: 1 } }),
    );
    expect(verdict.problems).toEqual([
      'c-0: expired 0 in the ledger, the camera was told 1',
      'c-0: superseded 1 in the ledger, the camera was told 0',
    ]);
  });

  it('does not close where a camera that sent is unknown to the node', () => {
    expect(compare(camera({ sent: 3 }), undefined).closed).toBe(false);
  });

  it('allows frames under way to be lost with a connection that broke, but nothing more', () => {
    const broken = camera({ sent: 10, results: 7, cutOff: 3, reconnects: 1 });
    expect(compare(broken, ledger({ received: 8, inferred: 8 })).closed).toBe(true);
    expect(compare(broken, ledger({ received: 11, inferred: 11 })).closed).toBe(false);
    expect(compare(broken, ledger({ received: 6, inferred: 6 })).closed).toBe(false);
  });

  it('holds the total against the sum of what was sent where the run was alone on the node', () => {
    const node = ledger({ received: 4, inferred: 4 });
    const other = { total: ledger({ received: 5, inferred: 5 }) };
    expect(compare(camera({ sent: 4, results: 4 }), node, other).problems).toEqual([
      'total: received grew by 5, sent were 4',
    ]);
  });

  it('holds the frames of storms against the total, within those that may not have arrived', () => {
    const tally = camera({ sent: 4, results: 4 });
    const node = ledger({ received: 4, inferred: 4 });
    const verdict = (received: number, storm: { sent: number; uncertain: number }) =>
      compareLedger({
        cameras: [tally],
        ledgers: new Map([['c-0', node]]),
        totalBefore: empty,
        totalAfter: ledger({ received, inferred: received }),
        alone: true,
        results: true,
        storm,
      });
    expect(verdict(14, { sent: 10, uncertain: 0 }).closed).toBe(true);
    expect(verdict(13, { sent: 10, uncertain: 0 }).closed).toBe(false);
    expect(verdict(13, { sent: 10, uncertain: 1 }).closed).toBe(true);
    expect(verdict(15, { sent: 10, uncertain: 1 }).closed).toBe(false);
  });

  it('does not close where more is missing from the total than broken connections explain', () => {
    const broken = camera({ sent: 10, results: 7, cutOff: 3, reconnects: 1 });
    const node = ledger({ received: 8, inferred: 8 });
    expect(compare(broken, node, { total: ledger({ received: 6, inferred: 6 }) }).problems).toEqual([
      'total: received grew by 6, sent were 10, of which 3 may not have arrived',
    ]);
  });
});
