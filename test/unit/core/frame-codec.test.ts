import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CSF_HEADER_BYTES,
  decodeFrameEnvelope,
  decodeWatchedFrame,
  encodeFrameEnvelope,
  encodeWatchedFrame,
} from '../../../core/frame-codec.ts';

const picture = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);

describe('the CSF1 envelope', () => {
  it('gives back what was wrapped', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64 }),
        fc.nat(0xffff_ffff),
        fc.option(fc.integer({ min: 1, max: 4_000_000_000_000 }), { nil: undefined }),
        (bytes, seq, capturedWallMs) => {
          const message = encodeFrameEnvelope(bytes, { seq, capturedWallMs });
          const decoded = decodeFrameEnvelope(message);
          expect(decoded).toEqual({ kind: 'envelope', pictureOffset: CSF_HEADER_BYTES, seq, capturedWallMs });
          expect(message.subarray(CSF_HEADER_BYTES)).toEqual(bytes);
        },
      ),
      { seed: 3 },
    );
  });

  it('is laid out as documented, so that cameras in other languages can write it', () => {
    const message = encodeFrameEnvelope(Uint8Array.of(0xaa), { seq: 0x01020304, capturedWallMs: 1_700_000_000_000 });
    const fields = ['43534631', '01', '00', '1800', '04030201', '00000000', '00008056febc7842', 'aa'];
    expect(Buffer.from(message).toString('hex')).toBe(fields.join(''));
  });

  it('takes a longer header, so that a later version may add fields at its end', () => {
    const message = new Uint8Array(40);
    message.set(encodeFrameEnvelope(picture, { seq: 9, capturedWallMs: undefined }));
    new DataView(message.buffer).setUint16(6, 36, true);
    expect(decodeFrameEnvelope(message)).toEqual({
      kind: 'envelope',
      pictureOffset: 36,
      seq: 9,
      capturedWallMs: undefined,
    });
  });

  it('takes anything without its magic as a bare picture', () => {
    for (const message of [picture, new Uint8Array(), Uint8Array.of(0x43, 0x53, 0x46), Buffer.from('CSF2'.repeat(8))]) {
      expect(decodeFrameEnvelope(message)).toEqual({ kind: 'bare' });
    }
  });

  it.each([
    ['a header that is cut', (m: Uint8Array) => m.subarray(0, 23), 'bad_envelope'],
    ['no picture behind it', (m: Uint8Array) => m.subarray(0, 24), 'bad_envelope'],
    ['a version this node does not know', (m: Uint8Array) => m.with(4, 2), 'unsupported_schema_version'],
    ['version 0', (m: Uint8Array) => m.with(4, 0), 'unsupported_schema_version'],
    ['a flag this node does not know', (m: Uint8Array) => m.with(5, 1), 'unsupported_flags'],
    ['a header length under the least', (m: Uint8Array) => m.with(6, 23), 'bad_envelope'],
    ['a header length past the end', (m: Uint8Array) => m.with(7, 0xff), 'bad_envelope'],
    ['a capture time that is no number', (m: Uint8Array) => m.with(22, 0xf8).with(23, 0x7f), 'bad_envelope'],
    ['a capture time before 1970', (m: Uint8Array) => m.with(23, 0xc2), 'bad_envelope'],
  ] as const)('refuses %s', (_name, damage, reason) => {
    const message = encodeFrameEnvelope(picture, { seq: 1, capturedWallMs: 1_700_000_000_000 });
    expect(decodeFrameEnvelope(damage(message))).toMatchObject({ kind: 'bad', reason });
  });

  it('is read from anywhere within a larger buffer', () => {
    const message = encodeFrameEnvelope(picture, { seq: 5, capturedWallMs: 1 });
    const larger = new Uint8Array(message.byteLength + 7);
    larger.set(message, 7);
    expect(decodeFrameEnvelope(larger.subarray(7))).toMatchObject({ kind: 'envelope', seq: 5 });
  });

  it('never throws, whatever follows its magic', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        const decoded = decodeFrameEnvelope(Uint8Array.from([0x43, 0x53, 0x46, 0x31, ...noise]));
        if (decoded.kind === 'envelope') expect(decoded.pictureOffset).toBeLessThan(noise.length + 4);
      }),
      { seed: 4, numRuns: 2_000 },
    );
  });
});

describe('the CSV1 envelope', () => {
  it('gives back header and picture', () => {
    const header = { camera: 'gate-ü', detections: [] };
    const decoded = decodeWatchedFrame(encodeWatchedFrame(header, picture));
    expect(decoded?.header).toEqual(header);
    expect(decoded?.picture).toEqual(picture);
  });

  it('refuses a header too long for its length field', () => {
    expect(() => encodeWatchedFrame({ text: 'x'.repeat(65_536) }, picture)).toThrow(RangeError);
  });

  it('is none where magic, version or length are wrong', () => {
    const message = encodeWatchedFrame({}, picture);
    expect(decodeWatchedFrame(message.subarray(0, 7))).toBeUndefined();
    expect(decodeWatchedFrame(message.with(0, 0))).toBeUndefined();
    expect(decodeWatchedFrame(message.with(4, 2))).toBeUndefined();
    expect(decodeWatchedFrame(message.with(6, 0xff))).toBeUndefined();
  });
});
