import { decodeWatchedFrame } from '../../../core/frame-codec.ts';
import type { CameraSummary, ErrorMessage, NodeStatsMessage, WatchedFrameHead } from '../../../core/protocol.ts';
import type { Alert } from './answers.gen.ts';

/** Topic `cluster`: one page after the other of the list of all cameras, by id. */
export interface CamerasMessage {
  readonly type: 'cameras';
  readonly cameras: readonly CameraSummary[];
  /** The page holds all cameras behind this id, up to and with `next`; to the end where that is null. */
  readonly after: string;
  readonly next: string | null;
  /** Nodes that did not answer. */
  readonly away?: readonly string[];
}

/** Topic `alerts`: a change of one alert. */
export interface AlertMessage {
  readonly type: 'alert';
  /** The node whose alerts it is among, and its place there. */
  readonly keeper: string;
  readonly position: number;
  readonly alert: Omit<Alert, 'keeper' | 'position' | 'acknowledged'>;
}

export type LiveText = NodeStatsMessage | CamerasMessage | AlertMessage | ErrorMessage;

/** One picture of a watched camera with what was found in it. */
export interface WatchedFrame {
  readonly head: WatchedFrameHead;
  readonly picture: Blob;
}

const KNOWN_TYPES = new Set(['stats', 'cameras', 'alert', 'error']);

/** Reads a text message of `/v1/live`; `undefined` where it is of a kind this page does not know. */
export function parseLiveText(text: string): LiveText | undefined {
  const value: unknown = parseJson(text);
  if (typeof value !== 'object' || value === null || !('type' in value)) return undefined;
  return typeof value.type === 'string' && KNOWN_TYPES.has(value.type) ? (value as LiveText) : undefined;
}

/** Reads a binary message of `/v1/live`; `undefined` where it is no watched frame. */
export function parseWatchedFrame(message: ArrayBuffer): WatchedFrame | undefined {
  const decoded = decodeWatchedFrame(new Uint8Array(message));
  if (decoded === undefined) return undefined;
  const head = decoded.header as WatchedFrameHead;
  if (head?.type !== 'frame') return undefined;
  return { head, picture: new Blob([message.slice(decoded.picture.byteOffset)], { type: 'image/jpeg' }) };
}

/** JSON, or `undefined` where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
