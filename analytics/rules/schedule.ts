import type { RuleSettings } from '../../config/camera-settings/schema.ts';

export type ScheduleSettings = NonNullable<RuleSettings['schedule']>[number];

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/** Offsets from UTC change on the quarter of an hour everywhere on Earth: one question a zone and quarter is enough. */
const QUARTER_MS = 15 * MINUTE_MS;
/** 1 January 1970 was a Thursday. */
const DAYS = ['thu', 'fri', 'sat', 'sun', 'mon', 'tue', 'wed'] as const;

interface Period {
  readonly days: ReadonlySet<string>;
  readonly fromMs: number;
  readonly toMs: number;
  readonly zone: LocalTime;
}

/**
 * Hours of the week, by the wall clocks of their time zones: an hour that daylight saving skips is not waited for, one
 * that it repeats counts both times.
 */
export class Schedule {
  readonly #periods: readonly Period[];

  /**
   * @param settings null is always
   * @throws RangeError where a time zone is unknown: settings are checked before they come here
   */
  constructor(settings: readonly ScheduleSettings[] | null) {
    this.#periods = (settings ?? []).map(({ days, from, to, timeZone }) => ({
      days: new Set(days),
      fromMs: clockMs(from),
      toMs: clockMs(to),
      zone: localTime(timeZone),
    }));
  }

  /** Whether the moment (ms since the epoch) is within it. */
  covers(atMs: number): boolean {
    if (this.#periods.length === 0) return true;
    return this.#periods.some(({ days, fromMs, toMs, zone }) => {
      const localMs = zone.localMs(atMs);
      const day = Math.floor(localMs / DAY_MS);
      const timeMs = localMs - day * DAY_MS;
      const today = days.has(dayName(day));
      if (fromMs < toMs) return today && timeMs >= fromMs && timeMs < toMs;
      return (today && timeMs >= fromMs) || (days.has(dayName(day - 1)) && timeMs < toMs);
    });
  }
}

const dayName = (day: number): string => DAYS[((day % 7) + 7) % 7] ?? 'thu';

function clockMs(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return (hours * 60 + minutes) * MINUTE_MS;
}

/** One time zone's wall clock. */
class LocalTime {
  readonly #format: Intl.DateTimeFormat;
  #quarter = Number.NaN;
  #offsetMs = 0;

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** What the wall clock shows, as if it were UTC, ms since the epoch. */
  localMs(atMs: number): number {
    const quarter = Math.floor(atMs / QUARTER_MS);
    if (quarter !== this.#quarter) {
      this.#quarter = quarter;
      this.#offsetMs = this.#offsetAt(quarter * QUARTER_MS);
    }
    return atMs + this.#offsetMs;
  }

  #offsetAt(atMs: number): number {
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(atMs)) part[type] = Number(value);
    const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - atMs;
  }
}

/** By name: a formatter costs tens of kB, and thousands of rules share a few zones. Bounded by the zones there are. */
const zones = new Map<string, LocalTime>();

function localTime(timeZone: string): LocalTime {
  let zone = zones.get(timeZone);
  if (zone === undefined) {
    zone = new LocalTime(timeZone);
    zones.set(timeZone, zone);
  }
  return zone;
}
