import type { CameraEvent } from '../../core/camera-event.ts';
import type { ImageHeader } from '../../core/frame.ts';
import type { TraceContext } from '../../core/frame-trace.ts';
import type { Epoch, NodeId, ShardId } from '../../core/ids.ts';
import type { FrameOutcome } from '../../core/outcome.ts';
import type { HelloMessage, StreamTarget } from '../../core/protocol.ts';

/** What is said on the link stream of a relayed camera. The ingress opens it; both run the same program version or one apart. */
export interface RelayHead {
  readonly kind: 'camera';
  readonly camera: string;
  readonly source: 'stream' | 'request';
  /** The camera goes to its owner by itself as soon as it is told where. */
  readonly follows: boolean;
}

/** Ingress → owner, beside the picture's bytes. */
export interface RelayedFrameHead {
  /** Names the frame on this stream: sequence numbers of cameras may come twice. */
  readonly n: number;
  readonly seq: number;
  /** How long ago it was received, ms: it may have been held. */
  readonly ageMs: number;
  /** ms since the Unix epoch. */
  readonly receivedWallMs: number;
  readonly capturedWallMs: number | null;
  readonly header: ImageHeader;
  readonly firstSeq: number | null;
  /** Of a frame whose way is traced: the owner's part belongs to the same trace. */
  readonly trace?: TraceContext;
}

/** Ingress → owner. `bye`: no frames will follow; the owner ends the stream when all have been answered. */
export type ToOwner = { readonly kind: 'hello'; readonly hello: HelloMessage } | { readonly kind: 'bye' };

/** Owner → ingress. */
export type ToIngress =
  | {
      readonly kind: 'welcome';
      readonly node: NodeId;
      readonly shard: ShardId;
      readonly epoch: Epoch;
      readonly credit: number;
      readonly target: StreamTarget;
    }
  | { readonly kind: 'credit'; readonly credit: number; readonly target: StreamTarget }
  | {
      readonly kind: 'settled';
      readonly n: number;
      readonly outcome: FrameOutcome;
      readonly answeredUpTo: number;
      readonly findings: RelayedFindings | null;
    }
  | { readonly kind: 'replaced' }
  | { readonly kind: 'expelled' }
  | {
      readonly kind: 'refused';
      readonly code: 'camera_limit' | 'draining' | 'not_owner';
      /** Frames that came and were not looked at ... */
      readonly returned: readonly number[];
      /** ... and the last one that came at all. */
      readonly lastTaken: number;
    };

/** The part of what was found that the pusher is told. */
export interface RelayedFindings {
  readonly byDetection: readonly (number | null)[];
  readonly events: readonly CameraEvent[];
}
