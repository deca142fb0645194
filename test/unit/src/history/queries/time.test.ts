import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOTHING_BEHIND } from '../../../../../src/history/queries/behind.ts';
import { intervalEdges, intervalText, parseInterval } from '../../../../../src/history/queries/interval.ts';
import { parseMoment } from '../../../../../src/history/queries/moment.ts';
import { rollUpPlan } from '../../../../../src/history/queries/roll-up-plan.ts';
import {
  DAY_MS,
  dayAt,
  dayStartMs,
  HOUR_MS,
  isTimeZone,
  MINUTE_MS,
  rfc3339,
} from '../../../../../src/history/queries/time-zone.ts';

const NOW = Date.UTC(2026, 10, 22, 8);

describe('moments', () => {
  it('are RFC 3339, dates of a zone, ms, or back from now', () => {
    const ms = (text: string, zone = 'UTC') => parseMoment(text, NOW, zone)?.ms;
    expect(ms('now')).toBe(NOW);
    expect(ms('-90m')).toBe(NOW - 90 * MINUTE_MS);
    expect(ms('-2w')).toBe(NOW - 14 * DAY_MS);
    expect(ms(String(NOW))).toBe(NOW);
    expect(ms('2026-11-22T08:00:00Z')).toBe(NOW);
    expect(ms('2026-11-22T09:00:00.000+01:00')).toBe(NOW);
    expect(ms('2026-11-22T09:00 01:00'), 'a + that nobody escaped').toBe(NOW);
    expect(ms('2026-11-22')).toBe(NOW - 8 * HOUR_MS);
    expect(ms('2026-11-22', 'Europe/Berlin')).toBe(NOW - 9 * HOUR_MS);
  });

  it('are nothing else', () => {
    for (const text of [
      '',
      'yesterday',
      '-1y',
      '1700000000',
      '2026-02-30',
      '2026-11-22T08:00:00',
      '2026-11-22T25:00Z',
      '+1h',
    ]) {
      expect(parseMoment(text, NOW, 'UTC'), text).toBeUndefined();
    }
  });
});

describe('days of a zone', () => {
  it('begin where they begin, also where clocks skip midnight', () => {
    expect(rfc3339(dayStartMs('Europe/Berlin', dayAt('UTC', Date.UTC(2026, 2, 29))), 'Europe/Berlin')).toBe(
      '2026-03-29T00:00:00+01:00',
    );
    // Beirut put its clocks forward at midnight.
    const day = dayAt('UTC', Date.UTC(2024, 2, 31));
    expect(rfc3339(dayStartMs('Asia/Beirut', day), 'Asia/Beirut')).toBe('2024-03-31T01:00:00+03:00');
  });

  it('are whole: one ends where the next begins', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          'UTC',
          'Europe/Berlin',
          'Asia/Kolkata',
          'America/Sao_Paulo',
          'Australia/Lord_Howe',
          'Asia/Beirut',
        ),
        fc.integer({ min: dayAt('UTC', Date.UTC(2010, 0, 1)), max: dayAt('UTC', Date.UTC(2027, 0, 1)) }),
        (zone, day) => {
          const start = dayStartMs(zone, day);
          expect(dayAt(zone, start)).toBe(day);
          expect(dayAt(zone, start - 1)).toBe(day - 1);
        },
      ),
      { seed: 4, numRuns: 200 },
    );
  });

  it('are only of zones that exist', () => {
    expect(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires'].every(isTimeZone)).toBe(true);
    expect(['', 'Mars/Olympus', '+02:00', "x'; drop", 'Europe/Berlin '].some(isTimeZone)).toBe(false);
  });
});

describe('intervals', () => {
  it('cover the range, ascending, without gaps', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('15m', 'hour', '6h', 'day', '7d', 'total'),
        fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata'),
        fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2026, 0, 1) }),
        fc.integer({ min: 1, max: 20 * DAY_MS }),
        (text, zone, fromMs, lengthMs) => {
          const edges = intervalEdges(parseInterval(text), fromMs, fromMs + lengthMs, zone);
          expect(edges.length).toBeGreaterThan(1);
          expect(edges[0]).toBeLessThanOrEqual(fromMs);
          expect(edges[1]).toBeGreaterThan(fromMs);
          expect(edges.at(-1)).toBeGreaterThanOrEqual(fromMs + lengthMs);
          expect(edges.at(-2)).toBeLessThan(fromMs + lengthMs);
          for (const [i, edge] of edges.entries()) if (i > 0) expect(edge).toBeGreaterThan(edges[i - 1] ?? 0);
        },
      ),
      { seed: 4, numRuns: 150 },
    );
  });

  it('are written back as they are asked for', () => {
    for (const text of ['minute', '15m', 'hour', '6h', 'day', '7d', 'total'])
      expect(intervalText(parseInterval(text))).toBe(text);
    expect(intervalText(parseInterval('1h'))).toBe('hour');
  });
});

describe('rollUpPlan', () => {
  it('reads each part from the coarsest table that has it', () => {
    const from = Date.UTC(2026, 10, 18, 22, 58);
    const levels = rollUpPlan([from, NOW + 5 * MINUTE_MS], NOTHING_BEHIND);
    expect(levels.map(({ level, fromMs, toMs }) => [level, (toMs - fromMs) / MINUTE_MS])).toEqual([
      ['minute', 2],
      ['hour', 60],
      ['day', 3 * 1_440],
      ['hour', 8 * 60],
      ['minute', 5],
    ]);
  });

  it('reads the minutes of an hour that is behind, and the other hours of its day', () => {
    const day = Math.floor(NOW / DAY_MS) * DAY_MS - 2 * DAY_MS;
    const late = day + 5 * HOUR_MS;
    const plan = rollUpPlan([day - DAY_MS, day + 2 * DAY_MS], { hours: [late], days: [day] });
    expect(plan).toEqual([
      { level: 'day', fromMs: day - DAY_MS, toMs: day },
      { level: 'hour', fromMs: day, toMs: late },
      { level: 'minute', fromMs: late, toMs: late + HOUR_MS },
      { level: 'hour', fromMs: late + HOUR_MS, toMs: day + DAY_MS },
      { level: 'day', fromMs: day + DAY_MS, toMs: day + 2 * DAY_MS },
    ]);
  });

  it('covers every range once, whole, and nothing that is behind', () => {
    const moments = fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(moments, fc.array(fc.integer({ min: 0, max: 1_000 })), (minutes, hoursBehind) => {
        const hours = [...new Set(hoursBehind)].sort((a, b) => a - b).map((hour) => hour * HOUR_MS);
        const days = [...new Set(hours.map((hour) => Math.floor(hour / DAY_MS) * DAY_MS))];
        const edges = [...new Set(minutes)].sort((a, b) => a - b).map((minute) => minute * MINUTE_MS);
        if (edges.length < 2) return;
        const plan = rollUpPlan(edges, { hours, days });
        let at = edges[0];
        for (const { level, fromMs, toMs } of plan) {
          expect(fromMs).toBe(at);
          const unit = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS }[level];
          expect([fromMs % unit, toMs % unit]).toEqual([0, 0]);
          if (level === 'hour') for (const hour of hours) expect(hour >= fromMs && hour < toMs).toBe(false);
          if (level === 'day') for (const day of days) expect(day >= fromMs && day < toMs).toBe(false);
          // No row of the table belongs to two intervals.
          for (const edge of edges) if (edge > fromMs && edge < toMs) expect(edge % unit).toBe(0);
          at = toMs;
        }
        expect(at).toBe(edges.at(-1));
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});
