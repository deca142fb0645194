import type { FigureSpec } from './resources.ts';

/** A row of measures as the API gives it: its interval, its groups, its figures. */
export interface MeasureRow {
  readonly start: number;
  readonly end: number;
  readonly camera?: string;
  readonly observedShare: number;
  readonly valid: boolean;
  readonly cameras?: number;
}

export interface Group {
  /** `north-1 · main · in`; `All` where rows are not told apart. */
  readonly name: string;
  /** One per interval; null where nothing is known. */
  readonly values: readonly (number | null)[];
  /** Sum of what is known. */
  readonly total: number;
}

export interface Pivot {
  readonly timesMs: readonly number[];
  readonly endMs: number;
  /** Mean over the rows of each interval, 0 to 1; of several cameras each counts once. */
  readonly observed: readonly number[];
  /** The largest first. */
  readonly groups: readonly Group[];
}

const SEPARATOR = ' · ';

/** A figure of a row, shares in percent; null where it is null or absent. */
export function figureOf(row: object, { key, unit }: Pick<FigureSpec, 'key' | 'unit'>): number | null {
  const value = (row as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'number' ? value * (unit === '%' ? 100 : 1) : null;
}

const textOf = (row: object, key: string): string | null => {
  const value = (row as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value : null;
};

/** The name of a row's group; undefined for a row that only says nothing was measured in its interval. */
export function groupName(row: object, by: readonly string[]): string | undefined {
  if (by.length === 0) return 'All';
  const parts = by.map((key) => textOf(row, key));
  // A camera's row without any of the finer groups says how much of the interval was observed.
  if (parts.some((part, i) => part === null && by[i] !== 'camera')) return undefined;
  return parts.map((part) => (part === '' ? '(none)' : part)).join(SEPARATOR);
}

/**
 * Rows by interval and group. A group without a row in an interval had none of what is counted (`adds`), where the
 * camera looked at all; of means nothing is known then.
 */
export function pivot(
  rows: readonly MeasureRow[],
  by: readonly string[],
  figure: Pick<FigureSpec, 'key' | 'unit' | 'adds'>,
): Pivot {
  const timesMs = [...new Set(rows.map(({ start }) => start))].sort((a, b) => a - b);
  const places = new Map(timesMs.map((ms, at) => [ms, at]));
  const seen = timesMs.map(() => new Map<string, number>());
  const groups = new Map<string, { camera: string; values: (number | null | undefined)[] }>();
  for (const row of rows) {
    const at = places.get(row.start) ?? 0;
    const camera = row.camera ?? '';
    seen[at]?.set(camera, row.observedShare);
    const name = groupName(row, by);
    if (name === undefined) continue;
    const group = groups.get(name) ?? { camera, values: timesMs.map(() => undefined) };
    group.values[at] = figureOf(row, figure);
    groups.set(name, group);
  }
  const filled = [...groups].map(([name, { camera, values }]): Group => {
    const known = values.map((value, at) => {
      if (value !== undefined) return value;
      return figure.adds && (seen[at]?.get(camera) ?? 0) > 0 ? 0 : null;
    });
    return { name, values: known, total: known.reduce<number>((sum, value) => sum + (value ?? 0), 0) };
  });
  return {
    timesMs,
    endMs: rows.reduce((last, { end }) => Math.max(last, end), timesMs.at(-1) ?? 0),
    observed: seen.map((of) => [...of.values()].reduce((sum, share) => sum + share, 0) / Math.max(1, of.size)),
    groups: filled.sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1)),
  };
}

/** The first `most - 1` groups, and the others as one where there are more and they add up. */
export function largest(groups: readonly Group[], most: number, adds: boolean): readonly Group[] {
  if (groups.length <= most) return groups;
  if (!adds) return groups.slice(0, most);
  const kept = groups.slice(0, most - 1);
  const others = groups.slice(most - 1);
  const values = (others[0]?.values ?? []).map((_, at) => {
    const known = others.flatMap(({ values: of }) => of[at] ?? []);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
  });
  const total = others.reduce((sum, group) => sum + group.total, 0);
  return [...kept, { name: `${others.length} others`, values, total }];
}
