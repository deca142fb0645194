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
