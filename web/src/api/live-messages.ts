import { decodeWatchedFrame } from '../../../core/frame-codec.ts';
import type { CameraSummary, ErrorMessage, NodeStatsMessage, WatchedFrameHead } from '../../../core/protocol.ts';

/** Topic `cluster`, once a second: the first cameras, by id. */
export interface CamerasMessage {
  readonly type: 'cameras';
  readonly cameras: readonly CameraSummary[];
}

export type LiveText = NodeStatsMessage | CamerasMessage | ErrorMessage;

/** One picture of a watched camera with what was found in it. */
export interface WatchedFrame {
  readonly head: WatchedFrameHead;
  readonly picture: Blob;
}

const KNOWN_TYPES = new Set(['stats', 'cameras', 'error']);

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
