/**
 * Percentile `q` (0..1) of samples known by bin only, linear within the bin; the lower edge of the last bin, which is
 * open, where it falls there and no `max` is known.
 * @param bins samples by bin, each `width` wide from 0
 * @param min,max smallest and largest sample: no percentile lies outside
 */
export function percentile(
  bins: readonly number[],
  width: number,
  q: number,
  { min, max }: { readonly min: number | null; readonly max: number | null },
): number | null {
  const total = bins.reduce((sum, n) => sum + n, 0);
  if (total <= 0) return null;
  const rank = q * total;
  let below = 0;
  for (const [index, n] of bins.entries()) {
    if (n <= 0 || below + n < rank) {
      below += n;
      continue;
    }
    const from = index * width;
    const openEnd = index === bins.length - 1;
    const to = openEnd ? Math.max(from, max ?? from) : from + width;
    const value = from + ((to - from) * (rank - below)) / n;
    return Math.min(Math.max(value, min ?? value), max ?? value);
  }
  return max;
}
