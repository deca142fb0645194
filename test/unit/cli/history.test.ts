import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/cli/exit.ts';
import { historyQuery, printedAs } from '../../../src/cli/history/history-query.ts';
import { historyTable } from '../../../src/cli/history/history-table.ts';

describe('camshard history', () => {
  it('puts its options into the query string', () => {
    const query = historyQuery({
      camera: 'north-*',
      from: '-24h',
      interval: '15m',
      by: '',
      filter: ['label=car,bus', 'line=main'],
      limit: 5,
      fresh: true,
    });
    expect(Object.fromEntries(query)).toEqual({
      camera: 'north-*',
      from: '-24h',
      interval: '15m',
      by: '',
      limit: '5',
      fresh: '1',
      label: 'car,bus',
      line: 'main',
    });
    expect(() => historyQuery({ filter: ['car'] })).toThrow(UsageError);
  });

  it('prints in one way only', () => {
    expect(printedAs({})).toBe('table');
    expect(printedAs({ ndjson: true })).toBe('ndjson');
    expect(() => printedAs({ csv: true, json: true })).toThrow(UsageError);
  });

  it('prints what was counted, with how much of it was observed', () => {
    const start = Date.UTC(2026, 10, 22, 7);
    const row = { start, end: start + 3_600_000, camera: 'gate', observedShare: 0.982, valid: true };
    const text = historyTable(
      {
        resource: 'counts',
        by: ['camera', 'label'],
        rows: [
          { ...row, label: 'car\u001b[2J', count: 12 },
          { ...row, label: null, count: null, observedShare: 0, valid: false },
        ],
        next: null,
      },
      'Europe/Berlin',
    );
    const lines = text.split('\n').map((line) => line.replace(/[│\s]+/g, ' ').trim());
    expect(lines[0]).toBe('FROM CAMERA LABEL COUNT OBSERVED VALID');
    expect(lines[1]).toBe('2026-11-22 08:00:00 gate car [2J 12 98.2 % yes');
    expect(lines[2]).toBe('2026-11-22 08:00:00 gate - - 0.0 % no');
  });

  it('prints shares of a composition with their confidence', () => {
    const text = historyTable(
      {
        resource: 'composition',
        by: ['material'],
        rows: [
          {
            ...{
              start: 0,
              end: 1,
              material: 'pet',
              items: 4,
              weight: 4,
              share: 0.8,
              shareLow: 0.376,
              shareHigh: 0.964,
            },
            ...{ contaminationShare: 0, review: 1, observedShare: 1, valid: true },
          },
        ],
        next: null,
      },
      'UTC',
    );
    expect(text).toContain('80.0 %');
    expect(text).toContain('37.6 %..96.4 %');
  });
});
