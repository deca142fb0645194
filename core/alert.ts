import type { CameraId, Epoch, ShardId } from './ids.ts';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What the rules of one camera decided; whoever owns the camera makes an {@link Alert} of it. */
export interface AlertChange {
  readonly rule: string;
  /** Counts up per camera and rule from 1, and never again the same: with those two it is the alert's name. */
  readonly opening: number;
  readonly state: 'opened' | 'closed';
  readonly severity: Severity;
  /** ms since the Unix epoch. */
  readonly atMs: number;
  readonly openedAtMs: number;
  /** Alerts of one key are one: the second is not raised while the first is open or cooling down. */
  readonly dedupeKey: string;
  readonly title: string;
  /** One sentence with the figures. */
  readonly message: string;
  /** The figure that passed the threshold, where there is one. */
  readonly value: number | null;
  readonly threshold: number | null;
  /** More, for machines: line, zone, track, label, material. */
  readonly data: Readonly<Record<string, string | number | boolean | null>>;
  /** Whether a picture is to be kept with it. */
  readonly snapshot: boolean;
}

/** An alert's beginning or end, as the outbox keeps it and every sink gets it. */
export interface Alert extends AlertChange {
  /** `<camera>:<rule>:<opening>`. */
  readonly id: string;
  readonly cluster: string;
  readonly node: string;
  readonly camera: CameraId;
  readonly shard: ShardId;
  readonly epoch: Epoch;
  /** Where the picture will be, relative to the node's URL: `/v1/alerts/<id>/snapshot`; null without one. */
  readonly snapshotPath: string | null;
}

/** The name of an alert; the id of its CloudEvent is this and `:opened` or `:closed`. */
export function alertId(camera: CameraId, rule: string, opening: number): string {
  return `${camera}:${rule}:${opening}`;
}
