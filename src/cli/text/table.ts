import { paintState, type Theme, themeOf } from './theme.ts';

/** Where a table is shown. */
export interface TableStyle {
  readonly theme: Theme;
  /** Columns of the terminal; without one nothing is cut. */
  readonly widthMax: number | undefined;
}

export interface TableOptions {
  /** Columns of figures. */
  readonly right?: readonly number[];
  /** Columns that say how something stands, which are coloured. */
  readonly states?: readonly number[];
  /** Columns to leave out where the terminal is too narrow, the first one first. */
  readonly optional?: readonly number[];
}

export const PLAIN: TableStyle = { theme: themeOf(false), widthMax: undefined };

const GAP = '  ';
/** Text columns are not cut shorter than this. */
const CUT_CHARS_MIN = 12;

/**
 * Columns two spaces apart under a heading: read as easily as grepped and cut by awk. On a terminal that is too narrow
 * optional columns go first, then the widest text column is cut; what is piped is whole.
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { right = [], states = [], optional = [] }: TableOptions,
  { theme, widthMax }: TableStyle,
): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = head.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)));
  let shown = head.map((_, i) => i);
  const total = (): number => shown.reduce((sum, i) => sum + (widths[i] ?? 0), (shown.length - 1) * GAP.length);
  const limit = widthMax ?? Number.POSITIVE_INFINITY;
  for (const column of optional) if (total() > limit) shown = shown.filter((i) => i !== column);
  while (total() > limit) {
    const widest = shown.reduce((a, b) => (!right.includes(b) && (widths[b] ?? 0) > (widths[a] ?? 0) ? b : a));
    const width = widths[widest] ?? 0;
    if (width <= CUT_CHARS_MIN || right.includes(widest)) break;
    widths[widest] = Math.max(CUT_CHARS_MIN, width - (total() - limit));
  }
  const line = (row: readonly string[], paint: (text: string, column: number) => string): string =>
    shown
      .map((i, at) => {
        const width = widths[i] ?? 0;
        const text = cut(row[i] ?? '', width);
        const space = ' '.repeat(width - text.length);
        const painted = paint(text, i);
        if (right.includes(i)) return space + painted;
        return at === shown.length - 1 ? painted : painted + space;
      })
      .join(GAP);
  const body = cells.map((row) =>
    line(row, (text, i) => (text === '-' ? theme.dim(text) : states.includes(i) ? paintState(theme, text) : text)),
  );
  const hidden = head.length - shown.length;
  const note = `${hidden} ${hidden === 1 ? 'column does' : 'columns do'} not fit: a wider terminal or --json shows all`;
  return [line(head, theme.heading), ...body, ...(hidden > 0 ? [theme.dim(note)] : [])].join('\n');
}

/** Names come from others' settings and models: a control character would drive the terminal. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, ' ');

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, width - 1)}…`);
