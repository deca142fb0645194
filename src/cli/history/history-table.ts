import { offsetMsAt } from '../../history/queries/time-zone.ts';
import { stdoutTable } from '../text/stdout-table.ts';

/** One page as `/v1/history/...` answers it. */
export interface HistoryAnswer {
  readonly resource: string;
  readonly by?: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly next: string | null;
}

/** A column: its heading, and what stands in it. */
interface Column {
  readonly head: string;
  readonly right?: boolean;
  readonly cell: (row: Readonly<Record<string, unknown>>) => string;
}

const text = (name: string, head = name.toUpperCase()): Column => ({ head, cell: (row) => textOf(row[name]) });
const figure = (name: string, head: string, decimals = 1): Column => ({
  head,
  right: true,
  cell: (row) => numberOf(row[name], decimals),
});
const percent = (name: string, head: string): Column => ({ head, right: true, cell: (row) => percentOf(row[name]) });

const FIGURES: Readonly<Record<string, readonly Column[]>> = {
  counts: [figure('count', 'COUNT', 0)],
  speeds: [
    figure('n', 'N', 0),
    figure('mean', 'MEAN KM/H'),
    figure('v85', 'V85'),
    figure('min', 'MIN'),
    figure('max', 'MAX'),
  ],
  occupancy: [figure('mean', 'MEAN', 2), figure('max', 'MAX')],
  composition: [
    figure('items', 'ITEMS', 0),
    percent('share', 'SHARE'),
    {
      head: '95 %',
      right: true,
      cell: (row) => (row.shareLow === null ? '-' : `${percentOf(row.shareLow)}..${percentOf(row.shareHigh)}`),
    },
    percent('contaminationShare', 'CONTAMINATION'),
    figure('review', 'REVIEW', 0),
  ],
};

/** The rows of one page as a table; `-` where a figure is not known, which is not nought. */
export function historyTable({ resource, by = [], rows }: HistoryAnswer, timeZone: string): string {
  const columns = columnsOf(resource, by, timeZone);
  return stdoutTable(
    columns.map(({ head }) => head),
    rows.map((row) => columns.map(({ cell }) => cell(row))),
    { right: columns.flatMap(({ right }, i) => (right === true ? [i] : [])) },
  );
}

function columnsOf(resource: string, by: readonly string[], timeZone: string): readonly Column[] {
  const moment = (name: string, head: string): Column => ({ head, cell: (row) => momentOf(row[name], timeZone) });
  if (resource === 'events') {
    return [
      moment('at', 'AT'),
      ...['camera', 'kind', 'subject', 'direction', 'label'].map((name) => text(name)),
      figure('value', 'VALUE'),
    ];
  }
  if (resource === 'alerts') {
    return [
      moment('openedAt', 'OPENED'),
      moment('closedAt', 'CLOSED'),
      ...['severity', 'camera', 'rule', 'message'].map((name) => text(name)),
    ];
  }
  return [
    moment('start', 'FROM'),
    ...by.map((name) => text(name)),
    ...(FIGURES[resource] ?? []),
    percent('observedShare', 'OBSERVED'),
    { head: 'VALID', cell: (row) => (row.valid === true ? 'yes' : 'no') },
  ];
}

/** `2026-11-22 08:00:00`, by the zone's wall clock. */
function momentOf(value: unknown, timeZone: string): string {
  if (typeof value !== 'number') return '-';
  const wall = new Date(value + offsetMsAt(timeZone, value)).toISOString();
  return wall.slice(0, 19).replace('T', ' ');
}

const textOf = (value: unknown): string => (value === null || value === undefined ? '-' : String(value));

const numberOf = (value: unknown, decimals: number): string =>
  typeof value === 'number' ? String(Number(value.toFixed(decimals))) : '-';

const percentOf = (value: unknown): string => (typeof value === 'number' ? `${(value * 100).toFixed(1)} %` : '-');
