import type { PostgresProcess } from '../../test/support/postgres-server.ts';
import type { NodeSample } from './node-watch.ts';
import { eventsOfView, type Heard } from './reconcile.ts';

/** What the history has of the cameras of one scenario. */
export interface HistoryRows {
  readonly alerts: readonly Heard[];
  /** Rows of alerts that say the same as another. */
  readonly alertsTwice: number;
  /** Frames of all intervals, whatever became of them. */
  readonly frames: number;
  /** Rows of objects: one a track. */
  readonly objects: number;
  /** Objects that intervals say left the zone, and events that say so. */
  readonly leftMeasured: number;
  readonly left: number;
  readonly events: number;
  /** Events and objects that are there twice. */
  readonly eventsTwice: number;
  readonly objectsTwice: number;
  /** Objects that have the number of another one of their camera. */
  readonly tracksTwice: number;
}

/** Asks the database itself, not the node. @param prefix of the cameras' names */
export async function historyRows(postgres: PostgresProcess, prefix: string): Promise<HistoryRows> {
  const like = [`${prefix}-%`];
  const one = async (sql: string): Promise<number> =>
    Number((await postgres.query<{ n: string | null }>(sql, like))[0]?.n ?? 0);
  const alerts = await postgres.query<{ id: string; state: string; seen_ms: string }>(
    `select id, state, extract(epoch from coalesce(closed_at, opened_at)) * 1000 as seen_ms
     from alerts where camera like $1 order by at`,
    like,
  );
  const twice = (table: string, key: string): string =>
    `select sum(n - 1) as n from (select count(*) as n from ${table} where camera like $1 group by ${key}) as g`;
  return {
    alerts: alerts.flatMap((row) => eventsOfView([row], Number(row.seen_ms))),
    alertsTwice: await one(twice('alerts', 'id')),
    frames: await one(
      'select sum(analysed + gated + shed + rejected + lost) as n from coverage_minute where camera like $1',
    ),
    objects: await one('select count(*) as n from predictions where camera like $1'),
    leftMeasured: await one(`select sum(n) as n from measures_minute where metric = 'dwell' and camera like $1`),
    left: await one(`select count(*) as n from events where kind = 'zone_left' and camera like $1`),
    events: await one('select count(*) as n from events where camera like $1'),
    eventsTwice: await one(twice('events', 'camera, at, kind, track, subject, direction')),
    objectsTwice: await one(twice('predictions', 'camera, track, label, first_seen')),
    tracksTwice: await one(twice('predictions', 'camera, track')),
  };
}

/** What does not add up, each a sentence. @param received frames of these cameras by the node's ledger */
export function historyFaults(rows: HistoryRows, received: number): readonly string[] {
  const faults: string[] = [];
  const same = (what: string, a: number, b: number): void => {
    if (a !== b) faults.push(`${what}: ${a} and ${b}`);
  };
  same('frames in intervals, frames in the ledger', rows.frames, received);
  same('left the zone by intervals, events', rows.leftMeasured, rows.left);
  same('alerts twice', rows.alertsTwice, 0);
  same('events twice', rows.eventsTwice, 0);
  same('objects twice', rows.objectsTwice, 0);
  same('numbers of objects twice', rows.tracksTwice, 0);
  return faults;
}

/** Of what is in the database since it was made, by kind of record. */
export interface HistoryTotals {
  readonly events: number;
  readonly objects: number;
  readonly audit: number;
  /** Intervals do not have a row each: they are counted by their length, which is the same for all. */
  readonly intervals: number;
}

export async function historyTotals(postgres: PostgresProcess, intervalS: number): Promise<HistoryTotals> {
  const one = async (sql: string): Promise<number> =>
    Number((await postgres.query<{ n: string | null }>(sql))[0]?.n ?? 0);
  return {
    events: await one('select count(*) as n from events'),
    objects: await one('select count(*) as n from predictions'),
    audit: await one('select count(*) as n from audit'),
    intervals: (await one('select sum(seconds) as n from coverage_minute')) / intervalS,
  };
}

/**
 * Whether the database has the records that the node says it took, each once.
 * @param alerts beginnings and ends raised: each is a record, the two of an alert share a row
 */
export function totalsFaults(totals: HistoryTotals, records: NodeSample['history'], alerts: number): readonly string[] {
  const { accepted, stored, stale, aside, dropped } = records;
  const { events, objects, audit, intervals } = totals;
  const faults: string[] = [];
  if (accepted !== stored) {
    faults.push(`records: accepted ${accepted}, stored ${stored}, stale ${stale}, aside ${aside}, dropped ${dropped}`);
  }
  const there = events + objects + audit + intervals + alerts;
  if (there !== accepted) {
    faults.push(
      `records: accepted ${accepted}, in the database ${there} (${events} events, ${objects} objects, ${audit} audit ` +
        `entries, ${intervals} intervals, ${alerts} beginnings and ends of alerts)`,
    );
  }
  return faults;
}
