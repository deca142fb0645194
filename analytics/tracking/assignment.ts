import { munkres } from 'munkres';

/** Pairs that may belong together, and what each costs; reused from call to call. */
export interface Pairs {
  count: number;
  readonly row: Int32Array;
  readonly column: Int32Array;
  readonly cost: Float64Array;
}

export function createPairs(capacity: number): Pairs {
  return {
    count: 0,
    row: new Int32Array(capacity),
    column: new Int32Array(capacity),
    cost: new Float64Array(capacity),
  };
}

/**
 * The cheapest assignment of rows to columns where a row left out costs `leftOut`.
 *
 * Rows and columns fall apart into groups that share no pair: most groups of a street are one track and one detection.
 * Only what is left is given to the Hungarian method, group by group.
 *
 * @param columnOf the answer, a column by row or -1; as long as there are rows.
 */
export function assign(pairs: Pairs, rows: number, columns: number, leftOut: number, columnOf: Int32Array): void {
  columnOf.fill(-1, 0, rows);
  if (pairs.count === 0) return;
  // Union-find over rows, then columns.
  const root = new Int32Array(rows + columns).map((_, i) => i);
  const find = (node: number): number => {
    let at = node;
    while (root[at] !== at) {
      root[at] = root[root[at] ?? 0] ?? 0;
      at = root[at] ?? 0;
    }
    return at;
  };
  for (let i = 0; i < pairs.count; i++) root[find(rows + (pairs.column[i] ?? 0))] = find(pairs.row[i] ?? 0);
  const groups = new Map<number, number[]>();
  for (let i = 0; i < pairs.count; i++) {
    const key = find(pairs.row[i] ?? 0);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [i]);
    else group.push(i);
  }
  for (const group of groups.values()) {
    const only = group[0] ?? 0;
    if (group.length > 1) assignGroup(pairs, group, leftOut, columnOf);
    else if ((pairs.cost[only] ?? 0) < leftOut) columnOf[pairs.row[only] ?? 0] = pairs.column[only] ?? 0;
  }
}

/** Costs no pair has: never chosen while a row may be left out instead. */
const NEVER = 1e6;

function assignGroup(pairs: Pairs, group: readonly number[], leftOut: number, columnOf: Int32Array): void {
  const rows = [...new Set(group.map((i) => pairs.row[i] ?? 0))];
  const columns = [...new Set(group.map((i) => pairs.column[i] ?? 0))];
  if (rows.length === 1 || columns.length === 1) {
    let best = -1;
    for (const i of group) if (best < 0 || (pairs.cost[i] ?? 0) < (pairs.cost[best] ?? 0)) best = i;
    if ((pairs.cost[best] ?? 0) < leftOut) columnOf[pairs.row[best] ?? 0] = pairs.column[best] ?? 0;
    return;
  }
  const rowAt = new Map(rows.map((row, i) => [row, i]));
  const columnAt = new Map(columns.map((column, i) => [column, i]));
  // One more column a row: to be left out.
  const matrix = rows.map((_, r) => {
    const line = new Array<number>(columns.length + rows.length).fill(NEVER);
    line[columns.length + r] = leftOut;
    return line;
  });
  for (const i of group) {
    const line = matrix[rowAt.get(pairs.row[i] ?? 0) ?? 0];
    if (line !== undefined) line[columnAt.get(pairs.column[i] ?? 0) ?? 0] = pairs.cost[i] ?? 0;
  }
  for (const [r, c] of munkres(matrix)) {
    const column = columns[c];
    if (column !== undefined && (matrix[r]?.[c] ?? NEVER) < leftOut) columnOf[rows[r] ?? 0] = column;
  }
}
