import type { FrameSource } from './frame-source.ts';
import type { FrameMessage } from './messages.ts';

/** Requests held at once: each waits for its answer with a socket of its own. */
const REQUESTS_MAX = 1_000;

/**
 * Frames of shards that nobody serves at the moment, as during a hand-off: the newest of each stream, and single ones
 * of requests, within a budget of bytes. Who is refused or displaced is told by the answer; the caller counts it.
 */
export class HeldFrames {
  readonly #bytesMax: number;
  readonly #bySource = new Map<FrameSource, FrameMessage>();
  #bytes = 0;
  #requests = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#bySource.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @returns the older frame of that source which made room; `full` where this one cannot be held */
  hold(message: FrameMessage): FrameMessage | 'full' | undefined {
    const { source, frame } = message;
    const older = this.#bySource.get(source);
    const room = this.#bytesMax - this.#bytes + (older?.frame.bytes.byteLength ?? 0);
    if (frame.bytes.byteLength > room) return 'full';
    if (older === undefined && source.kind === 'request') {
      if (this.#requests >= REQUESTS_MAX) return 'full';
    }
    if (older !== undefined) this.take(source);
    this.#bySource.set(source, message);
    this.#bytes += frame.bytes.byteLength;
    if (source.kind === 'request') this.#requests++;
    return older;
  }

  /** Takes out what is held of `source`. */
  take(source: FrameSource): FrameMessage | undefined {
    const message = this.#bySource.get(source);
    if (message === undefined) return undefined;
    this.#bySource.delete(source);
    this.#bytes -= message.frame.bytes.byteLength;
    if (source.kind === 'request') this.#requests--;
    return message;
  }

  /** Takes out all that came before `receivedAtMs`. */
  takeOlder(receivedAtMs: number): FrameMessage[] {
    const old = [...this.#bySource.values()].filter(({ frame }) => frame.receivedAtMs < receivedAtMs);
    for (const { source } of old) this.take(source);
    return old;
  }

  /** Sources of which something is held. */
  sources(): FrameSource[] {
    return [...this.#bySource.keys()];
  }
}
