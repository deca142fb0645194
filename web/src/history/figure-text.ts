import { formatCount, formatShare, NOTHING } from '../format/numbers.ts';
import type { FigureSpec } from './resources.ts';

const decimals = new Intl.NumberFormat('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 });

/** A figure as a table has it: shares in percent, means with a decimal, `–` where nothing is known. */
export function figureText({ unit, adds }: Pick<FigureSpec, 'unit' | 'adds'>, raw: number | null | undefined): string {
  if (raw === null || raw === undefined) return NOTHING;
  if (unit === '%') return formatShare(raw);
  return adds && Number.isInteger(raw) ? formatCount(raw) : decimals.format(raw);
}
