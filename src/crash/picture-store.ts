import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame, ImageFormat } from '../../core/frame.ts';

const ENDINGS: Readonly<Record<ImageFormat, string>> = { jpeg: 'jpg', png: 'png', webp: 'webp' };
const OURS = /^([0-9a-f]{40})\.(jpg|png|webp|json)$/;

interface KeptPicture {
  /** Name in the folder; empty where only its note was found. */
  file: string;
  bytes: number;
  atMs: number;
}

/** What is written beside a picture, for whoever looks for the fault. */
interface PictureNote {
  readonly hash: string;
  readonly camera: string;
  readonly seq: number;
  readonly receivedAt: string;
  readonly capturedAt: string | null;
  readonly format: ImageFormat;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

/**
 * Pictures under suspicion in a folder: `HASH.jpg` as received and `HASH.json` with where it came from. Bounded in number
 * and bytes, the oldest makes room. Written synchronously, since the process may not live to see a promise settle; it
 * happens once a suspect.
 */
export class PictureStore {
  readonly #dir: string;
  readonly #framesMax: number;
  readonly #bytesMax: number;
  /** By hash, oldest first. */
  readonly #kept = new Map<string, KeptPicture>();
  #bytes = 0;

  /** Finds what earlier processes kept. @throws whatever the file system throws */
  constructor(dir: string, { framesMax, bytesMax }: { readonly framesMax: number; readonly bytesMax: number }) {
    this.#dir = dir;
    this.#framesMax = framesMax;
    this.#bytesMax = bytesMax;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const [hash, picture] of found(dir)) {
      this.#kept.set(hash, picture);
      this.#bytes += picture.bytes;
    }
    this.#makeRoom(0, 0);
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Of pictures and notes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Name of a picture in the folder. */
  fileOf(hash: string): string | undefined {
    const file = this.#kept.get(hash)?.file;
    return file === '' ? undefined : file;
  }

  /**
   * Keeps a picture, where the bounds allow one of its size at all.
   * @returns whether it is kept
   * @throws whatever the file system throws
   */
  keep(hash: string, frame: Frame): boolean {
    if (this.#kept.has(hash)) return true;
    const { format, width, height } = frame.header;
    const note: PictureNote = {
      hash,
      camera: frame.camera,
      seq: frame.seq,
      receivedAt: new Date(frame.receivedWallMs).toISOString(),
      capturedAt: isoOrNull(frame.capturedWallMs),
      format,
      width,
      height,
      bytes: frame.bytes.byteLength,
    };
    const text = `${JSON.stringify(note, null, 2)}\n`;
    const bytes = frame.bytes.byteLength + Buffer.byteLength(text);
    if (!this.#makeRoom(1, bytes)) return false;
    const file = `${hash}.${ENDINGS[format]}`;
    this.#kept.set(hash, { file, bytes, atMs: frame.receivedWallMs });
    this.#bytes += bytes;
    try {
      writeFileSync(join(this.#dir, file), frame.bytes, { mode: 0o600 });
      writeFileSync(join(this.#dir, `${hash}.json`), text, { mode: 0o600 });
    } catch (error) {
      this.remove(hash);
      throw error;
    }
    return true;
  }

  remove(hash: string): void {
    const picture = this.#kept.get(hash);
    if (picture === undefined) return;
    this.#kept.delete(hash);
    this.#bytes -= picture.bytes;
    if (picture.file !== '') rmSync(join(this.#dir, picture.file), { force: true });
    rmSync(join(this.#dir, `${hash}.json`), { force: true });
  }

  removeAll(): void {
    for (const hash of [...this.#kept.keys()]) this.remove(hash);
  }

  /** Whether `frames` more of `bytes` together fit, the oldest having gone as needed. */
  #makeRoom(frames: number, bytes: number): boolean {
    if (frames > this.#framesMax || bytes > this.#bytesMax) return false;
    for (const hash of [...this.#kept.keys()]) {
      if (this.#kept.size + frames <= this.#framesMax && this.#bytes + bytes <= this.#bytesMax) break;
      this.remove(hash);
    }
    return true;
  }
}

function found(dir: string): [string, KeptPicture][] {
  const pictures = new Map<string, KeptPicture>();
  for (const name of readdirSync(dir)) {
    const [, hash, ending] = OURS.exec(name) ?? [];
    if (hash === undefined) continue; // whatever else lies there is not ours to count or remove
    const picture = pictures.get(hash) ?? { file: '', bytes: 0, atMs: 0 };
    const stat = statSync(join(dir, name), { throwIfNoEntry: false });
    picture.bytes += stat?.size ?? 0;
    picture.atMs = Math.max(picture.atMs, stat?.mtimeMs ?? 0);
    if (ending !== 'json') picture.file = name;
    pictures.set(hash, picture);
  }
  return [...pictures].sort(([, a], [, b]) => a.atMs - b.atMs);
}

const isoOrNull = (wallMs: number | undefined): string | null => {
  if (wallMs === undefined) return null;
  const date = new Date(wallMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
};
