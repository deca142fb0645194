import { describe, expect, it } from 'vitest';
import { parseRequest } from '../../../src/history/queries/parse-query.ts';
import { MEASURE_SPECS } from '../../../src/history/queries/resources.ts';
import { stack } from '../../../web/src/chart/stack.ts';
import { unobservedSpans } from '../../../web/src/chart/unobserved.ts';
import { byLine } from '../../../web/src/counts/by-line.ts';
import { differenceText } from '../../../web/src/history/difference-text.ts';
import { intervalFor, readView, viewQuery } from '../../../web/src/history/history-view.ts';
import { largest, pivot } from '../../../web/src/history/pivot.ts';
import { MEASURES, METRICS, RESOURCES } from '../../../web/src/history/resources.ts';
import { contaminationLimit, wasteFacts } from '../../../web/src/waste/waste-settings.ts';

const NOW = Date.UTC(2026, 10, 22, 9, 30);
const HOUR = 3_600_000;
const view = (query: string) => readView(new URLSearchParams(query), 'Europe/Berlin');

describe('what the history explorer can ask', () => {
  it('is what the API can be asked', () => {
    for (const resource of MEASURES) {
      expect(
        METRICS[resource].map(({ metric, groups, filters, byDefault }) => ({ metric, groups, filters, byDefault })),
      ).toEqual(
        MEASURE_SPECS[resource].map(({ metric, columns, filters, byDefault }) => ({
          ...{ metric, filters: [...filters.keys()], byDefault },
          groups: [...columns.keys()].filter((name) => name !== 'camera'),
        })),
      );
    }
  });

  it('is understood by the API in each of its views', () => {
    for (const resource of RESOURCES) {
      for (const more of [
        '',
        '&by=',
        '&compare=1',
        '&range=-30d&camera=a,b*',
        '&from=2026-11-01T00:00:00Z&to=2026-11-02',
      ]) {
        const asked = view(`resource=${resource}${more}`);
        const query = new URLSearchParams();
        for (const [key, value] of Object.entries(viewQuery(asked, NOW))) if (value) query.set(key, value);
        const { query: understood } = parseRequest(resource, query, NOW);
        if ('by' in understood) expect(understood.by).toEqual(asked.by);
      }
    }
  });

  it('is cut into as many intervals as can be told apart', () => {
    expect(['minute', '5m', '15m', 'hour', '6h', 'day', '7d']).toEqual(
      [1, 6, 24, 5 * 24, 30 * 24, 100 * 24, 900 * 24].map((hours) => intervalFor(hours * HOUR)),
    );
  });

  it('keeps the range of an answer for what is asked besides it', () => {
    expect(viewQuery(view('range=-6h'), NOW, { from: 1_000, to: 2_000 })).toMatchObject({ from: '1000', to: '2000' });
  });
});

describe('rows as a course', () => {
  const row = (start: number, more: object) => ({ start, end: start + 60, observedShare: 1, valid: true, ...more });

  it('have nought where a camera looked and nothing came, and a gap where nobody looked', () => {
    const rows = [
      row(0, { camera: 'a', line: 'x', count: 4 }),
      row(0, { camera: 'b', line: 'x', count: 9 }),
      row(60, { camera: 'a', line: null, count: 0 }),
      row(60, { camera: 'b', line: null, count: null, observedShare: 0 }),
    ];
    const course = pivot(rows, ['camera', 'line'], { key: 'count', unit: '', adds: true });
    expect(course.groups).toEqual([
      { name: 'b · x', values: [9, null], total: 9 },
      { name: 'a · x', values: [4, 0], total: 4 },
    ]);
    expect(course.observed).toEqual([1, 0.5]);
    expect(course.endMs).toBe(120);
  });

  it('know nothing of a mean where there is no row', () => {
    const rows = [row(0, { place: 'x', mean: 30 }), row(60, { place: 'y', mean: 50 })];
    const course = pivot(rows, ['place'], { key: 'mean', unit: 'km/h', adds: false });
    expect(course.groups.map(({ values }) => values)).toEqual([
      [null, 50],
      [30, null],
    ]);
  });

  it('have shares in percent', () => {
    expect(pivot([row(0, { share: 0.25 })], [], { key: 'share', unit: '%', adds: true }).groups[0]?.values).toEqual([
      25,
    ]);
  });

  it('put small groups together where they add up', () => {
    const groups = [5, 3, 2].map((n, i) => ({ name: `g${i}`, values: [n, i === 2 ? null : 1], total: n }));
    expect(largest(groups, 2, true)).toEqual([
      { name: 'g0', values: [5, 1], total: 5 },
      { name: '2 others', values: [5, 1], total: 5 },
    ]);
    expect(largest(groups, 2, false).map(({ name }) => name)).toEqual(['g0', 'g1']);
  });
});

describe('a chart', () => {
  it('stacks what is known, the sum of all first', () => {
    expect(stack([{ values: [1, null, null] }, { values: [2, 3, null] }])).toEqual([
      [3, 3, null],
      [1, null, null],
    ]);
  });

  it('marks neighbouring intervals that were not observed enough as one span', () => {
    expect(unobservedSpans([0, 10, 20, 30], 40, [1, 0, 0, 0.5])).toEqual([
      [10, 30, 0],
      [30, 40, 0.5],
    ]);
  });
});

describe('tables', () => {
  it('add crossings up by line and way, the most frequent class first', () => {
    const row = (line: string | null, direction: string, label: string, count: number | null) => ({
      ...{ start: 0, end: 1, observedShare: 1, valid: true, line, direction, label, count },
    });
    const { labels, lines } = byLine([
      row('main', 'in', 'truck', 2),
      row('main', 'in', 'car', 5),
      row('main', 'out', 'car', 1),
      row(null, '', '', 0),
    ]);
    expect(labels).toEqual(['car', 'truck']);
    expect(lines.map(({ line, direction, all }) => [line, direction, all])).toEqual([
      ['main', 'in', 7],
      ['main', 'out', 1],
    ]);
  });

  it('tell a difference only where both are known', () => {
    expect([differenceText(12, 10), differenceText(5, 10), differenceText(3, 0), differenceText(null, 4)]).toEqual([
      ...['+20 %', '−50 %', '–', '–'],
    ]);
  });
});

describe('waste settings', () => {
  it('say what belongs into the stream and the lowest limit of contamination', () => {
    const facts = wasteFacts({
      ...{ camera: 'belt', version: 1, updatedAt: 0, updatedBy: '', document: {} },
      settings: {
        pipeline: 'waste',
        waste: { stream: 'paper', allowed: ['paper'], weight: 'area' },
        rules: [
          { id: 'a', kind: 'composition', material: null, above: 0.1, below: null, windowS: 60, enabled: true },
          { id: 'b', kind: 'composition', material: null, above: 0.05, below: null, windowS: 60, enabled: true },
          { id: 'off', kind: 'composition', material: null, above: 0.01, below: null, windowS: 60, enabled: false },
          { id: 'c', kind: 'composition', material: 'glass', above: 0.02, below: null, windowS: 60, enabled: true },
        ],
      },
    });
    expect(facts).toMatchObject({ isWaste: true, stream: 'paper', allowed: ['paper'], weight: 'area' });
    expect(contaminationLimit(facts.limits)?.rule).toBe('b');
    expect(facts.limits.map(({ rule }) => rule)).toEqual(['a', 'b', 'c']);
  });
});
