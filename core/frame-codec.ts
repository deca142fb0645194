/**
 * The two binary envelopes of the wire, little-endian.
 *
 * A camera may wrap each picture as `CSF1`; without it the message is the bare picture:
 *
 *     0   4 bytes   "CSF1"
 *     4   u8        schema version, 1
 *     5   u8        flags, none defined in version 1: must be 0
 *     6   u16       header length in bytes, 24 or more: where the picture begins
 *     8   u32       sequence number, grows within a connection
 *     12  u32       reserved, 0
 *     16  f64       capture time, ms since the Unix epoch; 0 where unknown
 *     24  ...       picture (JPEG)
 *
 * A watcher of `/v1/live` gets frames as `CSV1`:
 *
 *     0   4 bytes   "CSV1"
 *     4   u8        schema version, 1
 *     5   u8        flags, 0
 *     6   u16       length in bytes of the JSON that follows
 *     8   ...       JSON, UTF-8
 *     ..  ...       picture (JPEG)
 */

export const CSF_HEADER_BYTES = 24;
export const CSV_HEADER_BYTES = 8;
export const SCHEMA_VERSION = 1;

const CSF1_LE = 0x31465343; // "CSF1" read as a little-endian u32
const CSV1_LE = 0x31565343;

export interface FrameEnvelope {
  readonly seq: number;
  /** ms since the Unix epoch, or `undefined` where the camera does not know. */
  readonly capturedWallMs: number | undefined;
}

export type DecodedEnvelope =
  | { readonly kind: 'bare' }
  | ({ readonly kind: 'envelope'; readonly pictureOffset: number } & FrameEnvelope)
  | {
      readonly kind: 'bad';
      readonly reason: 'bad_envelope' | 'unsupported_schema_version' | 'unsupported_flags';
      readonly message: string;
    };

const bad = (reason: 'bad_envelope' | 'unsupported_schema_version' | 'unsupported_flags', message: string) =>
  ({ kind: 'bad', reason, message }) as const;

/** Reads the envelope of a camera's binary message; does not look at the picture. */
export function decodeFrameEnvelope(message: Uint8Array): DecodedEnvelope {
  if (message.byteLength < 4) return { kind: 'bare' };
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (view.getUint32(0, true) !== CSF1_LE) return { kind: 'bare' };
  if (message.byteLength < CSF_HEADER_BYTES) {
    return bad('bad_envelope', `CSF1 header needs ${CSF_HEADER_BYTES} bytes, the message has ${message.byteLength}`);
  }
  const version = view.getUint8(4);
  if (version !== SCHEMA_VERSION) {
    return bad('unsupported_schema_version', `CSF1 schema version ${version}, this node knows ${SCHEMA_VERSION}`);
  }
  const flags = view.getUint8(5);
  if (flags !== 0) return bad('unsupported_flags', `CSF1 flags 0x${flags.toString(16)}, version 1 defines none`);
  const pictureOffset = view.getUint16(6, true);
  if (pictureOffset < CSF_HEADER_BYTES || pictureOffset >= message.byteLength) {
    return bad('bad_envelope', `CSF1 header length ${pictureOffset} of a message of ${message.byteLength} bytes`);
  }
  const capturedWallMs = view.getFloat64(16, true);
  if (!Number.isFinite(capturedWallMs) || capturedWallMs < 0) {
    return bad('bad_envelope', 'CSF1 capture time is not a time in ms since the Unix epoch');
  }
  return {
    kind: 'envelope',
    pictureOffset,
    seq: view.getUint32(8, true),
    capturedWallMs: capturedWallMs === 0 ? undefined : capturedWallMs,
  };
}

/** Wraps `picture` as `CSF1`. */
export function encodeFrameEnvelope(picture: Uint8Array, envelope: FrameEnvelope): Uint8Array {
  const message = new Uint8Array(CSF_HEADER_BYTES + picture.byteLength);
  const view = new DataView(message.buffer);
  view.setUint32(0, CSF1_LE, true);
  view.setUint8(4, SCHEMA_VERSION);
  view.setUint16(6, CSF_HEADER_BYTES, true);
  view.setUint32(8, envelope.seq >>> 0, true);
  view.setFloat64(16, envelope.capturedWallMs ?? 0, true);
  message.set(picture, CSF_HEADER_BYTES);
  return message;
}

/**
 * Wraps `picture` as `CSV1` for watchers.
 * @throws RangeError where the JSON is over 65,535 bytes.
 */
export function encodeWatchedFrame(header: unknown, picture: Uint8Array): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  if (json.byteLength > 0xffff) throw new RangeError(`CSV1 header of ${json.byteLength} bytes, at most 65535`);
  const message = new Uint8Array(CSV_HEADER_BYTES + json.byteLength + picture.byteLength);
  const view = new DataView(message.buffer);
  view.setUint32(0, CSV1_LE, true);
  view.setUint8(4, SCHEMA_VERSION);
  view.setUint16(6, json.byteLength, true);
  message.set(json, CSV_HEADER_BYTES);
  message.set(picture, CSV_HEADER_BYTES + json.byteLength);
  return message;
}

/** Reads a `CSV1` message; `undefined` where it is none. The picture is a view into `message`. */
export function decodeWatchedFrame(
  message: Uint8Array,
): { readonly header: unknown; readonly picture: Uint8Array } | undefined {
  if (message.byteLength < CSV_HEADER_BYTES) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  if (view.getUint32(0, true) !== CSV1_LE || view.getUint8(4) !== SCHEMA_VERSION) return undefined;
  const end = CSV_HEADER_BYTES + view.getUint16(6, true);
  if (end > message.byteLength) return undefined;
  const header: unknown = JSON.parse(new TextDecoder().decode(message.subarray(CSV_HEADER_BYTES, end)));
  return { header, picture: message.subarray(end) };
}
