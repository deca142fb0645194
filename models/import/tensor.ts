/**
 * Constant tensors the importer handles, row-major. int64 is kept as numbers: shapes and axes stay far below 2^53.
 * float16 is kept as its bits.
 */
export type Tensor =
  | { readonly dtype: 'float32'; readonly dims: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'int64'; readonly dims: readonly number[]; readonly data: readonly number[] }
  | { readonly dtype: 'float16'; readonly dims: readonly number[]; readonly data: Uint16Array }
  | { readonly dtype: 'uint8'; readonly dims: readonly number[]; readonly data: Uint8Array }
  | { readonly dtype: 'int8'; readonly dims: readonly number[]; readonly data: Int8Array }
  | { readonly dtype: 'int32'; readonly dims: readonly number[]; readonly data: Int32Array };

export type FloatTensor = Extract<Tensor, { dtype: 'float32' }>;

/** How many elements dimensions hold; 1 for a scalar (`[]`). */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

export function float32(dims: readonly number[], data: ArrayLike<number>): FloatTensor {
  return { dtype: 'float32', dims, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

export function int64(data: readonly number[], dims: readonly number[] = [data.length]): Tensor {
  return { dtype: 'int64', dims, data };
}

/**
 * The tensor with its axes in another order: axis `i` of the result is axis `order[i]` of the source.
 * HWIO convolution weights become OIHW by `[3, 2, 0, 1]`.
 */
export function transposed(tensor: FloatTensor, order: readonly number[]): FloatTensor {
  const { dims, data } = tensor;
  const strides = dims.map((_, axis) => elementCount(dims.slice(axis + 1)));
  const out = new Float32Array(data.length);
  // Weights are millions of numbers: the innermost axis is a loop of its own, the others count like an odometer. Axes
  // of size 1, as of 1x1 kernels, say nothing about where a number goes.
  const moving = order.filter((axis) => dims[axis] !== 1);
  const outerDims = moving.slice(0, -1).map((axis) => dims[axis] ?? 1);
  const outStrides = moving.map((axis) => strides[axis] ?? 0);
  const innerAxis = moving.at(-1);
  const inner = innerAxis === undefined ? 1 : (dims[innerAxis] ?? 1);
  const innerStride = innerAxis === undefined ? 0 : (strides[innerAxis] ?? 0);
  const index = new Array<number>(outerDims.length).fill(0);
  let from = 0;
  for (let to = 0; to < out.length; ) {
    for (let i = 0; i < inner; i++) out[to++] = data[from + i * innerStride] ?? 0;
    for (let axis = outerDims.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      from += outStrides[axis] ?? 0;
      if (next < (outerDims[axis] ?? 1)) {
        index[axis] = next;
        break;
      }
      from -= next * (outStrides[axis] ?? 0);
      index[axis] = 0;
    }
  }
  const outDims = order.map((axis) => dims[axis] ?? 1);
  return float32(outDims, out);
}
