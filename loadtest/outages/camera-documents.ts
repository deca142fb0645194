import type { CameraSettingsInput } from '../../config/camera-settings/schema.ts';

/** Of the model's 80 classes those that are followed here: a simulated device invents boxes of all of them. */
export const WATCHED_LABELS = ['car', 'truck', 'bus', 'person', 'bicycle', 'dog'] as const;

/** Length of an interval of measures. */
export const INTERVAL_S = 10;

/**
 * What each camera is for: an alert opens when an object of one of a few classes is first seen, and closes when for a
 * second none was. The invented boxes lie anywhere and are of any class, so that nearly each of them is a new object:
 * alerts open and close at a steady rate that frames and classes set (here about one opening a second and camera), and
 * events, objects and measures go to the history meanwhile.
 */
export function cameraDocument(): CameraSettingsInput {
  return {
    pipeline: 'traffic',
    intervalS: INTERVAL_S,
    detector: { labels: [...WATCHED_LABELS] },
    tracker: { highScore: 0.3, hitsMin: 1, lostS: 0.1, mixLabels: 'never' },
    zones: [
      {
        id: 'all',
        polygon: [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
      },
    ],
    rules: WATCHED_LABELS.map((label, i) => ({
      id: `seen-${label}`,
      kind: 'threshold' as const,
      metric: 'objects' as const,
      label,
      windowS: 1,
      above: 0,
      cooldownS: 0,
      clearAfterS: 0,
      coverageMin: null,
      severity: (['info', 'warning', 'critical'] as const)[i % 3] ?? 'info',
      // One in six draws a picture, as much work beside the frames' way as there is.
      snapshot: i === 0,
    })),
  };
}

/** Puts the document to every camera. @throws Error where the node refuses one */
export async function putSettings(httpUrl: string, cameras: readonly string[]): Promise<void> {
  const body = JSON.stringify(cameraDocument());
  for (const camera of cameras) {
    const response = await fetch(`${httpUrl}/v1/cameras/${camera}/settings`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'x-camshard-who': 'loadtest' },
      body,
      signal: AbortSignal.timeout(5_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`PUT settings of ${camera}: ${response.status} ${text}`);
  }
}
