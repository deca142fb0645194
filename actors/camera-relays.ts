import type { NodeId } from '../core/ids.ts';
import type { HelloMessage } from '../core/protocol.ts';
import type { CameraRecord } from './camera-book.ts';
import type { FrameSource } from './frame-source.ts';
import type { FrameMessage } from './messages.ts';

/** The way of a camera whose shard is another node's: its frames go there, and its answers come back. */
export interface CameraRelays {
  /** Where cameras reach `node`; undefined where they cannot be sent there, or it may be dead. */
  addressOf(node: NodeId): string | undefined;
  /**
   * Opens the way for one source. The answers are given to `source`, and settled in the book, by whoever carries them.
   * @returns undefined where the node is not to be reached now
   */
  open(node: NodeId, record: CameraRecord, source: FrameSource, events: RelayEvents): CameraRelay | undefined;
}

export interface RelayEvents {
  /** The node does not own the camera any more, and has not looked at this frame. */
  returned(message: FrameMessage): void;
  /** It has ended, whoever ended it; what was out is returned or settled as lost by then. Told once. */
  ended(): void;
}

export interface CameraRelay {
  readonly node: NodeId;
  hello(hello: HelloMessage): void;
  /** `full`: as much is on its way as may. `ended`: it is over, and the frame still the caller's. */
  frame(message: FrameMessage): 'sent' | 'full' | 'ended';
  /** Nothing more will come; `ended` follows once what is out has been answered, in about a second at the latest. */
  end(): void;
}

/** A node on its own relays to nobody. */
export const NO_RELAYS: CameraRelays = { addressOf: () => undefined, open: () => undefined };
