/** A figure for people: three digits where it is small, whole where it is large. */
export function figure(value: number): string {
  const size = Math.abs(value);
  return String(Number(value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0)));
}

/** A share 0..1 as `12.5 %`. */
export function percent(share: number): string {
  const value = share * 100;
  return `${Number(value.toFixed(Math.abs(value) < 10 ? 1 : 0))} %`;
}

/** `45 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 10) return `${figure(Math.round(seconds * 10) / 10)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return pair(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(whole / 60);
  if (minutes < 1_440) return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

const pair = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;

/** `stopped_vehicle` as `stopped vehicle`. */
export const words = (name: string): string => name.replaceAll('_', ' ');

export const sentenceCase = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Adds a full stop where there is none. */
export const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
