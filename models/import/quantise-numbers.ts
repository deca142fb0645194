import type { Range } from './quantise-plan.ts';
import { type FloatTensor, float32, type Tensor } from './tensor.ts';

/** real = scale x (stored - zeroPoint), stored in 0..255. */
export interface Scale {
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * The scale that spreads 256 steps over a range. 0 lies on a step, since zero padding and what an activation cut off
 * must stay exactly 0.
 */
export function scaleOf(range: Range): Scale {
  const min = Math.min(0, range.min);
  const max = Math.max(0, range.max);
  const scale = Math.fround((max - min) / 255 || 1);
  return { scale, zeroPoint: Math.min(255, Math.max(0, Math.round(-min / scale))) };
}

export interface QuantisedWeights {
  readonly values: Tensor;
  /** One per output channel. */
  readonly scales: FloatTensor;
}

/** Weights `[out, ...]` as int8 -127..127, symmetric, with a scale for each output channel. */
export function quantiseWeights(weights: FloatTensor): QuantisedWeights {
  const channels = weights.dims[0] ?? 1;
  const perChannel = weights.data.length / channels;
  const scales = new Float32Array(channels);
  const values = new Int8Array(weights.data.length);
  for (let channel = 0; channel < channels; channel++) {
    const own = weights.data.subarray(channel * perChannel, (channel + 1) * perChannel);
    let largest = 0;
    for (const value of own) largest = Math.max(largest, Math.abs(value));
    // A channel of zeros gets a scale all the same; one too small would leave float32's range with the input's scale.
    const scale = Math.fround(Math.max(largest / 127, 1e-12));
    scales[channel] = scale;
    for (const [i, value] of own.entries()) {
      values[channel * perChannel + i] = Math.min(127, Math.max(-127, Math.round(value / scale)));
    }
  }
  return { values: { dtype: 'int8', dims: weights.dims, data: values }, scales: float32([channels], scales) };
}

/** A bias as int32 in steps of the input's scale times the weights': sums of products then need no conversion. */
export function quantiseBias(
  bias: FloatTensor,
  inputScale: number,
  weightScales: FloatTensor,
): { readonly values: Tensor; readonly scales: FloatTensor } {
  const scales = weightScales.data.map((scale) => scale * inputScale);
  const values = Int32Array.from(bias.data, (value, channel) =>
    Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), Math.round(value / (scales[channel] ?? 1)))),
  );
  return { values: { dtype: 'int32', dims: bias.dims, data: values }, scales: float32(bias.dims, scales) };
}
