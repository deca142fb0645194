import type { Alert } from '../../core/alert.ts';
import type { CameraEvent } from '../../core/camera-event.ts';
import type { AuditEntry, HistoryRecord, Origin } from '../../core/history-record.ts';
import type { IntervalMeasures } from '../../core/measure.ts';
import { addCoverage, addMeasure } from './combine.ts';
import type { PartitionedTable } from './partitions.ts';
import type { AlertRow, AuditRow, CoverageRow, EventRow, MeasureRow, PredictionRow } from './tables.ts';

/** A row with the time that says which partition it is in. */
type Timed<T> = Omit<T, 'at'> & { readonly at: string };

/** What a batch of records is in the tables. Rows that would meet on one key are one row already. */
export interface BatchRows {
  readonly predictions: Timed<PredictionRow>[];
  readonly events: Timed<EventRow>[];
  readonly measures_minute: Timed<MeasureRow>[];
  readonly coverage_minute: Timed<CoverageRow>[];
  readonly alerts: Timed<AlertRow>[];
  readonly audit: Timed<AuditRow>[];
  /** Rows of `alerts` that somebody has seen; they are there already, or come with the same batch. */
  readonly acknowledgements: Acknowledged[];
}

export interface Acknowledged {
  readonly id: string;
  readonly at: string;
  readonly acknowledged_at: string;
  readonly acknowledged_by: string;
}

export type WrittenTable = keyof BatchRows & PartitionedTable;
export const WRITTEN_TABLES: readonly WrittenTable[] = [
  'predictions',
  'events',
  'measures_minute',
  'coverage_minute',
  'alerts',
  'audit',
];

const MINUTE_MS = 60_000;

/** The time by which a record is filed, ms since the Unix epoch. */
export function atMsOf(record: HistoryRecord): number {
  switch (record.kind) {
    case 'event':
      return record.event.atMs;
    case 'interval':
      return minuteOf(record.interval.startMs);
    case 'object':
      return record.object.lastSeenMs;
    case 'alert':
    case 'acknowledged':
      return record.alert.openedAtMs;
    case 'audit':
      return record.entry.atMs;
  }
}

/** The tables a record has rows in, the first of them the one whose retention it is subject to. */
export function tablesOf(record: HistoryRecord): readonly [WrittenTable, ...WrittenTable[]] {
  switch (record.kind) {
    case 'event':
      return ['events'];
    case 'interval':
      return ['measures_minute', 'coverage_minute'];
    case 'object':
      return ['predictions'];
    case 'alert':
    case 'acknowledged':
      return ['alerts'];
    case 'audit':
      return ['audit'];
  }
}

/** The camera a record is about; undefined where it is about none. */
export function cameraOf(record: HistoryRecord): string | undefined {
  switch (record.kind) {
    case 'event':
    case 'interval':
    case 'object':
      return record.origin.camera;
    case 'alert':
    case 'acknowledged':
      return record.alert.camera;
    case 'audit':
      return undefined;
  }
}

/** Turns records, in their order, into rows. Throws what a malformed record makes it throw. */
export function rowsOf(records: readonly HistoryRecord[]): BatchRows {
  const rows: BatchRows = {
    predictions: [],
    events: [],
    measures_minute: [],
    coverage_minute: [],
    alerts: [],
    audit: [],
    acknowledgements: [],
  };
  const measures = new Map<string, Timed<MeasureRow>>();
  const coverage = new Map<string, Timed<CoverageRow>>();
  const alerts = new Map<string, Timed<AlertRow>>();
  const audit = new Map<string, Timed<AuditRow>>();
  const acknowledged = new Map<string, Acknowledged>();
  for (const record of records) {
    switch (record.kind) {
      case 'event':
        rows.events.push(eventRow(record.origin, record.event));
        break;
      case 'object':
        rows.predictions.push(predictionRow(record));
        break;
      case 'interval':
        addInterval(record.origin, record.interval, measures, coverage);
        break;
      case 'alert': {
        const row = alertRow(record.alert);
        const before = alerts.get(row.id);
        // Its end is final: an opening that comes again after it says nothing new.
        if (before === undefined || before.state === 'opened') alerts.set(row.id, row);
        break;
      }
      case 'acknowledged':
        // The last one counts.
        acknowledged.set(record.alert.id, acknowledgedRow(record));
        break;
      case 'audit': {
        const row = auditRow(record.entry);
        audit.set(`${row.at} ${row.id}`, row);
        break;
      }
    }
  }
  // In key order: two nodes that write the same rows do not wait for each other in a circle.
  const sorted = <T>(byKey: ReadonlyMap<string, T>): T[] =>
    [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  rows.measures_minute.push(...sorted(measures));
  rows.coverage_minute.push(...sorted(coverage));
  rows.alerts.push(...sorted(alerts));
  rows.audit.push(...sorted(audit));
  rows.acknowledgements.push(...sorted(acknowledged));
  return rows;
}

const minuteOf = (ms: number): number => Math.floor(ms / MINUTE_MS) * MINUTE_MS;
const iso = (ms: number): string => new Date(ms).toISOString();

function eventRow({ camera, shard, epoch }: Origin, event: CameraEvent): Timed<EventRow> {
  const { atMs, kind, ...data } = event;
  return { at: iso(atMs), camera, shard, epoch, kind, ...columnsOf(event), data: data as unknown as string };
}

type EventColumns = Pick<EventRow, 'subject' | 'direction' | 'label' | 'track' | 'value'>;

function columnsOf(event: CameraEvent): EventColumns {
  switch (event.kind) {
    case 'line_crossed':
      return {
        subject: event.line,
        direction: event.name,
        label: event.label,
        track: event.track,
        value: event.speedKmh,
      };
    case 'zone_entered':
      return { subject: event.zone, direction: '', label: event.label, track: event.track, value: null };
    case 'zone_left':
      return { subject: event.zone, direction: '', label: event.label, track: event.track, value: event.dwellS };
    case 'route_taken':
      return {
        subject: `${event.from}>${event.to}`,
        direction: '',
        label: event.label,
        track: event.track,
        value: event.travelS,
      };
    case 'incident':
      return {
        subject: event.incident,
        direction: event.state,
        label: event.label ?? '',
        track: event.track,
        value: event.number,
      };
    case 'health':
      return { subject: event.condition, direction: event.state, label: '', track: null, value: null };
    case 'daylight':
      return { subject: event.light, direction: '', label: '', track: null, value: null };
    case 'item':
      return {
        subject: event.material,
        direction: event.allowed ? 'allowed' : 'not_allowed',
        label: event.label,
        track: event.track,
        value: event.score,
      };
  }
}

function predictionRow({ origin, model, object }: Extract<HistoryRecord, { kind: 'object' }>): Timed<PredictionRow> {
  const lastSeen = iso(object.lastSeenMs);
  return {
    at: lastSeen,
    camera: origin.camera,
    shard: origin.shard,
    epoch: origin.epoch,
    track: object.track,
    label: object.label,
    mean_score: object.meanScore,
    hits: object.hits,
    first_seen: iso(object.firstSeenMs),
    last_seen: lastSeen,
    first_box: [...object.firstBox],
    last_box: [...object.lastBox],
    model,
  };
}

function addInterval(
  { camera, shard, epoch }: Origin,
  { startMs, endMs, coverage, measures }: IntervalMeasures,
  measureRows: Map<string, Timed<MeasureRow>>,
  coverageRows: Map<string, Timed<CoverageRow>>,
): void {
  const at = iso(minuteOf(startMs));
  const seconds = (endMs - startMs) / 1_000;
  const key = `${camera}\n${at}`;
  const seen: Timed<CoverageRow> = {
    at,
    camera,
    seconds,
    observed_share: coverage.observedShare,
    analysed: coverage.analysed,
    gated: coverage.gated,
    shed: coverage.shed,
    rejected: coverage.rejected,
    lost: coverage.lost,
    valid_share: Number(coverage.valid),
    valid: coverage.valid,
  };
  coverageRows.set(key, addCoverage(coverageRows.get(key), seen));
  for (const { metric, subject, direction, label, n, sum, min, max, bins } of measures) {
    const row: Timed<MeasureRow> = {
      ...{ at, camera, shard, epoch, seconds, metric, subject, direction, label, n, sum, min, max },
      bins: bins ?? null,
    };
    const measureKey = [key, metric, subject, direction, label].join('\n');
    measureRows.set(measureKey, addMeasure(measureRows.get(measureKey), row));
  }
}

function alertRow(alert: Alert): Timed<AlertRow> {
  const openedAt = iso(alert.openedAtMs);
  return {
    id: alert.id,
    at: openedAt,
    camera: alert.camera,
    shard: alert.shard,
    epoch: alert.epoch,
    rule: alert.rule,
    opening: alert.opening,
    severity: alert.severity,
    state: alert.state,
    opened_at: openedAt,
    closed_at: alert.state === 'closed' ? iso(alert.atMs) : null,
    title: alert.title,
    message: alert.message,
    value: alert.value,
    threshold: alert.threshold,
    dedupe_key: alert.dedupeKey,
    data: alert.data as unknown as string,
    snapshot_path: alert.snapshotPath,
  };
}

function acknowledgedRow({ alert, who, atMs }: Extract<HistoryRecord, { kind: 'acknowledged' }>): Acknowledged {
  return { id: alert.id, at: iso(alert.openedAtMs), acknowledged_at: iso(atMs), acknowledged_by: who };
}

function auditRow({ id, atMs, who, via, action, subject, before, after }: AuditEntry): Timed<AuditRow> {
  const json = (value: unknown): string => (value ?? null) as string;
  return { id, at: iso(atMs), who, via, action, subject, before: json(before), after: json(after) };
}
