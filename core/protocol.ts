/**
 * The JSON a node and a camera say to each other on `/v1/cameras/{id}/stream`, and what a node tells watchers on
 * `/v1/live`. docs/protocol.md is the same in prose.
 */
import type { CameraEvent } from './camera-event.ts';
import type { TrackedDetection } from './detection.ts';
import type { LedgerSnapshot } from './ledger.ts';

export const CAMERA_SUBPROTOCOL = 'camshard.v1';

/** What the node would like the camera to send. */
export interface StreamTarget {
  readonly fps: number;
  /** Pixels; a picture of this width needs no resizing. */
  readonly width: number;
  readonly height: number;
}

/** Camera → node, text. The only text a camera may send. */
export interface HelloMessage {
  readonly type: 'hello';
  readonly schemaVersion: 1;
  readonly fps?: number;
  readonly width?: number;
  readonly height?: number;
}

export interface WelcomeMessage {
  readonly type: 'welcome';
  readonly camera: string;
  readonly shard: number;
  readonly node: string;
  readonly epoch: number;
  readonly credit: number;
  readonly target: StreamTarget;
}

/** An absolute window: how many unanswered frames the camera may have. Sending it again changes nothing. */
export interface CreditMessage {
  readonly type: 'credit';
  readonly credit: number;
  readonly target: StreamTarget;
}

/** Every frame up to and with `upTo` is answered; `shed` names those of them that were not analysed, and why. */
export interface AckMessage {
  readonly type: 'ack';
  readonly upTo: number;
  readonly shed: readonly { readonly seq: number; readonly reason: string }[];
}

export interface ResultMessage {
  readonly type: 'result';
  readonly seq: number;
  /** ms since the Unix epoch by the camera's clock; absent where it did not say. */
  readonly capturedAt?: number;
  /** ms since the Unix epoch by the node's clock. */
  readonly receivedAt: number;
  /** From reception to this message, ms. */
  readonly latencyMs: number;
  /** `name@version`. */
  readonly model: string;
  readonly detections: readonly TrackedDetection[];
  /** What happened, where something did. */
  readonly events?: readonly CameraEvent[];
}

export interface RedirectMessage {
  readonly type: 'redirect';
  readonly url: string;
  readonly shard: number;
  readonly epoch: number;
}

/** A fault of the camera's; the connection stays unless the node closes it. */
export interface ErrorMessage {
  readonly type: 'error';
  readonly code: string;
  readonly message: string;
  readonly seq?: number;
}

export type NodeToCameraMessage =
  | WelcomeMessage
  | CreditMessage
  | AckMessage
  | ResultMessage
  | RedirectMessage
  | ErrorMessage;

/** Close codes of camera and live connections (RFC 6455 leaves 4000-4999 to applications). */
export const CLOSE = {
  normal: 1000,
  /** A bug of the node's, met while it handled a message of this connection. */
  internalError: 1011,
  goingAway: 1001,
  /** A newer connection took the camera id. */
  replaced: 4001,
  /** Too many bad messages in a row. */
  tooManyErrors: 4002,
  /** The camera does not read what the node sends. */
  slowReader: 4003,
  /** The camera has kept sending past its credit for too long, and `flow.disobedience` says to disconnect such ones. */
  disobedient: 4004,
} as const;

export const CAMERA_PRIORITIES = ['critical', 'normal', 'low'] as const;
export type CameraPriority = (typeof CAMERA_PRIORITIES)[number];

/** One camera as `/v1/cameras` lists it and topic `cluster` reports it. */
export interface CameraSummary {
  readonly camera: string;
  readonly shard: number;
  /** Who serves it ... */
  readonly node: string;
  /** ... and who has its socket, which is the same as a rule. */
  readonly via: string;
  readonly connected: boolean;
  /** Pictures received per second, over the last seconds. */
  readonly fpsIn: number;
  /** Results per second, over the last seconds. */
  readonly fpsOut: number;
  /** Pictures per second asked of it now. */
  readonly targetFps: number;
  /** How it ranks under overload: `flow.priorities`. */
  readonly priority: CameraPriority;
  /** Crashes of the node during which a frame of this camera was on a device. Above 0 the camera is suspect. */
  readonly crashes: number;
  /** The device that serves it; null before its first frame. */
  readonly device: string | null;
  /** Mean latency of recent results, ms; null before the first. */
  readonly latencyMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
  /** ms since the Unix epoch of the last picture; null before the first. */
  readonly lastFrameAt: number | null;
  readonly ledger: LedgerSnapshot;
}

/** JSON head of a `CSV1` message: the picture that follows, with what was found in it. */
export interface WatchedFrameHead {
  readonly type: 'frame';
  readonly camera: string;
  readonly seq: number;
  readonly receivedAt: number;
  readonly latencyMs: number;
  readonly model: string;
  readonly width: number;
  readonly height: number;
  readonly detections: readonly TrackedDetection[];
  readonly events?: readonly CameraEvent[];
}

/** Topic `cluster`, once a second. */
export interface NodeStatsMessage {
  readonly type: 'stats';
  readonly node: string;
  readonly uptimeMs: number;
  readonly cameras: number;
  readonly connections: number;
  readonly fpsIn: number;
  readonly fpsOut: number;
  /** Percentiles over the last seconds, ms; null where nothing was answered. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
  readonly ledger: LedgerSnapshot;
  readonly devices: readonly DeviceSummary[];
}

export interface DeviceSummary {
  readonly device: string;
  /** What it runs on. */
  readonly kind: string;
  /** What it was to run on; absent where that is what it runs on. */
  readonly configuredKind?: string;
  readonly state: 'starting' | 'ready' | 'failed' | 'stopped';
  /** Open after repeated failures: its cameras are on other devices until a probe, while half open, succeeds. */
  readonly breaker: BreakerState;
  readonly model: string;
  /** Side of the input that serves now, pixels. */
  readonly inputSize: number;
  /** Largest batch it may run now, frames: less than its largest after memory ran out. */
  readonly batchMax: number;
  /** Null where the device's memory cannot be read. */
  readonly memory: DeviceMemory | null;
  /** Times memory ran out, and times its sessions were made anew to give memory back. */
  readonly outOfMemory: number;
  readonly renewals: number;
  readonly pending: number;
  readonly inFlightBatches: number;
  /** Frames run per second, mean batch size, and compute time per batch, over the last seconds. */
  readonly fps: number;
  readonly batchSize: number;
  readonly computeMs: number;
  /** Mean time a frame waited from its reception until it was picked for a batch, ms, over the last seconds. */
  readonly queueMs: number;
  /** Share of the last seconds, 0..1, in which a batch ran. */
  readonly busyShare: number;
  /** Sizes of batches it was warmed with, and others that ran; ascending. */
  readonly buckets: readonly DeviceBucket[];
}

/** One size of batches of a device. */
export interface DeviceBucket {
  readonly frames: number;
  /** Batches of that size run since the process began. */
  readonly batches: number;
  /** Expected run time at the input size that serves now, ms; null before anything was measured. */
  readonly expectedMs: number | null;
}

export type BreakerState = 'closed' | 'open' | 'half_open';

/** A card's memory, bytes. */
export interface DeviceMemory {
  readonly totalBytes: number;
  /** By everybody. */
  readonly usedBytes: number;
  /** By this process; null where it cannot be told apart. */
  readonly ownBytes: number | null;
  /** By everybody when the largest batch allowed runs; null before that is known. */
  readonly plannedPeakBytes: number | null;
  /** What that may come to at most: `memory.shareMax` of the total, less what is reserved. */
  readonly limitBytes: number;
}
