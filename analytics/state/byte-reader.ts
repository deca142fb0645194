import { CamshardError } from '../../core/errors.ts';

/** A packed state is cut short, or is none. */
export class PackedStateError extends CamshardError {}

/** Reads what ByteWriter wrote. @throws PackedStateError `packed_state_bad` at the end of the bytes */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(base64: string) {
    this.#bytes = Buffer.from(base64, 'base64');
  }

  whole(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 0x80) {
      const byte = this.#bytes[this.#take(1)] ?? 0;
      value += (byte % 0x80) * unit;
      if (byte < 0x80) return value;
      if (unit > 2 ** 49) throw new PackedStateError('packed_state_bad', 'a number has no end');
    }
  }

  float32(): number {
    return this.#bytes.readFloatLE(this.#take(4));
  }

  float64(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  text(): string {
    const bytes = this.whole();
    const at = this.#take(bytes);
    return this.#bytes.toString('utf8', at, at + bytes);
  }

  #take(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    if (this.#at > this.#bytes.byteLength) throw new PackedStateError('packed_state_bad', 'it ends too early');
    return at;
  }
}
