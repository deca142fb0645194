const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** `-` stands for "nothing measured yet". */
export const NOTHING = '–';

/** `12,345`. */
export const formatCount = (n: number): string => whole.format(n);

/** `12.3K` from 10,000 on, for narrow places. */
export const formatCompact = (n: number): string => (n < 10_000 ? whole.format(n) : compact.format(n));

/** Frames per second: `9.8`, `24`. */
export const formatRate = (perSecond: number): string =>
  perSecond < 9.95 ? perSecond.toFixed(1) : whole.format(perSecond);

/** Whole milliseconds, without the unit. */
export const formatMs = (ms: number | null): string => (ms === null ? NOTHING : whole.format(ms));

/** A share 0..1 as `0 %`, `0.4 %`, `12 %`. */
export function formatShare(share: number | null): string {
  if (share === null) return NOTHING;
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return '<0.1 %';
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1) : whole.format(percent)} %`;
}

/** Clock time of a moment given in ms since the Unix epoch, in the visitor's zone. */
export const formatTime = (wallMs: number): string => new Date(wallMs).toLocaleTimeString('en-GB');

/** `48 s`, `12 min`, `3 h 20 min`, `5 d 2 h`. */
export function formatDuration(ms: number): string {
  const s = Math.floor(ms / 1_000);
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return `${h} h ${min % 60} min`;
  return `${Math.floor(h / 24)} d ${h % 24} h`;
}
