import type { NodeId } from '../core/ids.ts';
import type { HelloMessage } from '../core/protocol.ts';
import type { CameraRecord } from './camera-book.ts';
import type { FrameSource } from './frame-source.ts';
import type { FrameMessage } from './messages.ts';

/** The way of a camera whose shard is another node's: its frames go there, and its answers come back. */
export interface CameraRelays {
  /** Where cameras reach `node`; undefined where they cannot be sent there. */
  addressOf(node: NodeId): string | undefined;
  /**
   * Opens the way for one source. The answers are given to `source`, and settled in the book, by whoever carries them.
   * @param ended told once when it has ended, whoever ended it; what was out is settled as lost by then.
   * @returns undefined where the node is not to be reached now
   */
  open(node: NodeId, record: CameraRecord, source: FrameSource, ended: () => void): CameraRelay | undefined;
}

export interface CameraRelay {
  readonly node: NodeId;
  hello(hello: HelloMessage): void;
  /** `full`: as much is on its way as may. `ended`: it is over, and the frame still the caller's. */
  frame(message: FrameMessage): 'sent' | 'full' | 'ended';
  end(): void;
}

/** A node on its own relays to nobody. */
export const NO_RELAYS: CameraRelays = { addressOf: () => undefined, open: () => undefined };
