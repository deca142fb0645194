import type { Packet } from './link-packet.ts';

/** Contents being received in pieces at once: one per stream within its credit, and a few others. */
const PARTS_MAX = 1_024;

interface Part {
  readonly content: Buffer;
  receivedBytes: number;
}

export type Collected =
  /** Not whole yet. */
  | { readonly kind: 'more' }
  /** `owned`: the content is a copy that may be kept; else it is a view of what was received. */
  | { readonly kind: 'whole'; readonly content: Uint8Array; readonly owned: boolean }
  | { readonly kind: 'bad'; readonly message: string };

/** Puts contents together again: pure. Holds `bytesMax` at most, whatever a peer sends. */
export class PieceCollector {
  readonly #bytesMax: number;
  readonly #parts = new Map<number, Part>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  take({ kind, id, first, last, totalBytes, piece }: Packet): Collected {
    const key = kind * 2 ** 32 + id;
    const open = this.#parts.get(key);
    if (first && open !== undefined) return { kind: 'bad', message: 'a content begins within itself' };
    if (first && last) return { kind: 'whole', content: piece, owned: false };
    if (!first && open === undefined) return { kind: 'bad', message: 'a piece of nothing' };
    const part = open ?? this.#begin(key, totalBytes);
    if (part === undefined) return { kind: 'bad', message: 'more contents in pieces than may be' };
    const endBytes = part.receivedBytes + piece.byteLength;
    if (endBytes > part.content.byteLength) return { kind: 'bad', message: 'more pieces than were announced' };
    if (last !== (endBytes === part.content.byteLength)) {
      return { kind: 'bad', message: `${endBytes} bytes of ${part.content.byteLength}, last: ${last}` };
    }
    part.content.set(piece, part.receivedBytes);
    part.receivedBytes = endBytes;
    if (!last) return { kind: 'more' };
    this.#parts.delete(key);
    this.#bytes -= part.content.byteLength;
    return { kind: 'whole', content: part.content, owned: true };
  }

  #begin(key: number, totalBytes: number): Part | undefined {
    if (this.#parts.size >= PARTS_MAX || this.#bytes + totalBytes > this.#bytesMax) return undefined;
    // Memory of its own, not of Buffer's pool; pages not written to cost nothing, so an announcement alone is cheap.
    const part: Part = { content: Buffer.allocUnsafeSlow(totalBytes), receivedBytes: 0 };
    this.#parts.set(key, part);
    this.#bytes += totalBytes;
    return part;
  }
}
