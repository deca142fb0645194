import { float32, type Tensor } from './tensor.ts';

const APPLY: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Max: Math.max,
  Min: Math.min,
};

/**
 * The result of an element-wise operator on two constants, where one is a scalar or both have the same dimensions (what
 * exporters leave behind); `undefined` for anything else.
 */
export function foldBinary(opType: string, a: Tensor, b: Tensor): Tensor | undefined {
  const apply = APPLY[opType];
  if (apply === undefined || a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
  const same = a.dims.length === b.dims.length && a.dims.every((dim, i) => dim === b.dims[i]);
  if (!same && a.data.length !== 1 && b.data.length !== 1) return undefined;
  const larger = a.data.length >= b.data.length ? a : b;
  const at = (tensor: typeof a, i: number) => tensor.data[tensor.data.length === 1 ? 0 : i] ?? 0;
  return float32(
    larger.dims,
    Float32Array.from(larger.data, (_, i) => apply(at(a, i), at(b, i))),
  );
}
