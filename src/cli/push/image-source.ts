import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import { CamshardError, errorMessage } from '../../../core/errors.ts';
import { sniffImageFormat } from '../../../core/image-header.ts';
import type { FrameSource, SourceOptions } from './source.ts';

const EXTENSIONS = new Set(['.jpg', '.jpeg', '.png', '.webp']);
const FPS_DEFAULT = 10;
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

/** Files one after another. JPEGs that need no resizing go as they are; others are converted. */
export class ImageSource implements FrameSource {
  readonly #files: readonly string[];
  readonly #options: SourceOptions;
  readonly #clock: Clock;
  #stopped = false;
  #wake: (() => void) | undefined;
  /** The only picture of a single file, so that looping over it does not convert it again. */
  #only: Uint8Array | undefined;

  constructor(files: readonly string[], options: SourceOptions, clock: Clock) {
    this.#files = files;
    this.#options = options;
    this.#clock = clock;
  }

  async run(take: (picture: Uint8Array) => Promise<void>): Promise<void> {
    const periodMs = this.#options.realtime ? 1_000 / (this.#options.fps ?? FPS_DEFAULT) : 0;
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
    if (this.#only !== undefined) return this.#only;
    const bytes = await readFile(file).catch((error: unknown) => {
      throw new CamshardError('source_unreadable', `cannot read ${file}: ${errorMessage(error)}`, { cause: error });
    });
    const picture = await this.#convert(bytes, file);
    if (this.#files.length === 1) this.#only = picture;
    return picture;
  }

  async #convert(bytes: Uint8Array, file: string): Promise<Uint8Array> {
    const { fit } = this.#options;
    if (fit === undefined && sniffImageFormat(bytes) === 'jpeg') return bytes;
    const { default: sharp } = await import('sharp');
    try {
      const image = sharp(bytes).rotate();
      if (fit !== undefined) {
        const size = { width: fit.width, ...(fit.height === undefined ? {} : { height: fit.height }) };
        image.resize({ ...size, fit: 'inside', withoutEnlargement: true });
      }
      return await image.jpeg({ quality: CONVERTED_JPEG_QUALITY }).toBuffer();
    } catch (error) {
      throw new CamshardError('source_unreadable', `${file} is no picture: ${errorMessage(error)}`, { cause: error });
    }
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
