import type { Findings } from '../analytics/camera-analytics.ts';
import type { Frame } from '../core/frame.ts';
import type { ConnectionId, Epoch, NodeId, ShardId } from '../core/ids.ts';
import type { FrameOutcome } from '../core/outcome.ts';
import type { StreamTarget } from '../core/protocol.ts';

/**
 * `answeredUpTo` of whoever settles a frame without knowing of those before it: their answers may still come. Numbers
 * begin at 1, so this is below all of them.
 */
export const NONE_ANSWERED = 0;

/** What the camera actor tells a camera that has just connected. */
export interface Welcome {
  /** Who serves the camera; the node itself where absent. */
  readonly node?: NodeId;
  readonly shard: ShardId;
  readonly epoch: Epoch;
  readonly credit: number;
  readonly target: StreamTarget;
}

/** Where a camera is sent to. */
export interface Redirect {
  readonly url: string;
  readonly shard: ShardId;
  readonly epoch: Epoch;
}

/**
 * Whoever pushed a frame and waits for its one answer: a camera connection (a stream of frames in order) or an HTTP
 * request (one frame). Implemented by `src/ingest`; calls after the other side is gone do nothing.
 */
export interface FrameSource {
  readonly id: ConnectionId;
  readonly kind: 'stream' | 'request';
  /** False once the other side is gone. */
  readonly open: boolean;
  /** It came over the link of another node, which keeps its account: it is not passed on again. */
  readonly relayed: boolean;
  /** The camera understands a redirect. */
  readonly follows: boolean;
  /** The camera was told to go to its owner, and will: this is not how it is served best. */
  readonly redirected: boolean;
  /** Number of the first frame of a stream; undefined before it came. */
  readonly firstSeq: number | undefined;
  welcome(welcome: Welcome): void;
  /**
   * The answer to one frame. Results come in the order of their frames.
   * @param answeredUpTo every frame of this source up to this sequence number has had its answer.
   * @param findings what analytics made of it, where it was analysed.
   */
  settled(frame: Frame, outcome: FrameOutcome, latencyMs: number, answeredUpTo: number, findings?: Findings): void;
  /** The camera may have so many unanswered frames from now on, and is asked for these. */
  credit(credit: number, target: StreamTarget): void;
  /** A newer connection took the camera id: this one is to be told and closed. */
  replaced(): void;
  /** The camera keeps sending past its credit: it is to be told and disconnected. */
  expelled(): void;
  /** The camera cannot be taken: the node is full or stops, or, of one that is relayed, somebody else has it by now. */
  refused(code: 'camera_limit' | 'draining' | 'not_owner'): void;
  /** Another node serves the camera: it would do better to send there. */
  redirect(to: Redirect): void;
}
