import { CSF_HEADER_BYTES, encodeFrameEnvelope } from '../../core/frame-codec.ts';

/**
 * One binary WebSocket message of a client, written by hand: RFC 6455 section 5.2 (FIN, opcode 2, MASK set), then the
 * `CSF1` envelope, then the picture.
 *
 * A client must mask what it sends with a key. Masking 60 KB in JavaScript per frame would make the generator the
 * bottleneck of its own measurement; a key of zeros would spare the server its unmasking. So all frames share one key
 * and each picture is masked once, when loaded: the server does its whole work, the generator none. A picture begins
 * 24 bytes into the message, a multiple of the key's length, so its masking does not depend on the header.
 */
export const MASK_KEY = Uint8Array.of(0x4c, 0x7a, 0x91, 0xe3);

/** XORs `bytes` with {@link MASK_KEY}, into a new buffer. Masking twice gives the original. */
export function masked(bytes: Uint8Array): Buffer {
  const out = Buffer.allocUnsafeSlow(bytes.byteLength);
  for (let i = 0; i < bytes.byteLength; i++) out[i] = (bytes[i] ?? 0) ^ (MASK_KEY[i & 3] ?? 0);
  return out;
}

/**
 * What goes before a masked picture of `pictureBytes` bytes: the WebSocket header and, where `envelope` is given, the
 * masked `CSF1` header. A new buffer each time: the socket may hold it until the kernel takes it.
 */
export function messageHead(
  pictureBytes: number,
  envelope: { readonly seq: number; readonly capturedWallMs: number } | undefined,
): Buffer {
  const envelopeBytes = envelope === undefined ? 0 : CSF_HEADER_BYTES;
  const payloadBytes = pictureBytes + envelopeBytes;
  const wide = payloadBytes > 0xffff;
  const headerBytes = (wide ? 10 : payloadBytes > 125 ? 4 : 2) + 4;
  const head = Buffer.alloc(headerBytes + envelopeBytes);
  head[0] = 0x82;
  if (wide) {
    head[1] = 0x80 | 127;
    head.writeUInt32BE(payloadBytes, 6); // the upper half of the 64-bit length stays 0
  } else if (payloadBytes > 125) {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(payloadBytes, 2);
  } else {
    head[1] = 0x80 | payloadBytes;
  }
  head.set(MASK_KEY, headerBytes - 4);
  if (envelope !== undefined) {
    const plain = encodeFrameEnvelope(NO_PICTURE, envelope);
    for (let i = 0; i < CSF_HEADER_BYTES; i++) head[headerBytes + i] = (plain[i] ?? 0) ^ (MASK_KEY[i & 3] ?? 0);
  }
  return head;
}

const NO_PICTURE = new Uint8Array(0);
