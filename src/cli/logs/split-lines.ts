import { StringDecoder } from 'node:string_decoder';

/** A line longer than this is passed on in pieces: whoever writes without line breaks fills no memory. */
export const LINE_CHARS_MAX = 256 * 1024;

/** Puts chunks together into lines. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** @returns the lines that are complete now, without their line breaks */
  push(chunk: Uint8Array): string[] {
    const lines = (this.#rest + this.#decoder.write(Buffer.from(chunk))).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LINE_CHARS_MAX) {
      lines.push(this.#rest);
      this.#rest = '';
    }
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  /** What is left when nothing more comes: a line without its break, if anything. */
  end(): string[] {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }
}
