import { NOTHING } from '../format/numbers.ts';
import type { MeasureRow } from '../history/pivot.ts';

type CountRow = MeasureRow & {
  readonly line?: string | null;
  readonly direction?: string | null;
  readonly label?: string | null;
  readonly count?: number | null;
};

/** Rows of the API as a table of lines and ways by class, the most frequent class first. */
export function byLine(rows: readonly CountRow[]) {
  const totals = new Map<string, number>();
  const lines = new Map<string, { line: string; direction: string; counts: Map<string, number>; all: number }>();
  for (const { line, direction, label, count } of rows) {
    if (line == null || count == null) continue;
    const way = direction ?? NOTHING;
    const key = `${line}|${way}`;
    const of = lines.get(key) ?? { line, direction: way, counts: new Map(), all: 0 };
    const name = label ?? NOTHING;
    of.counts.set(name, (of.counts.get(name) ?? 0) + count);
    of.all += count;
    totals.set(name, (totals.get(name) ?? 0) + count);
    lines.set(key, of);
  }
  return {
    labels: [...totals].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([label]) => label),
    lines: [...lines.values()],
  };
}
