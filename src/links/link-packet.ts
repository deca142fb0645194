import { LINK_MESSAGE_BYTES_MAX, SNAPSHOT_BYTES_MAX } from '../../config/limits.ts';

/**
 * The bytes on a node link. Each binary WebSocket message is one packet, little-endian; text is never sent.
 *
 *     0   u8     kind, see {@link PACKET}
 *     1   u8     1: first piece of its content, 2: last piece; a content in one piece is both: 3
 *     2   u16    0
 *     4   u32    id: of the stream, of the question, or a running number
 *     8   u32    only on a first piece that is not the last: bytes of the whole content
 *     ..  ...    the content, or a piece of it
 *
 * What a content is depends on the kind:
 *
 *     handshake, message, ask, answer, fault, open, tell, push    u32 length of the JSON, JSON (UTF-8), attached bytes
 *     credit                                                      f64 bytes given back since the connection began
 *     ping, pong                                                  f64 token, sent back as it came
 *     end                                                         nothing
 *
 * A content over {@link PIECE_BYTES_MAX} is cut into pieces; those of different contents mix, those of one come in order.
 * Words: a "frame" in Camshard is a camera's, so what others call frames of a protocol are packets here.
 */
export const PACKET = {
  handshake: 1,
  message: 2,
  ask: 3,
  answer: 4,
  fault: 5,
  open: 6,
  tell: 7,
  push: 8,
  end: 9,
  credit: 10,
  ping: 11,
  pong: 12,
} as const;
export type PacketKind = (typeof PACKET)[keyof typeof PACKET];

export const PACKET_HEADER_BYTES = 8;
const TOTAL_BYTES = 4;
const FIRST = 1;
const LAST = 2;
const KIND_MAX = PACKET.pong;
export const PACKET_ID_MAX = 0xffff_ffff;

/** Bytes of content in one packet: what a small packet waits behind at most, beside what the socket already has. */
export const PIECE_BYTES_MAX = 256 * 1024;
/** Bytes of one content: a snapshot as attachment, and the JSON it is attached to. */
export const CONTENT_BYTES_MAX = SNAPSHOT_BYTES_MAX + LINK_MESSAGE_BYTES_MAX;

if (PIECE_BYTES_MAX + PACKET_HEADER_BYTES + TOTAL_BYTES > LINK_MESSAGE_BYTES_MAX) {
  throw new Error('a piece must fit LINK_MESSAGE_BYTES_MAX: the receiving socket refuses what is larger');
}

/** A packet as it came; `piece` is a view of the message it came in. */
export interface Packet {
  readonly kind: PacketKind;
  readonly id: number;
  readonly first: boolean;
  readonly last: boolean;
  /** Of the whole content; known of the first piece only, 0 on others. */
  readonly totalBytes: number;
  readonly piece: Uint8Array;
}

export type DecodedPacket = Packet | { readonly kind: 'bad'; readonly message: string };
const bad = (message: string): DecodedPacket => ({ kind: 'bad', message });

/** Reads one packet; does not look into its content. Never throws, whatever the bytes are. */
export function decodePacket(bytes: Uint8Array): DecodedPacket {
  if (bytes.byteLength < PACKET_HEADER_BYTES) return bad(`a packet of ${bytes.byteLength} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = view.getUint8(0);
  if (kind === 0 || kind > KIND_MAX) return bad(`packet kind ${kind}`);
  const place = view.getUint8(1);
  if (place > (FIRST | LAST)) return bad(`piece flags 0x${place.toString(16)}`);
  if (view.getUint16(2, true) !== 0) return bad('reserved bytes are not 0');
  const id = view.getUint32(4, true);
  const first = (place & FIRST) !== 0;
  const last = (place & LAST) !== 0;
  const named = { kind: kind as PacketKind, id, first, last };
  if (first && !last) {
    const start = PACKET_HEADER_BYTES + TOTAL_BYTES;
    if (bytes.byteLength <= start) return bad('a first piece without bytes');
    const totalBytes = view.getUint32(PACKET_HEADER_BYTES, true);
    const piece = bytes.subarray(start);
    if (totalBytes <= piece.byteLength) return bad(`a first piece of ${piece.byteLength} bytes of ${totalBytes}`);
    if (totalBytes > CONTENT_BYTES_MAX) return bad(`a content of ${totalBytes} bytes`);
    return { ...named, totalBytes, piece };
  }
  const piece = bytes.subarray(PACKET_HEADER_BYTES);
  return { ...named, totalBytes: first ? piece.byteLength : 0, piece };
}

function writeHeader(packet: Buffer, kind: PacketKind, place: number, id: number): void {
  packet.writeUInt8(kind, 0);
  packet.writeUInt8(place, 1);
  packet.writeUInt16LE(0, 2);
  packet.writeUInt32LE(id, 4);
}

/** A packet that carries JSON (already text) and maybe bytes: whole, of any size; {@link cutPiece} cuts large ones. */
export function encodePacket(kind: PacketKind, id: number, json: string, attached?: Uint8Array): Buffer {
  const jsonBytes = Buffer.byteLength(json);
  const jsonAt = PACKET_HEADER_BYTES + 4;
  const packet = Buffer.allocUnsafe(jsonAt + jsonBytes + (attached?.byteLength ?? 0));
  writeHeader(packet, kind, FIRST | LAST, id);
  packet.writeUInt32LE(jsonBytes, PACKET_HEADER_BYTES);
  packet.write(json, jsonAt, 'utf8');
  if (attached !== undefined) packet.set(attached, jsonAt + jsonBytes);
  return packet;
}

/** A packet of one number: credit, ping, pong. */
export function encodeNumberPacket(kind: PacketKind, id: number, value: number): Buffer {
  const packet = Buffer.allocUnsafe(PACKET_HEADER_BYTES + 8);
  writeHeader(packet, kind, FIRST | LAST, id);
  packet.writeDoubleLE(value, PACKET_HEADER_BYTES);
  return packet;
}

/** A packet without content: end. */
export function encodeBarePacket(kind: PacketKind, id: number): Buffer {
  const packet = Buffer.allocUnsafe(PACKET_HEADER_BYTES);
  writeHeader(packet, kind, FIRST | LAST, id);
  return packet;
}

export const contentBytes = (packet: Buffer): number => packet.byteLength - PACKET_HEADER_BYTES;

/** The piece of a whole packet's content that begins at `offset`, as a packet of its own. */
export function cutPiece(whole: Buffer, offset: number): { readonly piece: Buffer; readonly nextOffset: number } {
  const totalBytes = contentBytes(whole);
  const nextOffset = Math.min(totalBytes, offset + PIECE_BYTES_MAX);
  const first = offset === 0;
  const headBytes = PACKET_HEADER_BYTES + (first ? TOTAL_BYTES : 0);
  const piece = Buffer.allocUnsafe(headBytes + nextOffset - offset);
  const place = (first ? FIRST : 0) | (nextOffset === totalBytes ? LAST : 0);
  writeHeader(piece, whole.readUInt8(0) as PacketKind, place, whole.readUInt32LE(4));
  if (first) piece.writeUInt32LE(totalBytes, PACKET_HEADER_BYTES);
  whole.copy(piece, headBytes, PACKET_HEADER_BYTES + offset, PACKET_HEADER_BYTES + nextOffset);
  return { piece, nextOffset };
}

export type DecodedContent =
  /** `attached` is a view of the content. */
  | { readonly kind: 'content'; readonly value: unknown; readonly attached: Uint8Array }
  | { readonly kind: 'bad'; readonly message: string };

/** Reads JSON and attached bytes. Never throws. */
export function decodeContent(content: Uint8Array): DecodedContent {
  if (content.byteLength < 4) return { kind: 'bad', message: `a content of ${content.byteLength} bytes` };
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const jsonBytes = buffer.readUInt32LE(0);
  if (4 + jsonBytes > content.byteLength) {
    return { kind: 'bad', message: `JSON of ${jsonBytes} bytes in a content of ${content.byteLength}` };
  }
  try {
    const value: unknown = JSON.parse(buffer.toString('utf8', 4, 4 + jsonBytes));
    return { kind: 'content', value, attached: content.subarray(4 + jsonBytes) };
  } catch {
    return { kind: 'bad', message: 'a content that is not JSON' };
  }
}

/** The number of a credit, ping or pong; `undefined` where it is none that was ever sent. */
export function decodeNumber(content: Uint8Array): number | undefined {
  if (content.byteLength !== 8) return undefined;
  const value = new DataView(content.buffer, content.byteOffset, 8).getFloat64(0, true);
  return Number.isFinite(value) ? value : undefined;
}
