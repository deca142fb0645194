import { FrameError } from '../../core/errors.ts';
import { type ImageHeader, uprightSize } from '../../core/frame.ts';
import type { ParsedImage } from '../../core/image-header.ts';
import { parsePngHeader, parseWebpHeader } from '../../core/png-webp-header.ts';
import { checkJpeg } from './check-jpeg.ts';
import { configureSharp, convertToRgb, resizeRgb } from './convert-with-sharp.ts';
import { type Letterbox, letterbox } from './letterbox.ts';
import { ScratchPool } from './scratch-pool.ts';
import { decodeJpeg } from './turbo.ts';

/**
 * How a picture got into its slot: `direct` without a copy, `scratch` by way of a pooled buffer (resized there unless
 * it already has the slot's height), `converted` by sharp alone (much larger than the slot, or nothing turbo takes).
 */
export type DecodeWay = 'direct' | 'scratch' | 'converted';

export interface DecodeInfo {
  /** Where the picture lies in the slot; `unletterbox` maps boxes back with it. */
  readonly letterbox: Letterbox;
  readonly way: DecodeWay;
}

export interface Decoder {
  /**
   * Decodes one picture into its slot of a batch tensor, off the main thread.
   *
   * @param frame encoded picture and what its header said; `bytes` must not change meanwhile.
   * @param slot size * size * 3 bytes, rows of RGB. Ours until the promise settles: not to be transferred before. All of
   *   it is written: the picture, and the padding around it. After an error its content is undefined.
   * @throws FrameError with a reject reason as its code; the decoder and the slot stay usable.
   */
  decodeInto(
    frame: { readonly bytes: Uint8Array; readonly header: ImageHeader },
    slot: Uint8Array,
    size: number,
  ): Promise<DecodeInfo>;
  /** Takes no more pictures and waits for those it has. */
  close(): Promise<void>;
  /** Pictures taken and not finished, those waiting for their turn included. */
  readonly active: number;
}

export interface DecoderOptions {
  /** 0..255, what the model was trained to see as padding. */
  readonly padValue: number;
  /** Pictures under decode at once; more wait in order. Callers bound the waiting ones by their slots. */
  readonly concurrencyMax: number;
  /** Bytes of pooled buffers. A picture larger than that is shrunk while it is read, by sharp. */
  readonly scratchBytesMax: number;
}

/**
 * From a picture four times as wide as its place on, libjpeg's scaled transform (sharp's shrink-on-load) leaves less to
 * do than decoding all of it fast: measured in docs/decoding.md.
 */
const SHRINK_ON_LOAD_FROM = 4;

export function createDecoder(options: DecoderOptions): Decoder {
  configureSharp();
  return new PooledDecoder(options);
}

class PooledDecoder implements Decoder {
  readonly #padValue: number;
  readonly #concurrencyMax: number;
  readonly #scratch: ScratchPool;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #closed = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: DecoderOptions) {
    this.#padValue = options.padValue;
    this.#concurrencyMax = options.concurrencyMax;
    this.#scratch = new ScratchPool(options.scratchBytesMax);
  }

  get active(): number {
    return this.#running + this.#waiting.length;
  }

  async decodeInto(
    frame: { readonly bytes: Uint8Array; readonly header: ImageHeader },
    slot: Uint8Array,
    size: number,
  ): Promise<DecodeInfo> {
    if (this.#closed) throw new Error('decodeInto after close');
    if (slot.byteLength !== size * size * 3) throw new RangeError(`slot of ${slot.byteLength} bytes for size ${size}`);
    if (this.#running < this.#concurrencyMax) this.#running++;
    else await new Promise<void>((turn) => this.#waiting.push(turn)); // whoever ends hands its place on
    try {
      return await this.#decode(asBuffer(frame.bytes), frame.header, asBuffer(slot), size);
    } finally {
      const next = this.#waiting.shift();
      if (next !== undefined) next();
      else if (--this.#running === 0) for (const idle of this.#whenIdle.splice(0)) idle();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running > 0) await new Promise<void>((idle) => this.#whenIdle.push(idle));
  }

  async #decode(bytes: Buffer, header: ImageHeader, slot: Buffer, size: number): Promise<DecodeInfo> {
    const { width, height } = uprightSize(header);
    const fit = letterbox(width, height, size);
    const scans = header.format === 'jpeg' ? checkJpeg(bytes, header) : 0;
    if (header.format !== 'jpeg') checkOther(bytes, header);

    const pixelBytes = width * height * 3;
    const turboTakesIt = header.format === 'jpeg' && header.orientation === 1 && header.components !== 4;
    if (turboTakesIt && width === size && height === fit.scaledHeight) {
      padAround(slot, size, fit, this.#padValue);
      const start = fit.offsetY * size * 3;
      await decodeJpeg(bytes, slot.subarray(start, start + pixelBytes), width, height, scans);
      return { letterbox: fit, way: 'direct' };
    }
    const shrink = width / fit.scaledWidth;
    if (turboTakesIt && shrink < SHRINK_ON_LOAD_FROM && this.#scratch.fits(pixelBytes)) {
      const scratch = await this.#scratch.acquire(pixelBytes);
      try {
        await decodeJpeg(bytes, scratch.bytes, width, height, scans);
        padAround(slot, size, fit, this.#padValue);
        await this.#place(scratch.bytes, width, height, slot, size, fit);
      } finally {
        scratch.release();
      }
      return { letterbox: fit, way: 'scratch' };
    }
    const rows = await convertToRgb(bytes, header, { width: fit.scaledWidth, height: fit.scaledHeight });
    padAround(slot, size, fit, this.#padValue);
    copyRows(rows, slot, size, fit);
    return { letterbox: fit, way: 'converted' };
  }

  /** Brings decoded rows to their size and place in the slot. */
  async #place(rgb: Buffer, width: number, height: number, slot: Buffer, size: number, fit: Letterbox): Promise<void> {
    if (width === fit.scaledWidth && height === fit.scaledHeight) {
      copyRows(rgb, slot, size, fit);
    } else {
      const to = { width: fit.scaledWidth, height: fit.scaledHeight };
      copyRows(await resizeRgb(rgb, { width, height }, to), slot, size, fit);
    }
  }
}

/** The header comes from outside this function: dimensions are believed only once the bytes say the same. */
function checkOther(bytes: Buffer, header: ImageHeader): void {
  const parsed: ParsedImage = header.format === 'png' ? parsePngHeader(bytes) : parseWebpHeader(bytes);
  if (parsed.kind === 'bad') throw new FrameError(parsed.reason, parsed.message);
  if (parsed.header.width !== header.width || parsed.header.height !== header.height) {
    throw new FrameError(
      'image_corrupt',
      `${header.format} of ${parsed.header.width}x${parsed.header.height} was announced as ${header.width}x${header.height}`,
    );
  }
}

/** Writes the padding only: the picture's own rows are written anyway. */
function padAround(slot: Buffer, size: number, fit: Letterbox, value: number): void {
  const rowBytes = size * 3;
  const top = fit.offsetY;
  const bottom = fit.offsetY + fit.scaledHeight;
  slot.fill(value, 0, top * rowBytes);
  slot.fill(value, bottom * rowBytes);
  if (fit.scaledWidth === size) return;
  for (let y = top; y < bottom; y++) {
    slot.fill(value, y * rowBytes, y * rowBytes + fit.offsetX * 3);
    slot.fill(value, y * rowBytes + (fit.offsetX + fit.scaledWidth) * 3, (y + 1) * rowBytes);
  }
}

function copyRows(rows: Buffer, slot: Buffer, size: number, fit: Letterbox): void {
  const rowBytes = fit.scaledWidth * 3;
  if (fit.scaledWidth === size) {
    rows.copy(slot, fit.offsetY * rowBytes, 0, fit.scaledHeight * rowBytes);
    return;
  }
  for (let y = 0; y < fit.scaledHeight; y++) {
    rows.copy(slot, ((fit.offsetY + y) * size + fit.offsetX) * 3, y * rowBytes, (y + 1) * rowBytes);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
