/**
 * Series as they are drawn on each other: for each time the sum of a series and those before it; the sum of all first.
 * Null only where every series has nothing.
 */
export function stack(series: readonly { readonly values: readonly (number | null)[] }[]): (number | null)[][] {
  const sums: (number | null)[][] = [];
  for (const { values } of series) {
    const below = sums.at(-1);
    sums.push(values.map((value, at) => add(below?.[at] ?? null, value)));
  }
  return sums.reverse();
}

const add = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : a + b);
