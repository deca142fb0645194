import type { Verdict } from './rule-watch.ts';

/** Without `clearAt` an alert closes this far inside its threshold, of the threshold's size. */
const CLEAR_MARGIN = 0.1;

/** A threshold with its way back. */
export interface Limit {
  readonly side: 'above' | 'below';
  readonly threshold: number;
  readonly clearAt: number;
}

/**
 * One of `above` and `below`; `above` where both are set. A `clearAt` beyond the threshold is taken as the threshold.
 * @returns null where neither is set: nothing is ever raised
 */
export function limitOf(rule: {
  readonly above: number | null;
  readonly below: number | null;
  readonly clearAt?: number | null;
}): Limit | null {
  const clearAt = rule.clearAt ?? null;
  if (rule.above !== null) {
    const inside = clearAt ?? rule.above - Math.abs(rule.above) * CLEAR_MARGIN;
    return { side: 'above', threshold: rule.above, clearAt: Math.min(inside, rule.above) };
  }
  if (rule.below !== null) {
    const inside = clearAt ?? rule.below + Math.abs(rule.below) * CLEAR_MARGIN;
    return { side: 'below', threshold: rule.below, clearAt: Math.max(inside, rule.below) };
  }
  return null;
}

export function judge(value: number, { side, threshold, clearAt }: Limit): Verdict {
  if (side === 'above') return value > threshold ? 'raise' : value <= clearAt ? 'clear' : 'between';
  return value < threshold ? 'raise' : value >= clearAt ? 'clear' : 'between';
}
