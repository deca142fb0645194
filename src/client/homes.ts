import { CamshardError } from '../../core/errors.ts';
import { splitNodeUrls } from './urls.ts';

/** Where a camera begins: the addresses it was given, in turn. */
export class Homes {
  readonly #urls: readonly string[];
  #at = 0;

  /**
   * @param list addresses of nodes, comma between
   * @param toStream from a node's address to the camera's stream there
   * @throws CamshardError `bad_url`
   */
  constructor(list: string, toStream: (nodeUrl: string) => string) {
    this.#urls = splitNodeUrls(list).map(toStream);
    if (this.#urls.length === 0) throw new CamshardError('bad_url', 'no address of a node was given');
  }

  get count(): number {
    return this.#urls.length;
  }

  get current(): string {
    return this.#urls[this.#at] ?? '';
  }

  has(url: string): boolean {
    return this.#urls.includes(url);
  }

  /** The one to try after `failed` was lost: the next in turn, and another than that where there is one. */
  next(failed: string): string {
    if (this.current === failed) this.#at = (this.#at + 1) % this.#urls.length;
    return this.current;
  }
}
