import { renderTable, type TableOptions } from './table.ts';
import { stdoutTheme } from './theme.ts';

/** A table as it fits stdout: coloured and cut to its width on a terminal, plain and whole in a pipe. */
export function stdoutTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const widthMax = process.stdout.isTTY === true ? process.stdout.columns : undefined;
  return renderTable(head, rows, options, { theme: stdoutTheme(), widthMax });
}
