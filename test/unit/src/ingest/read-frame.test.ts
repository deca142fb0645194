import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeConfigSchema } from '../../../../config/schema.ts';
import { encodeFrameEnvelope } from '../../../../core/frame-codec.ts';
import { parseCameraId } from '../../../../core/ids.ts';
import { type FrameContext, readFrame } from '../../../../src/ingest/read-frame.ts';
import { jpeg, jpegOfBytes } from '../../../support/pictures.ts';

const camera = parseCameraId('cam-1');
if (camera === undefined) throw new Error('no camera id');
const context: FrameContext = {
  camera,
  nextSeq: 7,
  receivedAtMs: 10,
  receivedWallMs: 1_000,
  limits: nodeConfigSchema.parse({ ingest: { frameBytesMax: 4_096 } }).ingest,
  formats: ['jpeg'],
};

describe('readFrame', () => {
  let picture: Buffer;
  beforeAll(async () => {
    picture = await jpeg();
  });

  it('makes a frame of a bare picture, under the number it is given', () => {
    expect(readFrame(picture, context)).toEqual({
      kind: 'frame',
      numbered: false,
      frame: {
        camera,
        seq: 7,
        receivedAtMs: 10,
        receivedWallMs: 1_000,
        capturedWallMs: undefined,
        header: { format: 'jpeg', width: 64, height: 48, orientation: 1, components: 3 },
        bytes: picture,
      },
    });
  });

  it('makes a frame of an enveloped picture, without copying it', () => {
    const message = encodeFrameEnvelope(picture, { seq: 99, capturedWallMs: 5.5 });
    const read = readFrame(message, context);
    if (read.kind !== 'frame') throw new Error(read.message);
    expect(read.frame).toMatchObject({ seq: 99, capturedWallMs: 5.5 });
    expect(read.frame.bytes.buffer).toBe(message.buffer);
    expect(Buffer.from(read.frame.bytes)).toEqual(picture);
  });

  it('refuses the number 0, which an ack means as none', () => {
    const message = encodeFrameEnvelope(picture, { seq: 0, capturedWallMs: undefined });
    expect(readFrame(message, context)).toMatchObject({ kind: 'bad', reason: 'bad_envelope', seq: 0 });
  });

  it('holds the picture, not its envelope, against the limit', async () => {
    const most = await jpegOfBytes(4_096);
    expect(readFrame(most, context).kind).toBe('frame');
    expect(readFrame(encodeFrameEnvelope(most, { seq: 1, capturedWallMs: undefined }), context).kind).toBe('frame');
    expect(readFrame(await jpegOfBytes(4_097), context)).toMatchObject({ reason: 'frame_too_large', seq: 7 });
  });

  it('names the number of a bad frame wherever it has one', () => {
    expect(readFrame(new Uint8Array(0), context)).toMatchObject({ reason: 'empty_message', seq: 7 });
    expect(readFrame(Buffer.from('garbage'), context)).toMatchObject({ reason: 'not_an_image', seq: 7 });
    const garbage = encodeFrameEnvelope(Buffer.from('garbage'), { seq: 3, capturedWallMs: undefined });
    expect(readFrame(garbage, context)).toMatchObject({ reason: 'not_an_image', seq: 3 });
    expect(readFrame(Buffer.from('CSF1'), context)).toMatchObject({ reason: 'bad_envelope', seq: undefined });
  });

  it('never throws, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom('', 'CSF1', '\xff\xd8\xff'), (tail, head) => {
        const message = Buffer.concat([Buffer.from(head, 'latin1'), tail]);
        expect(['bad', 'frame']).toContain(readFrame(message, context).kind);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
