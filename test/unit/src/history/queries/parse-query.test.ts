import { describe, expect, it } from 'vitest';
import { BadQueryError } from '../../../../../src/history/queries/bad-query.ts';
import { encodeCursor } from '../../../../../src/history/queries/cursor.ts';
import { parseRequest } from '../../../../../src/history/queries/parse-query.ts';
import { type EventQuery, type MeasureQuery, queryShape } from '../../../../../src/history/queries/query.ts';
import type { HistoryResource } from '../../../../../src/history/queries/resources.ts';

const NOW = Date.UTC(2026, 10, 22, 8, 30, 3, 7);
const parse = (resource: HistoryResource, text: string, nowMs = NOW, accept = '') =>
  parseRequest(resource, new URLSearchParams(text), nowMs, accept);
const measures = (text: string, nowMs = NOW) => parse('counts', text, nowMs).query as MeasureQuery;

describe('parseRequest', () => {
  it('takes the last day by hour, by camera, where nothing is said', () => {
    const { edges, by, interval, timeZone, cameras } = measures('');
    expect([edges[0], edges.at(-1), edges.length]).toEqual([Date.UTC(2026, 10, 21, 8), Date.UTC(2026, 10, 22, 9), 26]);
    expect({ by, interval, timeZone, cameras }).toEqual({
      by: ['camera'],
      interval: { unit: 'hour', count: 1 },
      timeZone: 'UTC',
      cameras: { ids: [], globs: [] },
    });
  });

  it('makes one question of two that mean the same', () => {
    const shape = (text: string, nowMs = NOW) => queryShape(measures(text, nowMs));
    expect(shape('camera=b,a&by=label,camera&label=car,bus')).toBe(
      shape('by=camera,label&camera=a&camera=b&camera=a&label=bus&label=car'),
    );
    // Two questions of one dashboard, seconds apart.
    expect(shape('from=-24h', NOW)).toBe(shape('from=-24h&to=now', NOW + 4_000));
    const events = (nowMs: number) => queryShape(parse('events', 'from=-1h', nowMs).query);
    expect(events(NOW)).toBe(events(NOW + 4_000));
    expect(shape('label=car')).not.toBe(shape('label=bus'));
    expect(shape('tz=Europe/Berlin')).not.toBe(shape(''));
  });

  it('asks further pages of the range that the first was asked for', () => {
    for (const text of [
      '',
      'from=-24h',
      'from=2026-11-20',
      'from=-2h&to=now',
      'interval=7d&from=-30d',
      'interval=total',
    ]) {
      for (const resource of ['counts', 'events'] as const) {
        if (resource === 'events' && text.includes('interval')) continue;
        const { query } = parse(resource, text);
        const range = 'edges' in query ? { fromMs: query.edges[0] ?? 0, toMs: query.edges.at(-1) ?? 0 } : query;
        const after = encodeCursor(queryShape(query), range, ['x']);
        const later = parse(resource, `${text}&after=${after}`, NOW + 3 * 3_600_000).query;
        expect([text, queryShape(later)]).toEqual([text, queryShape(query)]);
      }
    }
  });

  it('does not look into the future, however far `to` lies', () => {
    expect(measures('from=-1h&to=2090-01-01&interval=minute').edges).toHaveLength(62);
    expect(() => measures('from=2090-01-01&to=2091-01-01')).toThrow('from: a moment that has passed');
  });

  it('chooses the format by parameter, then by the Accept header', () => {
    expect(parse('events', '').format).toBe('json');
    expect(parse('events', '', NOW, 'text/csv').format).toBe('csv');
    expect(parse('events', '', NOW, 'application/x-ndjson;q=0.9').format).toBe('ndjson');
    expect(parse('events', 'format=json', NOW, 'text/csv').format).toBe('json');
  });

  it('takes every open alert where no beginning is said', () => {
    expect(parse('alerts', 'state=open').query).toMatchObject({ fromMs: null, states: ['opened'] });
    expect(parse('alerts', 'state=open,closed').query).toMatchObject({ fromMs: expect.any(Number) });
  });

  it('reads filters of events', () => {
    const query = parse('events', 'kind=item,incident&zone=a,b&label=cell%20phone&order=oldest').query as EventQuery;
    expect(query).toMatchObject({
      kinds: ['incident', 'item'],
      zones: ['a', 'b'],
      labels: ['cell phone'],
      order: 'oldest',
    });
  });

  it('says of each wrong parameter which it is', () => {
    for (const [resource, text, parameter] of [
      ['counts', 'interval=0m', 'interval'],
      ['counts', 'interval=25h', 'interval'],
      ['counts', 'metric=routes&by=line', 'by'],
      ['counts', 'metric=objects&line=a', 'line'],
      ['counts', `camera=${Array.from({ length: 1_001 }, (_, i) => i)}`, 'camera'],
      ['counts', `label=${'x'.repeat(129)}`, 'label'],
      ['counts', 'label=a%00b', 'label'],
      ['counts', 'limit=10001', 'limit'],
      ['counts', 'fresh=yes', 'fresh'],
      ['speeds', 'direction=in', 'direction'],
      ['events', 'interval=hour', 'interval'],
      ['events', 'state=ajar', 'state'],
      ['alerts', 'from=2026-02-30', 'from'],
    ] as const) {
      const refuse = () => parse(resource, text);
      expect(refuse, text).toThrow(BadQueryError);
      expect(refuse, text).toThrow(new RegExp(`^${parameter}: `));
    }
  });
});
