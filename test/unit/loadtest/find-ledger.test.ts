import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../core/ledger.ts';
import { findLedger } from '../../../loadtest/shutdown/find-ledger.ts';

const ledger = new Ledger().snapshot();

describe('findLedger', () => {
  it('finds the ledger in a log line, as its field or as the total of that field', () => {
    expect(findLedger({ msg: 'ledger closed', ledger })).toEqual(ledger);
    expect(findLedger({ msg: 'final ledger', ledger: { total: ledger } })).toEqual(ledger);
    expect(findLedger({ msg: 'final ledger', ...ledger })).toMatchObject(ledger);
  });

  it('finds none in other lines', () => {
    expect(findLedger({ msg: 'camera connected', received: 'soon' })).toBeUndefined();
    expect(findLedger({ msg: 'x', ledger: null })).toBeUndefined();
  });
});
