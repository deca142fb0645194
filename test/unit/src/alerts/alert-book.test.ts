import { describe, expect, it } from 'vitest';
import { AlertBook } from '../../../../src/alerts/alert-book.ts';
import { alertOf } from '../../../support/alerts.ts';

/** Closed alerts that are remembered. */
const CLOSED_MAX = 1_000;

describe('the book of alerts', () => {
  it('tells the alerts of one camera, each with its last change, the one that changed longest ago first', () => {
    const book = new AlertBook();
    book.apply(1, { kind: 'alert', alert: alertOf('a', { opening: 1 }) });
    book.apply(2, { kind: 'alert', alert: alertOf('b', { opening: 1 }) });
    book.apply(3, { kind: 'alert', alert: alertOf('a', { opening: 2 }) });
    book.apply(4, { kind: 'alert', alert: alertOf('a', { opening: 1, state: 'closed' }) });
    const told = (camera: string) => book.ofCamera(camera).map(({ alert }) => `${alert.opening} ${alert.state}`);
    expect([told('a'), told('b'), told('c')]).toEqual([['2 opened', '1 closed'], ['1 opened'], []]);
  });

  it('forgets a camera with the last of its alerts', () => {
    const book = new AlertBook();
    for (let n = 1; n <= CLOSED_MAX + 1; n++) {
      book.apply(n, { kind: 'alert', alert: alertOf(n === 1 ? 'old' : 'new', { opening: n, state: 'closed' }) });
    }
    expect(book.ofCamera('old')).toEqual([]);
    expect(book.ofCamera('new')).toHaveLength(CLOSED_MAX);
    expect(book.openings('old').size).toBe(1);
  });
});
