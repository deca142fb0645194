import type { Frame } from '../core/frame.ts';
import type { CameraId } from '../core/ids.ts';
import type { FrameOutcome } from '../core/outcome.ts';
import type { HelloMessage } from '../core/protocol.ts';
import type { CameraRecord } from './camera-book.ts';
import type { CameraFlow } from './camera-flow.ts';
import type { FrameSource } from './frame-source.ts';
import type { ActorRef, Lane } from './runtime/types.ts';

/** A frame on its way from the ingress to its camera actor; it is already counted as received. */
export interface FrameMessage {
  readonly kind: 'frame';
  readonly frame: Frame;
  readonly source: FrameSource;
  readonly record: CameraRecord;
}

/** A camera's socket opened, said hello, or closed. */
export interface ConnectMessage {
  readonly kind: 'connect';
  readonly camera: CameraId;
  readonly source: FrameSource;
  readonly record: CameraRecord;
}
export interface HelloReceived {
  readonly kind: 'hello';
  readonly camera: CameraId;
  readonly source: FrameSource;
  readonly hello: HelloMessage;
}
export interface DisconnectMessage {
  readonly kind: 'disconnect';
  readonly camera: CameraId;
  readonly source: FrameSource;
}

/** The camera's settings have changed; starts the actor of a camera that is expected to come. */
export interface SettingsChanged {
  readonly kind: 'settings';
  readonly camera: CameraId;
  readonly record: CameraRecord;
}

/** What the region takes and passes down: region → shard → camera. */
export type RoutedMessage = FrameMessage | ConnectMessage | HelloReceived | DisconnectMessage | SettingsChanged;

/** What became of a frame that was offered to a device. */
export interface SettledMessage {
  readonly kind: 'settled';
  readonly frame: Frame;
  readonly outcome: FrameOutcome;
}

/** Looks at a decoded frame before it is run: the camera actor's, called by the device actor while it fills a batch. */
export interface FrameGate {
  /**
   * @param slot `[inputSize, inputSize, 3]` as decoded.
   * @returns `gated` where nothing moved since the last frame that was analysed.
   */
  look(frame: Frame, slot: Uint8Array, inputSize: number): 'run' | 'gated';
}

/** A frame for a device; its settlement goes to `replyTo`. */
export interface OfferMessage {
  readonly kind: 'offer';
  readonly frame: Frame;
  /** How its camera ranks, and whether it keeps to what is asked of it. */
  readonly flow: CameraFlow;
  /** Absent where every frame is to be run. */
  readonly gate: FrameGate | undefined;
  readonly replyTo: ActorRef<SettledMessage>;
}

/** Frames wait behind everything else. */
export function laneOf(message: { readonly kind: string }): Lane {
  return message.kind === 'frame' || message.kind === 'offer' ? 'frame' : 'control';
}

export function cameraOf(message: RoutedMessage): CameraId {
  return message.kind === 'frame' ? message.frame.camera : message.camera;
}
