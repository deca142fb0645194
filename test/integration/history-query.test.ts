import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../core/manual-clock.ts';
import { HistoryQueries } from '../../src/history/queries/history-queries.ts';
import { parseRequest } from '../../src/history/queries/parse-query.ts';
import type { HistoryResource } from '../../src/history/queries/resources.ts';
import type { HistoryRow } from '../../src/history/queries/rows.ts';
import { QueryDb, type TestMinute, writeMinutes } from '../support/history-query-db.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 86_400_000;
/** 2026-03-30T12:34:56Z: the day before, clocks in Europe went forward. */
const NOW = Date.UTC(2026, 2, 30, 12, 34, 56);
const START = Date.UTC(2026, 2, 28);

/** The same small numbers each time. */
function mulberry(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Row = Readonly<Record<string, unknown>>;

describe.each(['PGlite', 'PostgreSQL'] as const)('questions to the history in %s', (kind) => {
  let store: QueryDb;
  let queries: HistoryQueries;
  const minutes: TestMinute[] = [];

  beforeAll(async () => {
    store = await QueryDb.open(kind);
    await store.partitions(START, NOW);
    const random = mulberry(7);
    for (let atMs = START; atMs < NOW - 2 * MINUTE; atMs += MINUTE) {
      for (const camera of ['north-1', 'north-2', 'south_1']) {
        // north-2 was away for the whole of the 29th's first three hours.
        if (camera === 'north-2' && atMs >= START + DAY && atMs < START + DAY + 3 * HOUR) continue;
        // Little happens, but on the hour.
        if (atMs % HOUR !== 0 && random() < 0.9) {
          minutes.push({ camera, atMs });
          continue;
        }
        const speed = 20 + Math.floor(random() * 60);
        const bins = Array.from({ length: 40 }, (_, i) => (i === Math.floor(speed / 5) ? 1 : 0));
        minutes.push({
          camera,
          atMs,
          observed: 0.9,
          measures: [
            { metric: 'crossings', subject: 'main', direction: 'in', label: 'car', n: 1 + Math.floor(random() * 5) },
            { metric: 'crossings', subject: 'main', direction: 'out', label: 'car', n: 1 },
            { metric: 'crossings', subject: 'side', direction: 'in', label: 'cell phone', n: 2 },
            { metric: 'speed', subject: 'main', label: 'car', n: 1, sum: speed, min: speed, max: speed, bins },
            { metric: 'occupancy', subject: 'yard', n: 54, sum: 108, min: 0, max: 3 },
            { metric: 'composition', subject: 'pet', label: 'bottle', n: 6, sum: 6 },
            { metric: 'composition', subject: 'glass', label: 'wine glass', n: 2, sum: 2 },
            { metric: 'contamination', subject: 'glass', label: 'wine glass', n: 2, sum: 2 },
            { metric: 'review', subject: 'pet', label: 'bottle', n: 1, sum: 1 },
          ],
        });
      }
    }
    await writeMinutes(store.db, minutes);
    await store.rollUp();
    queries = new HistoryQueries({
      reads: store,
      clock: new ManualClock(NOW),
      cacheEntries: 0,
      cacheMs: 0,
    });
  });
  afterAll(async () => {
    queries.close();
    await store.close();
  });

  const ask = async (resource: HistoryResource, text: string, db = queries): Promise<Row[]> => {
    const { query, page } = parseRequest(resource, new URLSearchParams(text), NOW);
    const rows: HistoryRow[] = [];
    for (let after = page.after; ; ) {
      const answer = await db.page(query, { ...page, after });
      rows.push(...answer.rows);
      expect(answer.rows.length).toBeLessThanOrEqual(page.limit);
      if (answer.next === null) return rows as unknown as Row[];
      after = answer.next;
    }
  };

  /** What the minutes say, added up without a database. */
  const truth = (from: number, to: number, keep: (m: { camera: string; metric: string }) => boolean): number => {
    let sum = 0;
    for (const { camera, atMs, measures = [] } of minutes) {
      if (atMs < from || atMs >= to) continue;
      for (const { metric = '', n = 0 } of measures) if (keep({ camera, metric })) sum += n;
    }
    return sum;
  };
  const crossingsOf = (camera: string) => (m: { camera: string; metric: string }) =>
    m.metric === 'crossings' && m.camera === camera;

  it('adds up by minute, hour, day and all the same, from whichever table', async () => {
    const range = `camera=north-1&from=${START}&to=${START + 2 * DAY}`;
    const whole = truth(START, START + 2 * DAY, crossingsOf('north-1'));
    for (const [interval, rows] of [
      ['minute', 2_880],
      ['15m', 192],
      ['hour', 48],
      ['6h', 8],
      ['day', 2],
      ['total', 1],
    ] as const) {
      const answer = await ask('counts', `${range}&interval=${interval}`);
      expect([interval, answer.length]).toEqual([interval, rows]);
      expect(answer.reduce((sum, row) => sum + Number(row.count ?? 0), 0)).toBe(whole);
    }
  });

  it('answers each interval with what its minutes say', async () => {
    const answer = await ask('counts', `camera=north-1&from=${START}&to=${START + DAY}&interval=hour`);
    for (const row of answer) {
      expect(row.count).toBe(truth(Number(row.start), Number(row.end), crossingsOf('north-1')));
    }
  });

  it('takes a range that begins and ends within hours and days from all three tables', async () => {
    const [from, to] = [START + 7 * HOUR + 11 * MINUTE, START + 2 * DAY + 5 * HOUR + 3 * MINUTE];
    const [row] = await ask('counts', `camera=south_1&from=${from}&to=${to}&interval=total`);
    expect(row?.count).toBe(truth(from, to, crossingsOf('south_1')));
  });

  it('counts up to now, where no roll-up has been made yet', async () => {
    const answer = await ask('counts', 'camera=north-1&from=-3h&interval=hour');
    const last = answer.at(-1);
    expect(last).toMatchObject({ start: NOW - (NOW % HOUR), valid: true });
    expect(last?.count).toBe(truth(Number(last?.start), NOW, crossingsOf('north-1')));
    expect(Number(last?.observedShare)).toBeGreaterThan(0.9);
  });

  it('cuts days by the time zone asked for, with one that has 23 hours', async () => {
    const answer = await ask('counts', 'camera=north-1&from=2026-03-28&to=2026-03-30&interval=day&tz=Europe/Berlin');
    expect(answer.map((row) => (Number(row.end) - Number(row.start)) / HOUR)).toEqual([24, 23]);
    for (const row of answer) {
      expect(row.count).toBe(truth(Number(row.start), Number(row.end), crossingsOf('north-1')));
    }
    const india = await ask('counts', 'camera=north-1&from=2026-03-29&to=2026-03-30&interval=day&tz=Asia/Kolkata');
    expect(india[0]?.start).toBe(Date.UTC(2026, 2, 28, 18, 30));
    expect(india[0]?.count).toBe(truth(Number(india[0]?.start), Number(india[0]?.end), crossingsOf('north-1')));
    const hours = await ask('counts', 'camera=north-1&from=2026-03-29&to=2026-03-30&interval=6h&tz=Europe/Berlin');
    expect(hours.map((row) => (Number(row.end) - Number(row.start)) / HOUR)).toEqual([6, 6, 6, 5]);
    for (const row of hours) expect(row.count).toBe(truth(Number(row.start), Number(row.end), crossingsOf('north-1')));
  });

  it('tells nothing counted from nobody looking', async () => {
    const from = START + DAY;
    const answer = await ask('counts', `camera=north-2&from=${from}&to=${from + 4 * HOUR}&interval=30m`);
    expect(answer).toHaveLength(8);
    for (const row of answer.slice(0, 6)) {
      expect(row).toMatchObject({ count: null, observedShare: 0, valid: false });
    }
    for (const row of answer.slice(6)) {
      expect(row).toMatchObject({ count: expect.any(Number), valid: true });
    }
    const quiet = await ask('counts', `camera=north-2&from=${from + 3 * HOUR}&to=${from + 4 * HOUR}&interval=minute`);
    expect(quiet.filter((row) => row.count === 0).length).toBeGreaterThan(30);
    expect(quiet.every((row) => Number(row.observedShare) >= 0.9)).toBe(true);
  });

  it('tells groups apart, sums over those not asked for, and filters', async () => {
    const range = `camera=north-1&from=${START}&to=${START + DAY}&interval=total`;
    const byAll = await ask('counts', `${range}&by=label,line,direction`);
    expect(byAll.map(({ line, direction, label }) => [line, direction, label])).toEqual([
      ['main', 'in', 'car'],
      ['main', 'out', 'car'],
      ['side', 'in', 'cell phone'],
    ]);
    const [cars] = await ask('counts', `${range}&label=car`);
    expect(cars?.count).toBe(Number(byAll[0]?.count) + Number(byAll[1]?.count));
    const [in_] = await ask('counts', `${range}&direction=in&line=main`);
    expect(in_?.count).toBe(byAll[0]?.count);
    const [none] = await ask('counts', `${range}&label=bicycle&by=label`);
    expect(none).toMatchObject({ label: 'bicycle', count: 0, valid: true });
  });

  it('knows cameras by pattern, with _ as itself, and sums over all of them', async () => {
    const range = `from=${START}&to=${START + DAY}&interval=day`;
    const cameras = async (text: string) => (await ask('counts', `${range}&camera=${text}`)).map((row) => row.camera);
    expect(await cameras('north-*')).toEqual(['north-1', 'north-2']);
    expect(await cameras('*_1')).toEqual(['south_1']);
    expect(await cameras('north-2,s*')).toEqual(['north-2', 'south_1']);
    expect(await cameras('*')).toEqual(['north-1', 'north-2', 'south_1']);
    expect(await cameras('west*')).toEqual([]);
    expect(await cameras('west')).toEqual(['west']);
    const [sum] = await ask('counts', `${range}&by=`);
    expect(sum).toMatchObject({ cameras: 3, valid: true });
    expect(sum?.count).toBe(truth(START, START + DAY, ({ metric }) => metric === 'crossings'));
  });

  it('calls a sum over cameras that were named invalid where one of them saw too little', async () => {
    const from = START + DAY;
    const [row] = await ask('counts', `by=&camera=north-1,north-2,west&from=${from}&to=${from + HOUR}&interval=hour`);
    expect(row).toMatchObject({ cameras: 1, valid: false });
    expect(Number(row?.observedShare)).toBeCloseTo(1 / 3, 1);
  });

  it('gives speeds with mean, percentiles and extremes', async () => {
    const range = `camera=north-1&from=${START}&to=${START + DAY}&interval=total`;
    const [row] = await ask('speeds', range);
    const samples = minutes
      .filter(({ camera, atMs }) => camera === 'north-1' && atMs < START + DAY)
      .flatMap(({ measures = [] }) => measures.filter(({ metric }) => metric === 'speed').map(({ sum = 0 }) => sum))
      .sort((a, b) => a - b);
    expect(row).toMatchObject({ n: samples.length, min: samples[0], max: samples.at(-1) });
    expect(row?.mean).toBeCloseTo(samples.reduce((a, b) => a + b, 0) / samples.length, 3);
    // Bins are 5 km/h wide.
    expect(Math.abs(Number(row?.v85) - (samples[Math.ceil(samples.length * 0.85) - 1] ?? 0))).toBeLessThanOrEqual(5);
    const quiet = (await ask('speeds', `camera=north-1&from=${START}&to=${START + HOUR}&interval=minute`)).find(
      (one) => one.n === 0,
    );
    expect(quiet).toMatchObject({ mean: null, v85: null, min: null, max: null, valid: true });
  });

  it('gives occupancy as a mean over the time observed', async () => {
    const [row] = await ask('occupancy', `camera=north-1&from=${START}&to=${START + DAY}&interval=total`);
    expect(row).toMatchObject({ zone: 'yard', mean: 2, max: 3 });
  });

  it('gives composition as shares with their confidence, contamination and what is to be reviewed', async () => {
    const range = `camera=north-1&from=${START}&to=${START + DAY}&interval=total`;
    const [glass, pet] = await ask('composition', range);
    expect(glass).toMatchObject({ material: 'glass', share: 0.25, contaminationShare: 0.25, review: 0 });
    expect(pet).toMatchObject({ material: 'pet', share: 0.75, contaminationShare: 0, totalContaminationShare: 0.25 });
    expect(Number(pet?.shareLow)).toBeLessThan(0.75);
    expect(Number(pet?.shareHigh)).toBeGreaterThan(0.75);
    expect(Number(pet?.review)).toBe(Number(pet?.items) / 6);
    const [only] = await ask('composition', `${range}&material=pet`);
    expect(only).toEqual(pet);
    const labels = await ask('composition', `${range}&by=camera,label`);
    expect(labels.map(({ label, share }) => [label, share])).toEqual([
      ['bottle', 0.75],
      ['wine glass', 0.25],
    ]);
  });

  it('gives the same rows page by page, whatever is written meanwhile', async () => {
    const text = `from=${START}&to=${START + DAY}&interval=hour&by=camera,line,direction`;
    const whole = await ask('counts', text);
    for (const limit of [7, 100]) expect(await ask('counts', `${text}&limit=${limit}`)).toEqual(whole);
    await expect(ask('counts', `${text}&after=nonsense`)).rejects.toMatchObject({
      code: 'bad_query',
      parameter: 'after',
    });
    const { query } = parseRequest('counts', new URLSearchParams(text), NOW);
    const { next } = await queries.page(query, { limit: 5 });
    await expect(ask('counts', `${text}&label=car&after=${next}`)).rejects.toMatchObject({ parameter: 'after' });
  });
});

describe.each(['PGlite', 'PostgreSQL'] as const)('events and alerts in %s', (kind) => {
  let store: QueryDb;
  let queries: HistoryQueries;
  beforeAll(async () => {
    store = await QueryDb.open(kind);
    await store.partitions(START, NOW);
    const event = (atMs: number, kind: string, over: Record<string, unknown> = {}) => ({
      at: new Date(atMs),
      camera: 'a',
      shard: 0,
      epoch: 1,
      kind,
      subject: '',
      direction: '',
      label: 'car',
      track: 1,
      value: null,
      data: JSON.stringify({ kind, atMs }),
      ...over,
    });
    await store.db
      .insertInto('events')
      .values([
        // Ten of one moment: pages must cut between them.
        ...Array.from({ length: 10 }, (_, track) =>
          event(NOW - HOUR, 'line_crossed', { subject: 'main', direction: 'in', track, value: 41.3 }),
        ),
        event(NOW - 2 * HOUR, 'line_crossed', { camera: 'b', subject: 'main', direction: 'out', label: 'bus' }),
        event(NOW - 3 * HOUR, 'zone_left', { subject: 'yard', value: 12.5 }),
        event(NOW - 4 * HOUR, 'incident', {
          subject: 'stopped_vehicle',
          direction: 'opened',
          label: '',
          track: null,
          data: JSON.stringify({ kind: 'incident', zone: 'yard' }),
        }),
        event(NOW - 5 * HOUR, 'item', { subject: 'pet', direction: 'allowed', label: 'bottle', value: 0.9 }),
        event(NOW - 40 * HOUR, 'zone_left', { subject: 'yard' }),
      ])
      .execute();
    const alert = (opening: number, openedMs: number, over: Record<string, unknown> = {}) => ({
      id: `a:queue:${opening}`,
      at: new Date(openedMs),
      camera: 'a',
      shard: 0,
      epoch: 1,
      rule: 'queue',
      opening,
      severity: 'warning',
      state: 'closed',
      opened_at: new Date(openedMs),
      closed_at: new Date(openedMs + MINUTE),
      title: 'Queue',
      message: '7 waiting',
      value: 7,
      threshold: 5,
      dedupe_key: 'queue',
      data: '{"zone":"yard"}',
      snapshot_path: null,
      ...over,
    });
    await store.db
      .insertInto('alerts')
      .values([
        alert(1, NOW - 50 * HOUR, { state: 'opened', closed_at: null, severity: 'critical' }),
        alert(2, NOW - 2 * HOUR),
        alert(3, NOW - HOUR, { state: 'opened', closed_at: null }),
      ])
      .execute();
    queries = new HistoryQueries({
      reads: store,
      clock: new ManualClock(NOW),
      cacheEntries: 0,
      cacheMs: 0,
    });
  });
  afterAll(async () => {
    queries.close();
    await store.close();
  });

  const ask = async (resource: HistoryResource, text: string): Promise<Row[]> => {
    const { query, page } = parseRequest(resource, new URLSearchParams(text), NOW);
    const rows: unknown[] = [];
    for (let after = page.after; ; ) {
      const answer = await queries.page(query, { ...page, after });
      rows.push(...answer.rows);
      if (answer.next === null) return rows as Row[];
      after = answer.next;
    }
  };

  it('gives the events of the last day, newest first, whole', async () => {
    const rows = await ask('events', '');
    expect(rows).toHaveLength(14);
    expect(rows[0]).toMatchObject({
      at: NOW - HOUR,
      camera: 'a',
      kind: 'line_crossed',
      subject: 'main',
      direction: 'in',
      value: 41.3,
      event: { kind: 'line_crossed', atMs: NOW - HOUR },
    });
    expect(rows.at(-1)).toMatchObject({ kind: 'item', label: 'bottle' });
    expect((await ask('events', 'order=oldest')).at(0)).toEqual(rows.at(-1));
    expect(await ask('events', 'from=-2d')).toHaveLength(15);
  });

  it('pages through events of one moment without losing or doubling one', async () => {
    for (const order of ['newest', 'oldest']) {
      const whole = await ask('events', `order=${order}`);
      for (const limit of [1, 3, 10]) expect(await ask('events', `order=${order}&limit=${limit}`)).toEqual(whole);
    }
  });

  it('filters events by camera, kind, line, zone, material, label, direction and state', async () => {
    const count = async (text: string) => (await ask('events', text)).length;
    expect(await count('camera=b')).toBe(1);
    expect(await count('kind=incident,item')).toBe(2);
    expect(await count('line=main')).toBe(11);
    expect(await count('line=main&direction=out')).toBe(1);
    // Who left the zone, and the incident in it.
    expect(await count('zone=yard')).toBe(2);
    expect(await count('material=pet')).toBe(1);
    expect(await count('label=bus,bottle')).toBe(2);
    expect(await count('state=opened')).toBe(1);
  });

  it('gives alerts, and those that are open however old they are', async () => {
    const ids = async (text: string) => (await ask('alerts', text)).map((row) => row.id);
    expect(await ids('')).toEqual(['a:queue:3', 'a:queue:2', 'a:queue:1']);
    expect(await ids('limit=1')).toEqual(['a:queue:3', 'a:queue:2', 'a:queue:1']);
    expect(await ids('from=-24h')).toEqual(['a:queue:3', 'a:queue:2']);
    expect(await ids('state=open')).toEqual(['a:queue:3', 'a:queue:1']);
    expect(await ids('severity=critical')).toEqual(['a:queue:1']);
    expect((await ask('alerts', 'limit=1'))[1]).toMatchObject({
      state: 'closed',
      openedAt: NOW - 2 * HOUR,
      closedAt: NOW - 2 * HOUR + MINUTE,
      data: { zone: 'yard' },
      acknowledgedAt: null,
    });
  });
});
