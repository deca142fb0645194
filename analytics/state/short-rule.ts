import type { RuleState } from '../rules/rule-engine.ts';
import type { WindowState } from '../rules/sliding-window.ts';
import { type Column, Series } from './packed-value.ts';

type Evidence = NonNullable<RuleState['evidence']>;

/** A rule's part of the state, its window as one series. */
export type ShortRule = Omit<RuleState, 'evidence'> & {
  readonly evidence: (Omit<Evidence, 'window'> & { readonly window: Series | readonly number[] | WindowState }) | null;
};

/** Of a bucket: how many after the one before, samples, sum, most, seconds; to a millionth. */
const BUCKET: readonly Column[] = [1, 1e6, 1e6, 1e6, 1e6].map((steps) => ({ steps, order: 1 }));
const STRIDE = BUCKET.length;

export function shortRule(rule: RuleState): ShortRule {
  const window = rule.evidence?.window ?? [];
  if (rule.evidence === null || window.length === 0) return rule;
  const values = new Array<number>(window.length * STRIDE);
  let at = 0;
  for (const bucket of window) {
    const [after, n, sum, max, observedS] = bucket;
    // Those with sketches in them are no series.
    if (bucket.length !== STRIDE) return rule;
    values[at++] = after;
    values[at++] = n;
    values[at++] = sum;
    values[at++] = max;
    values[at++] = observedS;
  }
  return { ...rule, evidence: { ...rule.evidence, window: new Series(values, BUCKET) } };
}

export function fullRule(rule: ShortRule): RuleState {
  const { evidence } = rule;
  if (evidence === null) return { ...rule, evidence };
  const { window } = evidence;
  const values = window instanceof Series ? window.values : window;
  const buckets = typeof values[0] === 'number' ? cut(values as readonly number[]) : (values as WindowState);
  return { ...rule, evidence: { ...evidence, window: buckets } };
}

function cut(values: readonly number[]): WindowState {
  const buckets: WindowState[number][] = [];
  for (let i = 0; i < values.length; i += STRIDE) {
    const [after = 0, n = 0, sum = 0, max = 0, observedS = 0] = values.slice(i, i + STRIDE);
    buckets.push([after, n, sum, max, observedS]);
  }
  return buckets;
}
