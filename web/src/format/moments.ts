import { formatDuration } from './numbers.ts';

const DAY_MS = 86_400_000;
const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** A moment in the visitor's zone: `09:03:12` on the day of `nowMs`, `21 Nov, 23:59` before. */
export function formatMoment(ms: number, nowMs: number): string {
  const moment = new Date(ms);
  const isToday = Math.abs(nowMs - ms) < DAY_MS && moment.getDate() === new Date(nowMs).getDate();
  return isToday ? moment.toLocaleTimeString('en-GB') : dayAndTime.format(moment);
}

/** For titles: the whole of it, with the year. */
export const formatFullMoment = (ms: number): string => full.format(ms);

/** `just now`, `12 min ago`. */
export function formatAgo(ms: number, nowMs: number): string {
  const past = nowMs - ms;
  return past < 5_000 ? 'just now' : `${formatDuration(past)} ago`;
}

/** The zone the browser lives in, by its IANA name. */
export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
