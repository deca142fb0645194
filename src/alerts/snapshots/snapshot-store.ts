import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Pictures kept at most, whatever the bytes: each costs some memory to know of. */
const SNAPSHOTS_MAX = 100_000;
/** `camera:rule:opening` as core/alert.ts makes it. */
const ALERT_ID = /^[A-Za-z0-9._-]{1,64}:[A-Za-z0-9._-]{1,64}:[1-9]\d{0,15}$/;
const OURS = /^([A-Za-z0-9._-]{1,64}~[A-Za-z0-9._-]{1,64}~[1-9]\d{0,15})\.jpg(\.part)?$/;

/** Whether a text can be an alert's name. */
export const isAlertId = (text: string): boolean => ALERT_ID.test(text);

/** `:` is no letter of a file name everywhere; neither cameras' nor rules' names have a `~`. */
const fileOf = (id: string): string => `${id.replaceAll(':', '~')}.jpg`;

interface Kept {
  readonly bytes: number;
  readonly atMs: number;
}

/**
 * Pictures of alerts in a folder, by alert. Bounded in bytes, the oldest makes room; files are whole or not there. What
 * earlier processes kept is found again. One writer at a time: {@link SnapshotDesk} is.
 */
export class SnapshotStore {
  readonly #dir: string;
  readonly #bytesMax: number;
  /** By file, oldest first. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  #evicted = 0;

  /**
   * @param bytesMax 0 keeps nothing
   * @throws whatever the file system throws
   */
  constructor(dir: string, bytesMax: number) {
    this.#dir = dir;
    this.#bytesMax = bytesMax;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const [file, kept] of found(dir)) {
      this.#kept.set(file, kept);
      this.#bytes += kept.bytes;
    }
    const surplus = this.#surplus(0, 0);
    for (const file of surplus) {
      this.#forget(file);
      rmSync(join(dir, file), { force: true });
    }
  }

  get size(): number {
    return this.#kept.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Pictures that made room for newer ones, since this process began. */
  get evicted(): number {
    return this.#evicted;
  }

  has(id: string): boolean {
    return isAlertId(id) && this.#kept.has(fileOf(id));
  }

  /**
   * Keeps a picture; one of the same alert is replaced.
   * @returns `too_large` where it is larger than all room there is, `bad_id` where the id is none
   * @throws whatever the file system throws; then nothing has changed but that older ones have gone
   */
  async put(id: string, picture: Uint8Array): Promise<'kept' | 'too_large' | 'bad_id'> {
    if (!isAlertId(id)) return 'bad_id';
    const bytes = picture.byteLength;
    if (bytes > this.#bytesMax) return 'too_large';
    const file = fileOf(id);
    for (const old of this.#surplus(1, bytes)) {
      this.#forget(old);
      await rm(join(this.#dir, old), { force: true });
    }
    const part = join(this.#dir, `${file}.part`);
    try {
      await writeFile(part, picture, { mode: 0o600 });
      await rename(part, join(this.#dir, file));
    } catch (error) {
      await rm(part, { force: true }).catch(() => {}); // the fault that brought us here is the one to tell
      throw error;
    }
    this.#bytes -= this.#kept.get(file)?.bytes ?? 0;
    this.#kept.delete(file);
    this.#kept.set(file, { bytes, atMs: 0 });
    this.#bytes += bytes;
    return 'kept';
  }

  /** The picture; undefined where there is none, or somebody has removed its file. */
  async get(id: string): Promise<Buffer | undefined> {
    if (!this.has(id)) return undefined;
    const file = fileOf(id);
    try {
      return await readFile(join(this.#dir, file));
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#forget(file);
      return undefined;
    }
  }

  /** The oldest files that have to go for `pictures` more of `bytes` together. */
  #surplus(pictures: number, bytes: number): string[] {
    const files: string[] = [];
    let count = this.#kept.size + pictures;
    let total = this.#bytes + bytes;
    for (const [file, kept] of this.#kept) {
      if (count <= SNAPSHOTS_MAX && total <= this.#bytesMax) break;
      files.push(file);
      count--;
      total -= kept.bytes;
    }
    this.#evicted += files.length;
    return files;
  }

  #forget(file: string): void {
    const kept = this.#kept.get(file);
    if (kept === undefined) return;
    this.#kept.delete(file);
    this.#bytes -= kept.bytes;
  }
}

/** Oldest first. Halves of files and empty ones, which a crash can leave, are removed; what is not ours is left alone. */
function found(dir: string): [string, Kept][] {
  const files: [string, Kept][] = [];
  for (const name of readdirSync(dir)) {
    const [, base, part] = OURS.exec(name) ?? [];
    if (base === undefined) continue;
    const stat = statSync(join(dir, name), { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (part !== undefined || stat.size === 0) rmSync(join(dir, name), { force: true });
    else files.push([name, { bytes: stat.size, atMs: stat.mtimeMs }]);
  }
  return files.sort(([, a], [, b]) => a.atMs - b.atMs);
}

const isMissing = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
