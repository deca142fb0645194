/**
 * One IEEE 754 binary16 value as a number: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits; exponent 0 is
 * zero or subnormal (fraction x 2^-24), exponent 31 infinity or NaN.
 */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** All 65,536 values, looked up: weights are millions of them. */
let table: Float32Array | undefined;

/** Little-endian binary16 bytes as float32: every binary16 value is exact in binary32. */
export function decodeFloat16(bytes: Uint8Array): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => float16ToNumber(bits));
  const out = new Float32Array(bytes.byteLength >> 1);
  for (let i = 0; i < out.length; i++) out[i] = table[(bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8)] ?? 0;
  return out;
}

const float32Bits = new Uint32Array(1);
const asFloat32 = new Float32Array(float32Bits.buffer);

/** The binary16 bits nearest to a number, ties to even; beyond 65,504 it is infinity. */
export function numberToFloat16(value: number): number {
  asFloat32[0] = value;
  const bits = float32Bits[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const fraction = bits & 0x7f_ffff;
  if (exponent === 128) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  if (exponent > 15) return sign | 0x7c00;
  if (exponent < -25) return sign;
  // The significand with its leading 1, of which a subnormal keeps fewer bits. A carry moves into the exponent, as it must.
  const dropped = exponent < -14 ? 13 - 14 - exponent : 13;
  const significand = exponent < -14 ? fraction | 0x80_0000 : fraction;
  const kept = significand >>> dropped;
  const rest = significand & ((1 << dropped) - 1);
  const half = 1 << (dropped - 1);
  const rounded = kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0);
  return sign | ((exponent < -14 ? 0 : (exponent + 15) << 10) + rounded);
}

export function encodeFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, numberToFloat16);
}
