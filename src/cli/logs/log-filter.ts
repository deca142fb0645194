/** A line of a node's log: pino's fields and ours (docs/logs.md). */
export interface LogRecord {
  /** 10 trace to 60 fatal. */
  readonly level: number;
  /** ms since the Unix epoch. */
  readonly time: number;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const;
export type LevelName = keyof typeof LEVELS;
export const LEVEL_NAMES = Object.keys(LEVELS) as readonly LevelName[];

export interface LogFilter {
  readonly level?: LevelName | undefined;
  readonly camera?: string | undefined;
  readonly shard?: number | undefined;
  readonly node?: string | undefined;
  readonly event?: string | undefined;
  /** ms since the Unix epoch. */
  readonly since?: number | undefined;
}

/** The record a line holds; `undefined` where it is no line of a log. */
export function parseLogLine(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('level' in value) || !('time' in value)) return undefined;
  const { level, time } = value;
  return typeof level === 'number' && typeof time === 'number' ? (value as LogRecord) : undefined;
}

/** Whether a record is one that was asked for. */
export function matches(record: LogRecord, filter: LogFilter): boolean {
  const { level, since } = filter;
  if (level !== undefined && record.level < LEVELS[level]) return false;
  if (since !== undefined && record.time < since) return false;
  return (['camera', 'shard', 'node', 'event'] as const).every((field) => {
    const asked = filter[field];
    return asked === undefined || record[field] === asked;
  });
}

/**
 * Whether what is no record is shown: the words of a crash, of Node.js or of a native library. Not where lines about
 * something are asked for, which nobody can tell of it.
 */
export function passesText({ camera, shard, node, event, since }: LogFilter): boolean {
  return [camera, shard, node, event, since].every((asked) => asked === undefined);
}

const UNITS_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `10m` before now, or a date, as ms since the Unix epoch; `undefined` where it is neither. */
export function sinceMs(text: string, nowMs: number): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) return nowMs - Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS];
  const parsed = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}
