/** Figures and moments as all commands print them. */

/** `1 shard`, `7 shards`. */
export const countOf = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

export const orDash = (value: string | number | null | undefined): string => (value == null ? '-' : String(value));

/** `2026-01-31 12:00:01`, UTC. */
export const moment = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ');

/** `2026-01-31 12:00:01.123Z`: of a line in a log. */
export const logMoment = (wallMs: number): string => new Date(wallMs).toISOString().replace('T', ' ');

/** `41 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1_000));
  if (s < 60) return `${s} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ${Math.floor((s % 3_600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3_600)} h`;
}

/** `0 B`, `3.4 MB`. */
export function bytesText(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `71 %`, `0.4 %`. */
export const percent = (share: number, decimals = 1): string => `${Number((share * 100).toFixed(decimals))} %`;
