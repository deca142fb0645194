/**
 * The names of things. Branded strings and numbers, so that a shard is never passed where a camera is meant.
 */

declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** A camera's name, `[A-Za-z0-9._-]{1,64}`, chosen by whoever installed it. */
export type CameraId = Brand<string, 'CameraId'>;
/** A slice of all cameras, 0 .. shardCount - 1. */
export type ShardId = Brand<number, 'ShardId'>;
/** One Camshard process. */
export type NodeId = Brand<string, 'NodeId'>;
/** One socket or one HTTP request, unique within a node's life. */
export type ConnectionId = Brand<number, 'ConnectionId'>;
/** One GPU, the CPU, or a simulated GPU, e.g. `cpu-0`. */
export type DeviceId = Brand<string, 'DeviceId'>;
/** Fencing token of a shard: grows by one each time its owner changes. */
export type Epoch = Brand<number, 'Epoch'>;

export const CAMERA_ID_LENGTH_MAX = 64;
const CAMERA_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The camera id in `text`, or `undefined` where it is not `[A-Za-z0-9._-]{1,64}`. */
export function parseCameraId(text: string): CameraId | undefined {
  return CAMERA_ID.test(text) ? (text as CameraId) : undefined;
}

export const shardId = (n: number): ShardId => n as ShardId;
export const nodeId = (text: string): NodeId => text as NodeId;
export const deviceId = (text: string): DeviceId => text as DeviceId;
export const connectionId = (n: number): ConnectionId => n as ConnectionId;
export const epoch = (n: number): Epoch => n as Epoch;
