import type { CameraId } from '../../core/ids.ts';
import { type AlertRecord, alertOfRecord, type OutboxRecord } from './outbox-record.ts';

/** What goes to a camera's next owner with it; plain JSON. A {@link CameraCheckpoint} holds the same. */
export interface CameraAlerts {
  readonly camera: CameraId;
  /** The last opening number of each rule. */
  readonly openings: Readonly<Record<string, number>>;
  /**
   * First, in the order they happened, what some sink has not had yet; then, as `adopted`, alerts that are only to be
   * known. At most UNDELIVERED_PER_CAMERA_MAX of the former.
   */
  readonly records: readonly OutboxRecord[];
}

export interface AlertCarry {
  readonly cameras: readonly CameraAlerts[];
}

/** Records that go to the owner of their cameras by themselves, without anything else of the cameras. */
export function carryOf(records: readonly AlertRecord[]): AlertCarry {
  const cameras = new Map<CameraId, AlertRecord[]>();
  for (const record of records) {
    const camera = alertOfRecord(record)?.camera;
    if (camera === undefined) continue;
    const ofCamera = cameras.get(camera);
    if (ofCamera === undefined) cameras.set(camera, [record]);
    else ofCamera.push(record);
  }
  return { cameras: [...cameras].map(([camera, ofCamera]) => ({ camera, openings: {}, records: ofCamera })) };
}
