import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import { CamshardError, errorMessage } from '../../../core/errors.ts';
import { uprightSize } from '../../../core/frame.ts';
import { parseJpegHeader, sniffImageFormat } from '../../../core/image-header.ts';
import type { Fit, FrameSource, SourceOptions } from './source.ts';

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp']);
/** Pictures per second where nobody says. */
export const PICTURES_FPS = 10;
const CONVERTED_JPEG_QUALITY = 90;

/** The pictures of a folder in the order people number them: `frame9.jpg` before `frame10.jpg`. */
export async function listPictures(folder: string): Promise<string[]> {
  const byNumber = new Intl.Collator('en', { numeric: true });
  const names = (await readdir(folder)).filter((n) => EXTENSIONS.has(extname(n).toLowerCase()));
  if (names.length === 0) {
    throw new CamshardError('source_empty', `no pictures (.jpg, .jpeg, .png, .webp) in ${folder}`);
  }
  return names.sort(byNumber.compare).map((n) => join(folder, n));
}

/** Files one after another. JPEGs that need no resizing go as they are; others are converted, each to the size wanted then. */
export class ImageSource implements FrameSource {
  readonly #files: readonly string[];
  readonly #options: SourceOptions;
  readonly #clock: Clock;
  #stopped = false;
  #wake: (() => void) | undefined;
  /** The only picture of a single file and the size it was made for, so that looping does not convert it again. */
  #only: { readonly width: number | undefined; readonly picture: Uint8Array } | undefined;

  constructor(files: readonly string[], options: SourceOptions, clock: Clock) {
    this.#files = files;
    this.#options = options;
    this.#clock = clock;
  }

  async run(take: (picture: Uint8Array) => Promise<void>): Promise<void> {
    const periodMs = this.#options.realtime ? 1_000 / (this.#options.fps ?? PICTURES_FPS) : 0;
    let dueMs = this.#clock.nowMs();
    do {
      for (const file of this.#files) {
        const picture = await this.#read(file);
        await this.#sleep(dueMs - this.#clock.nowMs());
        if (this.#stopped) return;
        await take(picture);
        dueMs = Math.max(dueMs + periodMs, this.#clock.nowMs());
      }
    } while (this.#options.loop && !this.#stopped);
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  async #read(file: string): Promise<Uint8Array> {
    const fit = this.#options.fit();
    if (this.#only !== undefined && this.#only.width === fit?.width) return this.#only.picture;
    const bytes = await readFile(file).catch((error: unknown) => {
      throw new CamshardError('source_unreadable', `cannot read ${file}: ${errorMessage(error)}`, { cause: error });
    });
    const picture = await convert(bytes, file, fit);
    if (this.#files.length === 1) this.#only = { width: fit?.width, picture };
    return picture;
  }

  #sleep(ms: number): Promise<void> {
    if (ms <= 0 || this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#clock.after(ms, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

/** `bytes` as a JPEG no larger than `fit`, upright where it had to be converted. */
async function convert(bytes: Uint8Array, file: string, fit: Fit | undefined): Promise<Uint8Array> {
  const isJpeg = sniffImageFormat(bytes) === 'jpeg';
  if (isJpeg && fitsAlready(bytes, fit)) return bytes;
  const { default: sharp } = await import('sharp');
  try {
    const image = sharp(bytes).rotate();
    if (fit !== undefined) {
      const size = { width: fit.width, ...(fit.height === undefined ? {} : { height: fit.height }) };
      image.resize({ ...size, fit: 'inside', withoutEnlargement: true });
    }
    return await image.jpeg({ quality: CONVERTED_JPEG_QUALITY }).toBuffer();
  } catch (error) {
    // The node says better than we what is wrong with it.
    if (isJpeg && fit?.required === false) return bytes;
    throw new CamshardError('source_unreadable', `${file} is no picture: ${errorMessage(error)}`, { cause: error });
  }
}

function fitsAlready(jpeg: Uint8Array, fit: Fit | undefined): boolean {
  if (fit === undefined) return true;
  const parsed = parseJpegHeader(jpeg);
  if (parsed.kind !== 'image') return false;
  const { width, height } = uprightSize(parsed.header);
  return width <= fit.width && height <= (fit.height ?? Number.POSITIVE_INFINITY);
}
