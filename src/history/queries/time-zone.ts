/** Days of a time zone, by the rules of the ICU data that Node.js carries. Bounded: one formatter a zone. */

const ZONES_KEPT = 64;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** @returns whether `name` is a zone of the IANA data, e.g. `Europe/Berlin`, or `UTC`. */
export function isTimeZone(name: string): boolean {
  // Fixed offsets (`+02:00`) are accepted by ICU, but not by every PostgreSQL, and have no names to put into an answer.
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/.test(name) || name.length > 64) return false;
  try {
    formatterOf(name);
    return true;
  } catch {
    return false;
  }
}

/** ms to be added to UTC to get the zone's wall clock at `atMs`. */
export function offsetMsAt(timeZone: string, atMs: number): number {
  if (timeZone === 'UTC') return 0;
  const wholeMs = Math.floor(atMs / 1_000) * 1_000;
  const part: Record<string, number> = {};
  for (const { type, value } of formatterOf(timeZone).formatToParts(wholeMs)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - wholeMs;
}

/** First moment of the day (counted from 1970-01-01) in the zone; some zones skip midnight when clocks go forward. */
export function dayStartMs(timeZone: string, day: number): number {
  const midnight = day * DAY_MS;
  if (timeZone === 'UTC') return midnight;
  const candidates = [
    midnight - offsetMsAt(timeZone, midnight - DAY_MS),
    midnight - offsetMsAt(timeZone, midnight + DAY_MS),
  ];
  const first = candidates.filter((ms) => dayAt(timeZone, ms) === day && dayAt(timeZone, ms - 1) < day);
  return Math.min(...(first.length > 0 ? first : candidates));
}

/** The zone's day that `atMs` lies in, counted from 1970-01-01. */
export function dayAt(timeZone: string, atMs: number): number {
  return Math.floor((atMs + offsetMsAt(timeZone, atMs)) / DAY_MS);
}

/** RFC 3339 by the zone's wall clock: `2026-11-22T08:00:00+01:00`; ms only where there are any. */
export function rfc3339(atMs: number, timeZone = 'UTC'): string {
  const offsetMs = offsetMsAt(timeZone, atMs);
  const wall = new Date(atMs + offsetMs).toISOString();
  const text = wall.slice(0, atMs % 1_000 === 0 ? 19 : 23);
  if (offsetMs === 0) return `${text}Z`;
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${text}${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const [oldest] = formatters.keys();
  if (formatters.size >= ZONES_KEPT && oldest !== undefined) formatters.delete(oldest);
  formatters.set(timeZone, made);
  return made;
}
