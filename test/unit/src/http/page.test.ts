import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { page } from '../../../../src/http/page.ts';

const of = (rows: readonly string[], query: string, limitMax = 1_000) =>
  page(rows, (row) => row, new URLSearchParams(query), limitMax);

describe('page', () => {
  it('gives rows in the order of their keys, 100 where nothing was asked', () => {
    expect(of(['b', 'c', 'a'], '')).toEqual({ items: ['a', 'b', 'c'], next: null });
    const many = Array.from({ length: 101 }, (_, i) => String(i).padStart(3, '0'));
    expect(of(many, '')).toMatchObject({ next: '099' });
  });

  it('says where the next page begins, and null at the last', () => {
    expect(of(['a', 'b', 'c'], 'limit=2')).toEqual({ items: ['a', 'b'], next: 'b' });
    expect(of(['a', 'b', 'c'], 'limit=2&after=b')).toEqual({ items: ['c'], next: null });
    expect(of(['a', 'b', 'c'], 'limit=3')).toEqual({ items: ['a', 'b', 'c'], next: null });
    expect(of([], 'after=z')).toEqual({ items: [], next: null });
  });

  it('refuses a limit that is no whole number from 1 to the maximum', () => {
    for (const limit of ['0', '-1', '1.5', 'ten', '1001', '']) {
      expect(of(['a'], `limit=${limit}`)).toEqual({ fault: expect.stringContaining('1 to 1000') });
    }
  });

  it('shows every row exactly once over all pages, whatever the page size', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 })), fc.integer({ min: 1, max: 7 }), (rows, limit) => {
        const seen: string[] = [];
        let after = '';
        for (let turn = 0; turn <= rows.length; turn++) {
          const query = new URLSearchParams({ limit: String(limit), after });
          const answer = page(rows, (row) => row, query, 1_000);
          if ('fault' in answer) throw new Error(answer.fault);
          seen.push(...answer.items);
          if (answer.next === null) break;
          after = answer.next;
        }
        expect(seen.length).toBe(rows.length);
        expect(new Set(seen)).toEqual(new Set(rows));
      }),
      { seed: 1 },
    );
  });
});
