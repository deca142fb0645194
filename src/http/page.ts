export type Page<T> = { readonly items: readonly T[]; readonly next: string | null };

/**
 * One page of `rows` in the order of their keys: `?limit=` rows after `?after=`.
 * @returns `next`, the cursor of the next page, null at the last; or what is wrong with the query.
 */
export function page<T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  query: URLSearchParams,
  limitMax: number,
): Page<T> | { readonly fault: string } {
  const limitText = query.get('limit') ?? '100';
  const limit = Number(limitText);
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax) {
    return { fault: `limit ${limitText}; a whole number from 1 to ${limitMax}` };
  }
  const after = query.get('after') ?? '';
  const sorted = rows.filter((row) => keyOf(row) > after).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const items = sorted.slice(0, limit);
  const last = items.at(-1);
  return { items, next: sorted.length > limit && last !== undefined ? keyOf(last) : null };
}
