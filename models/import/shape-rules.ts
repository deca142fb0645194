import { ModelError } from '../../core/errors.ts';

/** The batch dimension, which stays open: no size in a graph depends on it. */
export const BATCH = -1;

export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

export interface WindowPlan {
  readonly outputSize: number;
  readonly padBefore: number;
  readonly padAfter: number;
}

/**
 * Output size and padding of one spatial axis of a convolution or pooling, by TensorFlow's rules: VALID pads nothing;
 * SAME gives ceil(input / stride) and, where the padding is odd, puts the larger half *after* (a symmetric-padding
 * framework with stride 2 would look one pixel further left); EXPLICIT says it.
 * Source: tensorflow.org/api_docs/python/tf/nn, "Notes on padding".
 */
export function planWindow(
  inputSize: number,
  window: Window,
  padding: string,
  explicit: readonly [before: number, after: number] = [0, 0],
): WindowPlan {
  const { kernel, stride, dilation } = window;
  const reach = (kernel - 1) * dilation + 1;
  if (padding === 'SAME') {
    const outputSize = Math.ceil(inputSize / stride);
    const total = Math.max((outputSize - 1) * stride + reach - inputSize, 0);
    const padBefore = Math.floor(total / 2);
    return { outputSize, padBefore, padAfter: total - padBefore };
  }
  const [padBefore, padAfter] = padding === 'EXPLICIT' ? explicit : [0, 0];
  if (padding !== 'VALID' && padding !== 'EXPLICIT') throw new ModelError('model_unsupported', `padding ${padding}`);
  return { outputSize: Math.floor((inputSize + padBefore + padAfter - reach) / stride) + 1, padBefore, padAfter };
}

/** Dimensions of an element-wise result, by NumPy's broadcasting. */
export function broadcastDims(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[i - rank + a.length] ?? 1;
    const right = b[i - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ModelError('model_unsupported', `dimensions [${a}] and [${b}] do not broadcast`);
    }
    return left === 1 ? right : left;
  });
}
