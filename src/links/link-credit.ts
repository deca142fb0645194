/**
 * The credit of one direction of a link: bytes of pushes sent and not given back, at most `windowBytes`. What was given
 * back is said as a total since the connection began, so that saying it again changes nothing. Pure.
 *
 * A push alone may be larger than the window, or a large picture would never pass a small one.
 */
export class SendCredit {
  readonly windowBytes: number;
  #sentBytes = 0;
  #returnedBytes = 0;

  constructor(windowBytes: number) {
    this.windowBytes = windowBytes;
  }

  get outstandingBytes(): number {
    return this.#sentBytes - this.#returnedBytes;
  }

  /** Takes `bytes` of it; `false` where not as much is left, and nothing is taken. */
  take(bytes: number): boolean {
    if (this.outstandingBytes > 0 && this.outstandingBytes + bytes > this.windowBytes) return false;
    this.#sentBytes += bytes;
    return true;
  }

  /** @returns `false` where the peer gives back what it never got. */
  returned(totalBytes: number): boolean {
    if (totalBytes > this.#sentBytes || totalBytes < 0) return false;
    this.#returnedBytes = Math.max(this.#returnedBytes, totalBytes);
    return true;
  }
}

/** The other end of it. */
export class ReceiveCredit {
  readonly windowBytes: number;
  #receivedBytes = 0;
  #doneBytes = 0;
  #toldBytes = 0;

  constructor(windowBytes: number) {
    this.windowBytes = windowBytes;
  }

  /** @returns `false` where the peer sends past what it was given. */
  received(bytes: number): boolean {
    const heldBytes = this.#receivedBytes - this.#toldBytes;
    this.#receivedBytes += bytes;
    return heldBytes === 0 || heldBytes + bytes <= this.windowBytes;
  }

  done(bytes: number): void {
    this.#doneBytes += bytes;
  }

  /** Enough was given back to be told at once; less may wait a little, for more. */
  get isDue(): boolean {
    return this.#doneBytes - this.#toldBytes >= this.windowBytes / 8;
  }

  /** The total to tell, or `undefined` where it was told. */
  tell(): number | undefined {
    if (this.#doneBytes === this.#toldBytes) return undefined;
    this.#toldBytes = this.#doneBytes;
    return this.#doneBytes;
  }
}
