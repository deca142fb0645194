import type { Alert } from './alert.ts';
import type { CameraEvent } from './camera-event.ts';
import type { IntervalMeasures } from './measure.ts';
import type { TrackSummary } from './track.ts';

/** Where a record comes from; an older epoch's is refused by the database. */
export interface Origin {
  readonly camera: string;
  readonly shard: number;
  readonly epoch: number;
}

/** One change somebody made, append-only. */
export interface AuditEntry {
  readonly id: string;
  /** ms since the Unix epoch. */
  readonly atMs: number;
  /** Who says they did it; the token proves only that they may. */
  readonly who: string;
  /** From where: address, or `cli`, `file`. */
  readonly via: string;
  /** e.g. `camera_settings.set`. */
  readonly action: string;
  /** What was changed, e.g. `camera:north-1`. */
  readonly subject: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What the history takes. Everything is JSON: it waits on disk until the database has it. */
export type HistoryRecord =
  | { readonly kind: 'event'; readonly origin: Origin; readonly event: CameraEvent }
  | { readonly kind: 'interval'; readonly origin: Origin; readonly interval: IntervalMeasures }
  /** A prediction: one object the model found and the tracker followed. */
  | { readonly kind: 'object'; readonly origin: Origin; readonly model: string; readonly object: TrackSummary }
  | { readonly kind: 'alert'; readonly alert: Alert }
  | {
      /** Somebody has seen an alert. Nobody's but theirs: no owner is needed for it. */
      readonly kind: 'acknowledged';
      readonly alert: Pick<Alert, 'id' | 'camera' | 'openedAtMs'>;
      readonly who: string;
      /** ms since the Unix epoch. */
      readonly atMs: number;
    }
  | { readonly kind: 'audit'; readonly entry: AuditEntry };
export type HistoryRecordKind = HistoryRecord['kind'];

/** Takes records and never keeps anybody waiting: what cannot be kept is counted. Implemented by src/history. */
export interface HistoryWriter {
  write(record: HistoryRecord): 'accepted' | 'full' | 'closed';
}
