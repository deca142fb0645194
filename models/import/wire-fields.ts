/** One field of a protocol buffer's message, as it lies in the bytes. */
export interface WireField {
  readonly number: number;
  /** Tag, length and payload. */
  readonly whole: Uint8Array;
  /** Of a length-delimited field its content; else empty. */
  readonly payload: Uint8Array;
}

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const FIXED32 = 5;
const NOTHING: Uint8Array = new Uint8Array(0);

/**
 * The fields of a message one after the other, unread (protobuf.dev/programming-guides/encoding). What is only moved
 * stays as it was, fields of later versions of the format and 64-bit numbers included.
 *
 * @throws RangeError where the bytes are no message
 */
export function* splitFields(bytes: Uint8Array): Generator<WireField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined || scale > 2 ** 63) throw new RangeError('cut off');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const start = at;
    const tag = varint();
    const wireType = tag % 8;
    const number = Math.floor(tag / 8);
    let payload: Uint8Array = NOTHING;
    if (wireType === VARINT) varint();
    else if (wireType === FIXED64) at += 8;
    else if (wireType === FIXED32) at += 4;
    else if (wireType === DELIMITED) {
      const length = varint();
      payload = bytes.subarray(at, at + length);
      at += length;
    } else throw new RangeError(`wire type ${wireType}`);
    if (number === 0 || at > bytes.length) throw new RangeError('no message');
    yield { number, whole: bytes.subarray(start, at), payload };
  }
}

/** A length-delimited field. */
export function delimited(number: number, payload: Uint8Array): Uint8Array {
  return joined([varintBytes(number * 8 + DELIMITED), varintBytes(payload.byteLength), payload]);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
}
