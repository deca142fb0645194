import { BadQueryError } from './bad-query.ts';
import { DAY_MS, dayAt, dayStartMs, HOUR_MS, MINUTE_MS } from './time-zone.ts';

/** How the range of a query is cut. */
export type Interval =
  | { readonly unit: 'minute' | 'hour' | 'day'; readonly count: number }
  /** The whole range in one. */
  | { readonly unit: 'total' };

/** Intervals one query may ask for: 34 days of minutes. */
export const INTERVALS_MAX = 50_000;

export const INTERVAL_ALLOWED =
  'minute, hour, day, total, or a multiple that divides an hour or a day: 15m, 6h; days: 7d (1 to 366)';

/** Reads `minute`, `15m`, `6h`, `7d`, `total`. @throws BadQueryError */
export function parseInterval(text: string): Interval {
  if (text === 'total') return { unit: 'total' };
  if (text === 'minute' || text === 'hour' || text === 'day') return { unit: text, count: 1 };
  const match = /^(\d{1,3})([mhd])$/.exec(text);
  const count = Number(match?.[1]);
  const letter = match?.[2];
  if (letter === 'm' && count >= 1 && count < 60 && 60 % count === 0) return { unit: 'minute', count };
  if (letter === 'h' && count >= 1 && count < 24 && 24 % count === 0) return { unit: 'hour', count };
  if (letter === 'd' && count >= 1 && count <= 366) return { unit: 'day', count };
  throw new BadQueryError('interval', INTERVAL_ALLOWED);
}

/** `15m`, `hour`, `total`: the same text for the same interval. */
export function intervalText(interval: Interval): string {
  if (interval.unit === 'total') return 'total';
  return interval.count === 1 ? interval.unit : `${interval.count}${interval.unit.charAt(0)}`;
}

/**
 * The edges of the intervals that cover [fromMs, toMs), ascending: interval `i` is [edges[i], edges[i + 1]). The range
 * is widened to whole intervals. Hours and minutes are counted from the zone's midnight, so a day on which clocks change
 * has one that is shorter or longer; several days are counted from the day of `fromMs`.
 * @throws BadQueryError where they are more than {@link INTERVALS_MAX}
 */
export function intervalEdges(interval: Interval, fromMs: number, toMs: number, timeZone: string): number[] {
  if (interval.unit === 'total') {
    return [Math.floor(fromMs / MINUTE_MS) * MINUTE_MS, Math.ceil(toMs / MINUTE_MS) * MINUTE_MS];
  }
  const stepMs = interval.count * { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS }[interval.unit];
  // Checked first, so that a century by minute costs nothing.
  if ((toMs - fromMs) / stepMs > INTERVALS_MAX) throw tooMany();
  const days = interval.unit === 'day' ? interval.count : 1;
  const edges: number[] = [];
  for (let day = dayAt(timeZone, fromMs); ; day += days) {
    const start = dayStartMs(timeZone, day);
    if (start >= toMs) {
      edges.push(start);
      break;
    }
    if (interval.unit === 'day') {
      edges.push(start);
      continue;
    }
    const end = dayStartMs(timeZone, day + 1);
    for (let at = start; at < end && at < toMs; at += stepMs) {
      if (Math.min(at + stepMs, end) > fromMs) edges.push(at);
    }
    const reached = Math.min(end, (edges.at(-1) ?? start) + stepMs);
    if (reached >= toMs) {
      edges.push(reached);
      break;
    }
  }
  if (edges.length > INTERVALS_MAX + 1) throw tooMany();
  return edges;
}

const tooMany = (): BadQueryError =>
  new BadQueryError('interval', `longer ones, or a shorter range: at most ${INTERVALS_MAX} intervals`);
