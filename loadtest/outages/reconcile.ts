/** A beginning or an end of an alert as the outbox has it: what was raised and kept. */
export interface Raised {
  /** Place in the outbox. */
  readonly position: number;
  /** Of its CloudEvent: `<alert>:opened` or `:closed`. */
  readonly id: string;
  readonly alert: string;
  readonly camera: string;
  readonly rule: string;
  readonly state: 'opened' | 'closed';
  /** ms since the Unix epoch. */
  readonly atMs: number;
  readonly openedAtMs: number;
}

/** One delivery as a subscriber got it. */
export interface Heard {
  readonly id: string;
  /** When, ms since the Unix epoch. */
  readonly atMs: number;
  /** Told by a view of the last state of each alert, which has no order of beginnings and ends. */
  readonly viewed?: true;
}

export interface SinkOutcome {
  readonly sink: string;
  readonly raised: number;
  /** Distinct events of those raised that arrived. */
  readonly distinct: number;
  readonly missing: number;
  /** The first of them. */
  readonly missingIds: readonly string[];
  /** Published while the subscriber was away: a fault of nobody's for a sink that keeps nothing. */
  readonly away: number;
  /** Deliveries beyond the first of an event: allowed, and counted. */
  readonly doubled: number;
  /** Events that the outbox does not have. */
  readonly unknown: number;
  /** Events that came after a later one of the same camera. */
  readonly outOfOrder: number;
  /** Raised before the return and not heard before it. */
  readonly waited: number;
  /** From the return until the last of those was heard, ms; Infinity where one never was. */
  readonly drainMs: number;
}

const SHOWN_MAX = 5;

/**
 * What became of everything raised, at one sink.
 * @param heard in order of arrival
 * @param returnedAtMs when what was away came back
 * @param wasAway whether the subscriber could not hear it when it was published
 */
export function sinkOutcome(
  sink: string,
  raised: readonly Raised[],
  heard: readonly Heard[],
  returnedAtMs: number,
  wasAway: (id: string) => boolean = () => false,
): SinkOutcome {
  const byId = new Map<string, Raised>();
  for (const r of raised) if (!byId.has(r.id)) byId.set(r.id, r);
  const first = new Map<string, number>();
  const lastPosition = new Map<string, number>();
  let doubled = 0;
  let unknown = 0;
  let outOfOrder = 0;
  for (const { id, atMs, viewed } of heard) {
    const known = byId.get(id);
    if (known === undefined) {
      unknown++;
      continue;
    }
    if (first.has(id)) {
      doubled++;
      continue;
    }
    first.set(id, atMs);
    if (viewed) continue;
    const last = lastPosition.get(known.camera) ?? 0;
    if (known.position < last) outOfOrder++;
    else lastPosition.set(known.camera, known.position);
  }
  const absent = [...byId.keys()].filter((id) => !first.has(id));
  const missing = absent.filter((id) => !wasAway(id));
  const waited = raised.filter((r) => r.atMs <= returnedAtMs && (first.get(r.id) ?? returnedAtMs + 1) > returnedAtMs);
  const heardAfter = waited.filter((r) => !wasAway(r.id)).map((r) => first.get(r.id) ?? Number.POSITIVE_INFINITY);
  return {
    sink,
    raised: byId.size,
    distinct: first.size,
    missing: missing.length,
    missingIds: missing.slice(0, SHOWN_MAX),
    away: absent.length - missing.length,
    doubled,
    unknown,
    outOfOrder,
    waited: waited.length,
    drainMs: heardAfter.reduce((most, atMs) => Math.max(most, atMs - returnedAtMs), 0),
  };
}

/**
 * What must never be in an outbox, each a sentence: an opening number given twice, two names for one opening, an end
 * without a beginning, or a place that nothing is in.
 */
export function outboxFaults(raised: readonly Raised[]): readonly string[] {
  const faults: string[] = [];
  const ids = new Set<string>();
  const names = new Map<string, string>();
  const opened = new Set<string>();
  let before: number | undefined;
  for (const { position, id, alert, camera, rule, state, openedAtMs } of raised) {
    if (before !== undefined && position <= before) faults.push(`place ${position} comes after ${before}`);
    before = position;
    if (ids.has(id)) faults.push(`${id} is raised twice`);
    ids.add(id);
    const opening = `${camera} ${rule} ${openedAtMs}`;
    const name = names.get(opening);
    if (name !== undefined && name !== alert) faults.push(`one opening is ${name} and ${alert}`);
    names.set(opening, alert);
    if (state === 'opened') opened.add(alert);
    else if (!opened.has(alert)) faults.push(`${alert} ends and never began`);
  }
  return faults;
}

/** Alerts of `raised` that began and did not end. */
export function leftOpen(raised: readonly Raised[]): readonly string[] {
  const open = new Set<string>();
  for (const { alert, state } of raised) {
    if (state === 'opened') open.add(alert);
    else open.delete(alert);
  }
  return [...open];
}

/** What a kill took from an outbox: records read from the disk right after it that are not there at the end. */
export function lostByKill(afterKill: readonly Raised[], atEnd: readonly Raised[]): readonly string[] {
  const kept = new Map(atEnd.map((r) => [r.position, r.id]));
  return afterKill.filter((r) => kept.get(r.position) !== r.id).map((r) => r.id);
}

/** An alert as a view shows it, one row of its last state: what a view of `closed` has shown of its beginning, too. */
export function eventsOfView(rows: readonly { readonly id: string; readonly state: string }[], atMs: number): Heard[] {
  return rows.flatMap(({ id, state }) => {
    const opened = { id: `${id}:opened`, atMs, viewed: true } as const;
    return state === 'closed' ? [opened, { ...opened, id: `${id}:closed` }] : [opened];
  });
}
