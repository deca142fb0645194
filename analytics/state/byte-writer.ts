const FIRST_BYTES = 16 * 1024;

/** Bytes in a row. Reused: what it gives is good until it is begun again. */
export class ByteWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  begin(): void {
    this.#at = 0;
  }

  /** A whole number, 0 .. 2^53: seven bits a byte, the lowest first (LEB128). */
  whole(value: number): void {
    if (this.#at + 8 > this.#bytes.length) this.#grow(8);
    const bytes = this.#bytes;
    let at = this.#at;
    let left = value;
    // Bit operations are for 32 bits alone.
    while (left >= 2 ** 31) {
      bytes[at++] = (left % 0x80) | 0x80;
      left = Math.floor(left / 0x80);
    }
    while (left >= 0x80) {
      bytes[at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    bytes[at++] = left;
    this.#at = at;
  }

  float32(value: number): void {
    if (this.#at + 4 > this.#bytes.length) this.#grow(4);
    this.#view.setFloat32(this.#at, value, true);
    this.#at += 4;
  }

  float64(value: number): void {
    if (this.#at + 8 > this.#bytes.length) this.#grow(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  text(value: string): void {
    const bytes = Buffer.from(value);
    this.whole(bytes.byteLength);
    if (this.#at + bytes.byteLength > this.#bytes.length) this.#grow(bytes.byteLength);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.byteLength;
  }

  base64(): string {
    return Buffer.from(this.#bytes.buffer, 0, this.#at).toString('base64');
  }

  #grow(bytes: number): void {
    const larger = new Uint8Array(2 * this.#bytes.byteLength + bytes);
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** -1, 1, -2, 2 ... as 1, 2, 3, 4 ... */
export const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
export const unzigzag = (value: number): number => (value % 2 === 1 ? -(value + 1) / 2 : value / 2);
