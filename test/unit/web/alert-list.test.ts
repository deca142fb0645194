import { describe, expect, it } from 'vitest';
import { AlertBook } from '../../../src/alerts/alert-book.ts';
import { type AlertFilter, matchesFilter, readFilter } from '../../../web/src/alerts/alert-filter.ts';
import {
  isFull,
  LIST_MAX,
  listOf,
  neighbour,
  showArrived,
  withChanges,
  withOlder,
} from '../../../web/src/alerts/alert-list.ts';
import type { Alert, AlertPage } from '../../../web/src/api/answers.gen.ts';
import { alertOf } from '../../support/alerts.ts';

const NOW = 1_700_000_100_000;

function alert(opening: number, more: Partial<Alert> = {}): Alert {
  return { ...alertOf('north', { opening }), keeper: 'n1', position: opening, acknowledged: null, ...more };
}

const page = (alerts: readonly Alert[], more: Partial<AlertPage> = {}): AlertPage => ({
  ...{ alerts, next: null, last: 9, open: { bySeverity: { info: 0, warning: alerts.length, critical: 0 }, unseen: 0 } },
  ...more,
});
const openings = (rows: readonly Alert[]) => rows.map(({ opening }) => opening);

describe('the list of alerts on the page', () => {
  it('changes rows where they stand, and keeps what is new above them until it is asked for', () => {
    const before = listOf(page([alert(3), alert(2)], { last: 3 }));
    const closed = alert(2, { state: 'closed', position: 5 });
    const after = withChanges(before, page([alert(4), closed, alert(6)], { last: 6 }), () => true);
    expect(openings(after.rows)).toEqual([3, 2]);
    expect(after.rows[1]?.state).toBe('closed');
    expect(openings(after.arrived)).toEqual([6, 4]);
    expect(after.last).toBe('6');
    const shown = showArrived(after);
    expect([openings(shown.rows), shown.arrived]).toEqual([[6, 4, 3, 2], []]);
  });

  it('has an alert once that changes again while it waits, and leaves out what does not belong', () => {
    const first = withChanges(listOf(page([])), page([alert(4), alert(5)]), () => true);
    const later = withChanges(first, page([alert(4, { state: 'closed' }), alert(7)]), ({ opening }) => opening !== 7);
    expect(openings(later.arrived)).toEqual([4, 5]);
    expect(later.arrived[0]?.state).toBe('closed');
  });

  it('keeps no more than its limit of what waits, the newest, and is then full', () => {
    const before = listOf(page([alert(1)]));
    expect(isFull(before)).toBe(false);
    const news = Array.from({ length: LIST_MAX + 5 }, (_, i) => alert(i + 2));
    const after = withChanges(before, page(news), () => true);
    expect(after.arrived).toHaveLength(LIST_MAX);
    expect(after.arrived[0]?.opening).toBe(LIST_MAX + 6);
    expect(isFull(after)).toBe(true);
  });

  it('goes on behind its end, without those that changed meanwhile', () => {
    const list = withOlder(listOf(page([alert(4), alert(3)], { next: 3 })), page([alert(3), alert(2)]));
    expect([openings(list.rows), list.next]).toEqual([[4, 3, 2], null]);
  });

  it('moves from row to row, and stays at its ends', () => {
    const rows = [alert(3), alert(2)];
    const [first, second] = rows;
    expect(neighbour(rows, undefined, 1)).toBe(first);
    expect(neighbour(rows, first?.id, 1)).toBe(second);
    expect(neighbour(rows, second?.id, 1)).toBe(second);
    expect(neighbour(rows, first?.id, -1)).toBe(first);
  });
});

describe('the filter of alerts', () => {
  it('leaves in what the node would', () => {
    const entries = [
      alert(1, { severity: 'critical' }),
      alert(2, { state: 'closed', openedAtMs: NOW - 7_200_000 }),
      alert(3, { title: 'Gate OPEN', acknowledged: { who: 'Ada', atMs: NOW } }),
      alert(4, { ...alertOf('south', { opening: 4, rule: 'fast' }) }),
    ];
    const book = new AlertBook();
    book.restore({
      ...{ next: 9, openings: [] },
      entries: entries.map(({ keeper: _, position, acknowledged, ...rest }) => ({
        ...{ position, acknowledged, alert: rest as ReturnType<typeof alertOf> },
      })),
    });
    const asked: [string, Parameters<AlertBook['list']>[0]][] = [
      ['', {}],
      ['state=closed', { state: 'closed' }],
      ['severity=critical', { severity: 'critical' }],
      ['acknowledged=yes', { acknowledged: true }],
      ['acknowledged=no&camera=north', { acknowledged: false, camera: 'north' }],
      ['rule=fast', { rule: 'fast' }],
      ['text=gate%20open', { text: 'gate open' }],
      ['from=-1h', { openedFromMs: NOW - 3_600_000 }],
      [`to=${NOW - 3_600_000}`, { openedBeforeMs: NOW - 3_600_000 }],
    ];
    for (const [query, filter] of asked) {
      const wanted: AlertFilter = readFilter(new URLSearchParams(query));
      const here = entries.filter((entry) => matchesFilter(wanted, entry, NOW)).map(({ id }) => id);
      const there = book.list(filter, { after: 0 }, 100).entries.map((entry) => entry.alert.id);
      expect([query, here]).toEqual([query, there]);
    }
    expect(book.openCounts()).toEqual({ bySeverity: { info: 0, warning: 2, critical: 1 }, unseen: 2 });
  });

  it('takes what it does not know for absent', () => {
    expect(readFilter(new URLSearchParams('state=odd&severity=&camera=%20'))).toMatchObject({
      ...{ state: undefined, severity: undefined, camera: undefined },
    });
  });
});
