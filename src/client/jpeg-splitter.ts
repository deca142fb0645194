/**
 * Cuts a stream of JPEGs put one after another (ffmpeg's `image2pipe`) into pictures, however its chunks fall.
 *
 * Walks the segments (ITU-T T.81, B.1.1) instead of looking for end markers, since a thumbnail inside an Exif segment
 * has an end marker of its own. Each byte is looked at once. Holds at most one picture of `pictureBytesMax`: a larger
 * one is dropped, counted, and the next picture's start is looked for.
 */
export class JpegSplitter {
  readonly #pictureBytesMax: number;
  #buffer: Uint8Array;
  /** Bytes of `#buffer` in use; those before `#start` are done with, those before `#at` are looked at. */
  #end = 0;
  #start = 0;
  #at = 0;
  #state: 'seek' | 'marker' | 'scan' = 'seek';
  #oversized = 0;
  #skippedBytes = 0;

  constructor(pictureBytesMax: number) {
    this.#pictureBytesMax = pictureBytesMax;
    this.#buffer = new Uint8Array(Math.min(pictureBytesMax, 256 * 1024));
  }

  /** Pictures dropped for their size. */
  get oversized(): number {
    return this.#oversized;
  }

  /** Bytes that belonged to no picture. */
  get skippedBytes(): number {
    return this.#skippedBytes;
  }

  /** Takes the next bytes and returns the pictures they complete, each in memory of its own. */
  push(chunk: Uint8Array): Uint8Array[] {
    const pictures: Uint8Array[] = [];
    // In slices, so that the buffer stays within one picture and one slice whatever the chunk's size.
    for (let from = 0; from < chunk.byteLength; from += SLICE_BYTES) {
      this.#append(chunk.subarray(from, from + SLICE_BYTES));
      this.#walk(pictures);
      this.#compact();
    }
    return pictures;
  }

  #walk(pictures: Uint8Array[]): void {
    for (;;) {
      if (this.#state === 'seek') {
        if (!this.#seek()) return;
        this.#state = 'marker';
      } else if (this.#state === 'marker') {
        const step = this.#segment();
        if (step === 'more') return;
        if (step === 'end') {
          this.#finish(pictures);
        } else if (step === 'broken') this.#abandon();
      } else if (this.#scan()) this.#state = 'marker';
      else return;
    }
  }

  /** Finds FF D8 FF; the picture starts there and `#at` stands behind FF D8. */
  #seek(): boolean {
    const b = this.#buffer;
    let i = this.#start;
    while (i + 2 < this.#end && !(b[i] === 0xff && b[i + 1] === 0xd8 && b[i + 2] === 0xff)) i++;
    this.#skippedBytes += i - this.#start;
    this.#start = i;
    if (i + 2 >= this.#end) return false;
    this.#at = i + 2;
    return true;
  }

  /** Steps over one marker and its segment. */
  #segment(): 'next' | 'more' | 'end' | 'broken' {
    const b = this.#buffer;
    let at = this.#at;
    if (at < this.#end && b[at] !== 0xff) return 'broken';
    while (at < this.#end && b[at] === 0xff) at++; // fill bytes
    if (at >= this.#end) return 'more';
    const marker = b[at++] ?? 0;
    if (marker === 0xd9) {
      this.#at = at;
      return 'end';
    }
    if (marker === 0x00 || marker === 0xd8) return 'broken';
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      this.#at = at;
      return 'next';
    }
    const hi = b[at];
    const lo = b[at + 1];
    if (at + 1 >= this.#end || hi === undefined || lo === undefined) return 'more';
    const length = (hi << 8) | lo;
    if (length < 2) return 'broken';
    if (at + length > this.#end) return 'more';
    this.#at = at + length;
    if (marker === 0xda) this.#state = 'scan';
    return 'next';
  }

  /** Steps over entropy-coded data up to a marker that is neither a stuffed FF 00 nor a restart. */
  #scan(): boolean {
    const b = this.#buffer.subarray(0, this.#end);
    let i = this.#at;
    for (;;) {
      const found = b.indexOf(0xff, i);
      if (found === -1) {
        this.#at = this.#end;
        return false;
      }
      const next = b[found + 1];
      if (next === undefined) {
        this.#at = found;
        return false;
      }
      if (next === 0x00 || (next >= 0xd0 && next <= 0xd7)) i = found + 2;
      else if (next === 0xff) i = found + 1;
      else {
        this.#at = found;
        return true;
      }
    }
  }

  #finish(pictures: Uint8Array[]): void {
    const bytes = this.#at - this.#start;
    if (bytes <= this.#pictureBytesMax) pictures.push(this.#buffer.slice(this.#start, this.#at));
    else this.#dropOversized(bytes);
    this.#start = this.#at;
    this.#state = 'seek';
  }

  #dropOversized(bytes: number): void {
    this.#oversized++;
    this.#skippedBytes += bytes;
  }

  /** What was taken for a picture is none: goes on looking behind its first bytes. */
  #abandon(): void {
    this.#skippedBytes += 2;
    this.#start += 2;
    this.#state = 'seek';
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#end + bytes.byteLength;
    if (needed > this.#buffer.byteLength) {
      const larger = new Uint8Array(Math.max(needed, this.#buffer.byteLength * 2));
      larger.set(this.#buffer.subarray(0, this.#end));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#end);
    this.#end = needed;
  }

  /** Moves what is still needed to the front. */
  #compact(): void {
    if (this.#state !== 'seek' && this.#end - this.#start > this.#pictureBytesMax) {
      this.#dropOversized(this.#end - this.#start);
      this.#start = this.#end;
      this.#state = 'seek';
    }
    if (this.#start === 0) return;
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#at = Math.max(0, this.#at - this.#start);
    this.#start = 0;
  }
}

const SLICE_BYTES = 64 * 1024;
