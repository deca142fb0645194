import { stringify } from 'csv-stringify/sync';
import type { HistoryQuery } from '../query.ts';
import type { HistoryRow } from '../rows.ts';
import { rfc3339 } from '../time-zone.ts';
import { columnsOf } from './columns.ts';

/** A line break alone is quoted too: the library asks only for that which ends records. */
const STYLE = { record_delimiter: 'windows', quoted_match: /[\r\n]/ } as const;

/**
 * Rows as CSV (RFC 4180: CRLF, quotes doubled). Moments are RFC 3339 in the query's time zone, for spreadsheets. What is
 * not known is empty.
 */
export function csvLines(query: HistoryQuery, rows: readonly HistoryRow[]): string {
  const columns = columnsOf(query);
  const cells = rows.map((row) => {
    const fields = row as unknown as Readonly<Record<string, unknown>>;
    return columns.map(({ name, kind }) => {
      const field = fields[name];
      if (field === null || field === undefined) return '';
      if (kind === 'moment') return rfc3339(Number(field), query.timeZone);
      return kind === 'json'
        ? guarded(JSON.stringify(field))
        : typeof field === 'string'
          ? guarded(field)
          : String(field);
    });
  });
  return stringify(cells, STYLE);
}

export const csvHeader = (query: HistoryQuery): string => stringify([columnsOf(query).map(({ name }) => name)], STYLE);

/**
 * A text that a spreadsheet would run as a formula gets an apostrophe in front, by OWASP's advice on CSV injection:
 * labels, titles and data come from settings and models of others. Numbers are ours and stay numbers.
 */
const guarded = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
