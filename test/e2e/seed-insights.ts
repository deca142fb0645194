import { pino } from 'pino';
import { nodeConfigSchema } from '../../config/schema.ts';
import type { AlertChange } from '../../core/alert.ts';
import { systemClock } from '../../core/clock.ts';
import type { HistoryRecord } from '../../core/history-record.ts';
import { type CameraId, epoch, shardId } from '../../core/ids.ts';
import { type Measure, SPEED_BIN_KMH, SPEED_BINS } from '../../core/measure.ts';
import { openAlerts } from '../../src/alerts/open-alerts.ts';
import { openHistory } from '../../src/history/open-history.ts';

const MINUTE_MS = 60_000;

export interface Seeded {
  /** Alerts raised, the open ones among them. */
  readonly alerts: number;
  readonly open: number;
}

/**
 * Fills the data folder of a node that is yet to start with what it would have seen over the last hours: two cameras on
 * a road, one of which was away for a while, and one over a belt of paper; and with alerts of the first.
 */
export async function seedInsights(dataDir: string, hours: number, nowMs: number, alerts = 120): Promise<Seeded> {
  const log = pino({ level: 'silent' });
  const config = nodeConfigSchema.parse({ node: { id: 'n1', dataDir } });
  const history = await openHistory({ config: config.history, dataDir, log });
  const firstMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - hours * 60 * MINUTE_MS;
  for (let minute = 0; minute < hours * 60; minute++) {
    const startMs = firstMs + minute * MINUTE_MS;
    for (const record of minuteOf(minute, hours * 60, startMs)) history.writer.write(record);
  }
  const desk = await openAlerts({
    ...{ config, clock: systemClock, log, emit: () => {}, audit: () => {} },
    live: { publish: () => {} },
    history: history.writer,
  });
  let open = 0;
  for (let i = 0; i < alerts; i++) {
    const openedAtMs = nowMs - (alerts - i) * 3 * MINUTE_MS;
    const change = alertOf(i, openedAtMs);
    desk.desk.raise(ROAD, change);
    // Of four three are over; the newest is not.
    if (i % 4 === 3) open++;
    else desk.desk.raise(ROAD, { ...change, state: 'closed', atMs: openedAtMs + 40_000 + (i % 7) * 11_000 });
  }
  await desk.kept();
  await desk.close(2_000);
  await history.flush(60_000);
  await history.close();
  return { alerts, open };
}

const ROAD = { camera: 'north-1' as CameraId, shard: shardId(1), epoch: epoch(1) };

const RULES = [
  { rule: 'jam', severity: 'critical', title: 'Vehicles queue at the exit', value: 9.4, threshold: 8, metric: 'queue' },
  { rule: 'fast', severity: 'warning', title: 'Faster than allowed', value: 78, threshold: 60, metric: 'speed' },
  { rule: 'truck', severity: 'info', title: 'A truck on the road', value: 1, threshold: 0, metric: 'crossings' },
] as const;

function alertOf(i: number, openedAtMs: number): AlertChange {
  const { rule, severity, title, value, threshold, metric } = RULES[i % RULES.length] ?? RULES[0];
  const subject = metric === 'queue' ? 'yard' : 'main';
  return {
    ...{ rule, severity, title, value, threshold, openedAtMs, dedupeKey: rule, snapshot: false },
    ...{ opening: Math.floor(i / RULES.length) + 1, state: 'opened', atMs: openedAtMs },
    message: `${metric} of ${subject} was ${value} over 60 s, above ${threshold}`,
    data: { metric, subject, label: null, coverage: 0.98 },
  };
}

/** A whole number, the same in each run; 0 to `max`. */
const noise = (minute: number, salt: number, max: number): number =>
  Math.floor((((minute * 2_654_435_761 + salt * 40_503) >>> 0) % 1_009) / (1_009 / (max + 1)));

function* minuteOf(minute: number, minutes: number, startMs: number): Iterable<HistoryRecord> {
  const rush = 1 + Math.sin((minute / minutes) * Math.PI * 3) * 0.8;
  // The second camera was away in the middle of it, and saw half of each minute for a while before.
  const share = minute / minutes;
  for (const [camera, salt] of [
    ['north-1', 1],
    ['north-2', 2],
  ] as const) {
    if (camera === 'north-2' && share > 0.45 && share < 0.6) continue;
    const seen = camera === 'north-2' && share > 0.3 && share <= 0.45 ? 0.5 : 0.98;
    yield interval(camera, startMs, seen, [...traffic(minute, salt, rush * seen)]);
  }
  yield interval('belt-3', startMs, 0.97, [...belt(minute, share)]);
}

function* traffic(minute: number, salt: number, rush: number): Iterable<Measure> {
  for (const line of ['main', 'exit']) {
    for (const direction of ['in', 'out']) {
      for (const [label, most] of [
        ['car', 9],
        ['truck', 2],
      ] as const) {
        const n = Math.round(noise(minute, salt + line.length + direction.length + most, most) * rush);
        if (n === 0) continue;
        yield count('crossings', line, n, { direction, label });
        if (direction === 'in') yield speeds(line, label, n, 34 + most + noise(minute, salt, 14));
      }
    }
  }
  const inside = noise(minute, salt + 5, 6) * rush;
  yield { ...count('occupancy', 'yard', 60), sum: inside * 60, max: Math.ceil(inside * 2) };
  yield { ...count('queue', 'yard', 60), sum: inside * 20, max: Math.ceil(inside) };
  yield count('objects', '', 3 + noise(minute, salt, 5), { label: 'car' });
}

/** Paper and cardboard with ever more plastic and some metal in it. */
function* belt(minute: number, share: number): Iterable<Measure> {
  const items = { paper: 30, cardboard: 12, plastic: 1 + Math.round(share * 4), metal: noise(minute, 3, 1) };
  for (const [material, most] of Object.entries(items)) {
    const n = most - noise(minute, most, Math.floor(most / 3));
    if (n <= 0) continue;
    yield count('composition', material, n, { label: material });
    if (material === 'plastic' || material === 'metal') yield count('contamination', material, n);
    if (minute % 3 === 0) yield count('review', material, 1);
  }
}

const count = (metric: Measure['metric'], subject: string, n: number, more: Partial<Measure> = {}): Measure => ({
  ...{ metric, subject, direction: '', label: '', n, sum: n, min: 1, max: 1 },
  ...more,
});

function speeds(subject: string, label: string, n: number, meanKmh: number): Measure {
  const bins = Array.from({ length: SPEED_BINS }, () => 0);
  const samples = Array.from({ length: n }, (_, i) => meanKmh - 8 + (i * 17) / n);
  for (const kmh of samples) {
    const bin = Math.min(SPEED_BINS - 1, Math.floor(kmh / SPEED_BIN_KMH));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  const sum = samples.reduce((total, kmh) => total + kmh, 0);
  return {
    ...{ metric: 'speed', subject, direction: '', label, n, sum, bins },
    ...{ min: Math.min(...samples), max: Math.max(...samples) },
  };
}

const interval = (
  camera: string,
  startMs: number,
  observedShare: number,
  measures: readonly Measure[],
): HistoryRecord => ({
  kind: 'interval',
  origin: { camera, shard: 1, epoch: 1 },
  interval: {
    startMs,
    endMs: startMs + MINUTE_MS,
    coverage: { observedShare, analysed: 500, gated: 90, shed: 2, rejected: 0, lost: 0, valid: observedShare >= 0.8 },
    measures,
  },
});
