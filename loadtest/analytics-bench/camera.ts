import { CameraAnalytics } from '../../analytics/camera-analytics.ts';
import { type CameraSettings, cameraSettingsSchema } from '../../config/camera-settings/schema.ts';
import type { Detection } from '../../core/detection.ts';
import type { PictureStats } from '../../core/picture-stats.ts';

/** A busy camera: four lines, four zones, a ground plane, all incidents, health and six rules. */
export const BUSY_CAMERA: CameraSettings = cameraSettingsSchema.parse({
  lines: [0.2, 0.4, 0.6, 0.8].map((y, i) => ({ id: `line-${i}`, from: [0, y], to: [1, y] })),
  zones: [
    {
      id: 'road',
      kind: 'road',
      polygon: [
        [0, 0],
        [0.5, 0],
        [0.5, 1],
        [0, 1],
      ],
      heading: { from: [0.25, 0], to: [0.25, 1] },
    },
    {
      id: 'lane',
      kind: 'lane',
      polygon: [
        [0.5, 0],
        [0.75, 0],
        [0.75, 1],
        [0.5, 1],
      ],
      lengthM: 60,
    },
    {
      id: 'park',
      kind: 'parking',
      polygon: [
        [0.75, 0],
        [1, 0],
        [1, 0.5],
        [0.75, 0.5],
      ],
    },
    {
      id: 'area',
      kind: 'other',
      polygon: [
        [0.75, 0.5],
        [1, 0.5],
        [1, 1],
        [0.75, 1],
      ],
    },
  ],
  ground: {
    image: [
      [0.1, 0.9],
      [0.9, 0.9],
      [0.7, 0.1],
      [0.3, 0.1],
    ],
    metres: [
      [-6, 10],
      [6, 10],
      [6, 60],
      [-6, 60],
    ],
  },
  rules: [
    { id: 'busy', kind: 'threshold', metric: 'crossings', windowS: 20, above: 9 },
    { id: 'queue', kind: 'threshold', metric: 'queue', subject: 'lane', windowS: 10, above: 3 },
    { id: 'full', kind: 'threshold', metric: 'occupancy', subject: 'park', windowS: 30, above: 5 },
    { id: 'fast', kind: 'threshold', metric: 'speed', subject: 'line-1', windowS: 60, above: 70 },
    { id: 'incident', kind: 'incident' },
    { id: 'camera', kind: 'health' },
  ],
});

export interface CpuTimes {
  /** CPU of the process by frame, µs (other threads' garbage collection and compiling included). */
  readonly us: readonly number[];
  readonly tracks: number;
  readonly stateBytes: number;
}

/**
 * CPU time for each frame, from detections to alerts.
 * @param picture as a look at the pixels gives it: another one each frame
 */
export function timeCamera(
  scene: readonly (readonly Detection[])[],
  stepMs: number,
  rounds: number,
  picture: (frame: number) => PictureStats,
): CpuTimes {
  const us: number[] = [];
  let tracks = 0;
  let stateBytes = 0;
  for (let round = -1; round < rounds; round++) {
    const analytics = new CameraAnalytics(BUSY_CAMERA, undefined);
    tracks = 0;
    for (const [i, detections] of scene.entries()) {
      const frame = { atMs: START_MS + i * stepMs, detections, width: 640, height: 352, picture: picture(i) };
      const start = process.cpuUsage();
      const found = analytics.analysed(frame);
      const { user, system } = process.cpuUsage(start);
      if (round >= 0) us.push(user + system);
      tracks += found.tracks.length;
    }
    stateBytes = JSON.stringify(analytics.state()).length;
  }
  return { us, tracks: tracks / scene.length, stateBytes };
}

const START_MS = Date.UTC(2026, 0, 1);
