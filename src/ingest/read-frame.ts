import type { NodeConfig } from '../../config/schema.ts';
import type { Frame, ImageFormat } from '../../core/frame.ts';
import { decodeFrameEnvelope } from '../../core/frame-codec.ts';
import type { FrameTrace } from '../../core/frame-trace.ts';
import type { CameraId } from '../../core/ids.ts';
import type { RejectReason } from '../../core/outcome.ts';
import { inspectImage } from './inspect-image.ts';

export interface FrameContext {
  readonly camera: CameraId;
  /** The number a bare picture gets. */
  readonly nextSeq: number;
  readonly receivedAtMs: number;
  readonly receivedWallMs: number;
  readonly limits: NodeConfig['ingest'];
  readonly formats: readonly ImageFormat[];
  /** Where its way is traced. */
  readonly trace?: FrameTrace | undefined;
}

export type ReadFrame =
  | {
      readonly kind: 'frame';
      readonly frame: Frame;
      /** The camera gave it its number; else the node did. */
      readonly numbered: boolean;
    }
  | {
      readonly kind: 'bad';
      readonly reason: RejectReason;
      readonly message: string;
      readonly seq: number | undefined;
      readonly numbered: boolean;
    };

/** Makes a frame of a camera's binary message, or says why it is none; looks at headers only, decodes nothing. */
export function readFrame(message: Uint8Array, context: FrameContext): ReadFrame {
  const { limits } = context;
  const bad = (reason: RejectReason, text: string, seq: number | undefined): ReadFrame => ({
    kind: 'bad',
    reason,
    message: text,
    seq,
    numbered,
  });
  let numbered = false;
  if (message.byteLength === 0) return bad('empty_message', 'a message of no bytes', context.nextSeq);

  const envelope = decodeFrameEnvelope(message);
  if (envelope.kind === 'bad') return bad(envelope.reason, envelope.message, undefined);
  numbered = envelope.kind === 'envelope';
  const seq = envelope.kind === 'envelope' ? envelope.seq : context.nextSeq;
  // An ack's `upTo` of 0 says that nothing is answered yet: no frame may have that number.
  if (seq === 0) return bad('bad_envelope', 'CSF1 sequence number 0; the first is 1', seq);
  const bytes = envelope.kind === 'envelope' ? message.subarray(envelope.pictureOffset) : message;
  if (bytes.byteLength > limits.frameBytesMax) {
    return bad('frame_too_large', `${bytes.byteLength} bytes, at most ${limits.frameBytesMax}`, seq);
  }

  const image = inspectImage(bytes, limits, context.formats);
  if (image.kind === 'bad') return bad(image.reason, image.message, seq);
  return {
    kind: 'frame',
    numbered,
    frame: {
      camera: context.camera,
      seq,
      receivedAtMs: context.receivedAtMs,
      receivedWallMs: context.receivedWallMs,
      capturedWallMs: envelope.kind === 'envelope' ? envelope.capturedWallMs : undefined,
      header: image.header,
      bytes,
      trace: context.trace,
    },
  };
}
