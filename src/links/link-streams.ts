import { CAMERAS_MAX } from '../../config/limits.ts';
import type { Clock, Timer } from '../../core/clock.ts';
import { ReceiveCredit, SendCredit } from './link-credit.ts';
import {
  CONTENT_BYTES_MAX,
  contentBytes,
  encodeBarePacket,
  encodeNumberPacket,
  encodePacket,
  PACKET,
  PACKET_ID_MAX,
} from './link-packet.ts';
import type { LinkStream, LinkStreamEvents } from './port.ts';
import type { SendLanes } from './send-lanes.ts';

/** Streams of one link, both ways: every camera of a node may be relayed to one other. */
export const STREAMS_PER_LINK_MAX = CAMERAS_MAX;
/** Credit smaller than an eighth of the window waits this long for more to go with. */
const CREDIT_DELAY_MS = 10;

export interface LinkStreamsOptions {
  readonly clock: Clock;
  readonly lanes: SendLanes;
  /** Something was put into the lanes. */
  readonly onPut: () => void;
  /** Likewise, of the protocol's own. */
  readonly onControl: () => void;
  readonly dialled: boolean;
  readonly sendWindowBytes: number;
  readonly receiveWindowBytes: number;
  /** A stream the peer opened; `undefined` where nobody takes it. */
  readonly accept: (stream: LinkStream, head: unknown) => LinkStreamEvents | undefined;
  readonly onFault: (error: unknown) => void;
  readonly onRefused: () => void;
}

interface Entry {
  readonly stream: LinkStream;
  events: LinkStreamEvents | undefined;
  /** Bytes received on it and not given back yet. */
  heldBytes: number;
}

/** The streams of one connection, and the credit of their pushes. The dialler's streams have odd ids, the listener's even. */
export class LinkStreams {
  readonly #options: LinkStreamsOptions;
  readonly #out: SendCredit;
  readonly #in: ReceiveCredit;
  readonly #open = new Map<number, Entry>();
  #nextId: number;
  #creditTimer: Timer | undefined;
  #ended = false;

  constructor(options: LinkStreamsOptions) {
    this.#options = options;
    this.#out = new SendCredit(options.sendWindowBytes);
    this.#in = new ReceiveCredit(options.receiveWindowBytes);
    this.#nextId = options.dialled ? 1 : 2;
  }

  get size(): number {
    return this.#open.size;
  }

  get outstandingBytes(): number {
    return this.#out.outstandingBytes;
  }

  open(head: unknown, events: LinkStreamEvents): LinkStream | undefined {
    const { lanes } = this.#options;
    const id = this.#nextId;
    if (this.#ended || this.#open.size >= STREAMS_PER_LINK_MAX || id > PACKET_ID_MAX) return undefined;
    const packet = encodePacket(PACKET.open, id, JSON.stringify(head ?? null));
    if (!lanes.takes(contentBytes(packet))) {
      this.#options.onRefused();
      return undefined;
    }
    this.#nextId += 2;
    const stream = this.#streamOf(id);
    this.#open.set(id, { stream, events, heldBytes: 0 });
    this.#put(id, packet, true);
    return stream;
  }

  /** @returns what is wrong with it, where the peer may not open this stream. */
  peerOpened(id: number, head: unknown): string | undefined {
    const isPeers = id > 0 && (id % 2 === 1) !== this.#options.dialled;
    if (!isPeers || this.#open.has(id)) return `stream ${id} is not one its peer may open`;
    if (this.#open.size >= STREAMS_PER_LINK_MAX) {
      this.#put(id, encodeBarePacket(PACKET.end, id), false);
      return undefined;
    }
    const entry: Entry = { stream: this.#streamOf(id), events: undefined, heldBytes: 0 };
    this.#open.set(id, entry);
    this.#guarded(id, () => {
      entry.events = this.#options.accept(entry.stream, head);
    });
    if (entry.events === undefined && this.#open.has(id)) entry.stream.end();
    return undefined;
  }

  told(id: number, message: unknown): void {
    const events = this.#open.get(id)?.events;
    if (events !== undefined) this.#guarded(id, () => events.told(message));
  }

  /** @returns `false` where the peer has no credit for so many bytes. */
  announced(bytes: number): boolean {
    return this.#in.received(bytes);
  }

  /** A push is whole: `bytes` are the receiver's, `contentBytes` what it took of the credit. */
  pushed(id: number, head: unknown, bytes: Uint8Array, takenBytes: number): void {
    const entry = this.#open.get(id);
    if (entry?.events === undefined) {
      // Ended on this side while it was on its way.
      this.#giveBack(takenBytes);
      return;
    }
    const { events } = entry;
    entry.heldBytes += takenBytes;
    let isDone = false;
    const done = (): void => {
      if (isDone) return;
      isDone = true;
      // What a stream still held when it ended has been given back then.
      if (this.#open.get(id) !== entry) return;
      entry.heldBytes -= takenBytes;
      this.#giveBack(takenBytes);
    };
    this.#guarded(id, () => events.pushed(head, bytes, done));
  }

  peerEnded(id: number): void {
    const entry = this.#forget(id);
    if (entry?.events !== undefined) this.#told(entry.events);
  }

  /** @returns `false` where the peer gives back what it never got. */
  credited(totalBytes: number): boolean {
    return this.#out.returned(totalBytes);
  }

  /** The connection is gone. */
  end(): void {
    this.#ended = true;
    this.#creditTimer?.cancel();
    for (const id of [...this.#open.keys()]) this.peerEnded(id);
  }

  #streamOf(id: number): LinkStream {
    return {
      tell: (message) => this.#tell(id, message),
      push: (head, bytes) => this.#push(id, head, bytes),
      end: () => this.#end(id),
    };
  }

  #tell(id: number, message: unknown): void {
    const entry = this.#open.get(id);
    if (entry === undefined) return;
    const packet = encodePacket(PACKET.tell, id, JSON.stringify(message ?? null));
    if (this.#options.lanes.takes(contentBytes(packet))) return this.#put(id, packet, true);
    // The peer reads slower than it is told things: a stream with a hole in it would be worse than none.
    this.#options.onRefused();
    this.#end(id);
    const { events } = entry;
    if (events !== undefined) queueMicrotask(() => this.#told(events));
  }

  #push(id: number, head: unknown, bytes: Uint8Array): 'sent' | 'full' | 'ended' {
    if (!this.#open.has(id)) return 'ended';
    const packet = encodePacket(PACKET.push, id, JSON.stringify(head ?? null), bytes);
    const taken = contentBytes(packet);
    if (taken > CONTENT_BYTES_MAX || !this.#out.take(taken)) {
      this.#options.onRefused();
      return 'full';
    }
    this.#put(id, packet, false);
    return 'sent';
  }

  #end(id: number): void {
    if (this.#forget(id) !== undefined && !this.#ended) this.#put(id, encodeBarePacket(PACKET.end, id), false);
  }

  #forget(id: number): Entry | undefined {
    const entry = this.#open.get(id);
    this.#open.delete(id);
    if (entry !== undefined && entry.heldBytes > 0) this.#giveBack(entry.heldBytes);
    return entry;
  }

  #giveBack(bytes: number): void {
    this.#in.done(bytes);
    if (this.#ended) return;
    if (this.#in.isDue) this.#tellCredit();
    else this.#creditTimer ??= this.#options.clock.after(CREDIT_DELAY_MS, () => this.#tellCredit());
  }

  #tellCredit(): void {
    this.#creditTimer?.cancel();
    this.#creditTimer = undefined;
    const total = this.#in.tell();
    if (total === undefined || this.#ended) return;
    this.#options.lanes.putControl(encodeNumberPacket(PACKET.credit, 0, total));
    this.#options.onControl();
  }

  #put(id: number, packet: Buffer, bounded: boolean): void {
    this.#options.lanes.put(id, packet, bounded);
    this.#options.onPut();
  }

  #told(events: LinkStreamEvents): void {
    try {
      events.ended();
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  /** A bug met by one camera's message costs that camera's stream, not the link of a thousand others. */
  #guarded(id: number, handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.#options.onFault(error);
      const events = this.#open.get(id)?.events;
      this.#end(id);
      if (events !== undefined) this.#told(events);
    }
  }
}
