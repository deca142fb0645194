import { Fifo } from './fifo.ts';
import { CONTENT_BYTES_MAX, contentBytes, cutPiece, PIECE_BYTES_MAX } from './link-packet.ts';

/** Bytes of small packets waiting for a slow peer, pushes apart, which credit bounds. */
export const PROMPT_BYTES_MAX = 8 * 1024 * 1024;
/** Bytes of cut contents waiting, pushes apart: the largest there may be. */
export const BULK_BYTES_MAX = CONTENT_BYTES_MAX;

/** Whether it goes in pieces. */
export const isLarge = (packet: Buffer): boolean => contentBytes(packet) > PIECE_BYTES_MAX;

interface Item {
  readonly packet: Buffer;
  readonly counted: 'prompt' | 'bulk' | 'not';
  offset: number;
}

/** What must stay in order goes through one channel: a stream's id, or what else the sender names. */
export type Channel = number | string;

/**
 * What waits for the socket, and what goes next: pure.
 *
 *     control   pings, credit                                    always first
 *     prompt    contents in one packet, in order                 then
 *     bulk      contents in pieces, channels taking turns        a piece each time PIECE_BYTES_MAX of prompt have gone
 *
 * So a small packet waits for a piece at most, however large the snapshot before it, and the snapshot moves however busy
 * the cameras are. What follows a cut content in the same channel waits behind it: frames of one camera never overtake.
 */
export class SendLanes {
  readonly #control = new Fifo<Buffer>();
  readonly #prompt = new Fifo<Item>();
  readonly #bulk = new Map<Channel, Fifo<Item>>();
  readonly #waitingBytes = { prompt: 0, bulk: 0, not: 0 };
  #promptBytesSincePiece = 0;

  get isEmpty(): boolean {
    return this.#control.length === 0 && this.#prompt.length === 0 && this.#bulk.size === 0;
  }

  /** Bytes waiting in all. */
  get waitingBytes(): number {
    return this.#waitingBytes.prompt + this.#waitingBytes.bulk + this.#waitingBytes.not;
  }

  /** Tiny packets, bounded by their sender. */
  putControl(packet: Buffer): void {
    this.#control.push(packet);
  }

  /** Whether {@link put} of so many bytes of content stays within the bounds. */
  takes(bytes: number): boolean {
    if (bytes > CONTENT_BYTES_MAX) return false;
    const lane = bytes > PIECE_BYTES_MAX ? 'bulk' : 'prompt';
    return this.#waitingBytes[lane] + bytes <= (lane === 'bulk' ? BULK_BYTES_MAX : PROMPT_BYTES_MAX);
  }

  /** `bounded: false` for what is bounded otherwise: pushes by credit, ends by the number of streams. */
  put(channel: Channel, packet: Buffer, bounded: boolean): void {
    const bytes = contentBytes(packet);
    const large = isLarge(packet);
    const counted = !bounded ? 'not' : large ? 'bulk' : 'prompt';
    this.#waitingBytes[counted] += bytes;
    const item: Item = { packet, counted, offset: 0 };
    const before = this.#bulk.get(channel);
    if (before !== undefined) before.push(item);
    else if (large) {
      const queue = new Fifo<Item>();
      queue.push(item);
      this.#bulk.set(channel, queue);
    } else this.#prompt.push(item);
  }

  /** The next packet to hand to the socket. */
  next(): Buffer | undefined {
    const control = this.#control.shift();
    if (control !== undefined) return control;
    const bulkIsDue = this.#promptBytesSincePiece >= PIECE_BYTES_MAX;
    if (this.#bulk.size > 0 && (bulkIsDue || this.#prompt.length === 0)) {
      this.#promptBytesSincePiece = 0;
      return this.#nextPiece();
    }
    const item = this.#prompt.shift();
    if (item === undefined) return undefined;
    this.#gone(item);
    if (this.#bulk.size > 0) this.#promptBytesSincePiece += item.packet.byteLength;
    return item.packet;
  }

  #nextPiece(): Buffer | undefined {
    for (const [channel, queue] of this.#bulk) {
      this.#bulk.delete(channel);
      const item = queue.peek();
      if (item === undefined) continue;
      const bytes = contentBytes(item.packet);
      let packet = item.packet;
      if (isLarge(packet)) {
        const { piece, nextOffset } = cutPiece(item.packet, item.offset);
        packet = piece;
        item.offset = nextOffset;
      } else item.offset = bytes;
      if (item.offset >= bytes) {
        queue.shift();
        this.#gone(item);
      }
      // To the end of the line: the others have their turn first.
      if (queue.length > 0) this.#bulk.set(channel, queue);
      return packet;
    }
    return undefined;
  }

  #gone(item: Item): void {
    this.#waitingBytes[item.counted] -= contentBytes(item.packet);
  }
}
