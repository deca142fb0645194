import type { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { decodeFrameEnvelope } from '../../../core/frame-codec.ts';
import { masked, messageHead } from '../../../loadtest/swarm/wire.ts';

// Exported by the library, missing from its types.
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };

/** Reads client messages with the WebSocket library's own parser. */
function receive(bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const receiver = new Receiver({ isServer: true });
    receiver.on('message', (data: Buffer) => resolve(data));
    receiver.on('error', reject);
    receiver.write(bytes);
  });
}

const pictureOf = (bytes: number): Buffer => Buffer.from(Uint8Array.from({ length: bytes }, (_, i) => (i * 31) & 255));

describe('the hand-written WebSocket message', () => {
  it.each([1, 90, 101, 102, 4_000, 65_511, 65_512, 200_000])(
    'is read back by a WebSocket server: envelope and a picture of %i bytes',
    async (bytes) => {
      const picture = pictureOf(bytes);
      const head = messageHead(bytes, { seq: 70_000, capturedWallMs: 1_700_000_000_123.5 });
      const message = await receive(Buffer.concat([head, masked(picture)]));
      expect(decodeFrameEnvelope(message)).toMatchObject({
        kind: 'envelope',
        seq: 70_000,
        capturedWallMs: 1_700_000_000_123.5,
        pictureOffset: 24,
      });
      expect(message.subarray(24).equals(picture)).toBe(true);
    },
  );

  it('carries a bare picture where no envelope is given', async () => {
    const picture = pictureOf(1_000);
    const message = await receive(Buffer.concat([messageHead(1_000, undefined), masked(picture)]));
    expect(message.equals(picture)).toBe(true);
  });

  it('makes a new head each time, since a socket may still hold the last', () => {
    const envelope = { seq: 1, capturedWallMs: 0 };
    const first = messageHead(10, envelope);
    messageHead(10, { ...envelope, seq: 2 });
    expect(first.equals(messageHead(10, envelope))).toBe(true);
  });
});
