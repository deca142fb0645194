import type { CameraSettingsInput } from '../../config/camera-settings/schema.ts';
import { WATCHED_LABELS } from '../outages/camera-documents.ts';
import { putCameraSettings } from './cluster-api.ts';

/** A track without a detection is remembered this long, s: at 1 frame/s no invented box belongs to an earlier track. */
export const TRACK_LOST_S = 0.1;

/**
 * What a watched camera is for. Every invented box begins a track with the next number: the numbers in its results show
 * whether its tracker went on where it was. Alerts open when an object of a few of the 80 classes is seen, and close
 * when for a second none was: their opening numbers show the same of its rules.
 */
function document(): CameraSettingsInput {
  return {
    pipeline: 'traffic',
    intervalS: 10,
    detector: { labels: ['*'] },
    tracker: { highScore: 0.3, hitsMin: 1, lostS: TRACK_LOST_S, mixLabels: 'never' },
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
    rules: WATCHED_LABELS.map((label) => ({
      id: `seen-${label}`,
      kind: 'threshold' as const,
      metric: 'objects' as const,
      label,
      windowS: 1,
      above: 0,
      cooldownS: 0,
      clearAfterS: 0,
      coverageMin: null,
      severity: 'info' as const,
    })),
  };
}

const AT_ONCE = 8;

/** Puts the document to these cameras, at each node in turn: any of them takes it. @throws Error where one refuses */
export async function putDocuments(httpUrls: readonly string[], cameras: readonly string[]): Promise<void> {
  const body = JSON.stringify(document());
  const left = [...cameras.entries()];
  const work = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [i, camera] = next;
      await putCameraSettings(httpUrls[i % httpUrls.length] ?? '', camera, body);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
