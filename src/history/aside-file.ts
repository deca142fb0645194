import { appendFile, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Spooled } from './spooled.ts';

const ASIDE_BYTES_MAX = 16 * 1024 ** 2;

/** Records the database will never take, as JSON lines for a person to look at. Bounded: past it they are only counted. */
export class AsideFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async keep(record: Spooled, error: string): Promise<void> {
    const line = `${JSON.stringify({ error, ...record })}\n`;
    await mkdir(dirname(this.#path), { recursive: true });
    const bytes = await stat(this.#path).then(
      ({ size }) => size,
      () => 0,
    );
    if (bytes + line.length <= ASIDE_BYTES_MAX) await appendFile(this.#path, line);
  }
}
