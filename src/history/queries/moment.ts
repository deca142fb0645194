import { DAY_MS, dayStartMs, HOUR_MS, MINUTE_MS } from './time-zone.ts';

export const MOMENT_ALLOWED =
  'RFC 3339 (2026-11-22T08:00:00Z), a date (2026-11-22), ms since the Unix epoch, now, or back from now (-24h; s, m, h, d, w)';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS };
/** Before 1973: seconds given for ms, more likely than a recording. */
const MS_MIN = 100_000_000_000;
const MS_MAX = 8_640_000_000_000_000 / 1_000;
/** Without ms a year 10,000 would need more digits: far beyond any history. */
const YEARS_MAX = Date.UTC(2_200, 0, 1);

export interface Moment {
  readonly ms: number;
  /** It moves with the clock: two questions a moment apart may be answered alike. */
  readonly relative: boolean;
}

/** Reads a moment, {@link MOMENT_ALLOWED}; a date is its first moment in `timeZone`. `undefined` where it is none. */
export function parseMoment(text: string, nowMs: number, timeZone: string): Moment | undefined {
  if (text === 'now') return { ms: nowMs, relative: true };
  const back = /^-(\d{1,6})([smhdw])$/.exec(text);
  if (back !== null) {
    const ms = nowMs - Number(back[1]) * (UNIT_MS[back[2] ?? ''] ?? 0);
    return ms < 0 ? undefined : { ms, relative: true };
  }
  if (/^\d+$/.test(text)) return within(Number(text), MS_MIN, MS_MAX);
  const date = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (date !== null) {
    const midnight = utcMidnight(text);
    return midnight === undefined ? undefined : within(dayStartMs(timeZone, midnight / DAY_MS), 0, YEARS_MAX);
  }
  // A `+` that nobody escaped arrives as a space.
  const full = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?:([Zz])|([+\- ])(\d{2}:\d{2}))$/.exec(
    text,
  );
  if (full === null || utcMidnight(full[1] ?? '') === undefined) return undefined;
  const zone = full[3] !== undefined ? 'Z' : `${full[4] === '-' ? '-' : '+'}${full[5]}`;
  const ms = Date.parse(`${full[1]}T${full[2]}${zone}`);
  return Number.isNaN(ms) ? undefined : within(ms, 0, YEARS_MAX);
}

const within = (ms: number, min: number, max: number): Moment | undefined =>
  ms >= min && ms <= max ? { ms, relative: false } : undefined;

/** `undefined` for days no calendar has: JavaScript makes the 2nd of March of a 30th of February. */
function utcMidnight(date: string): number | undefined {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== date ? undefined : ms;
}
