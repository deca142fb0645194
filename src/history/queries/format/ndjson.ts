import type { HistoryRow } from '../rows.ts';

/** Rows as JSON, one a line. */
export const ndjsonLines = (rows: readonly HistoryRow[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');
