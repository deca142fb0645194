import type { CameraSettings } from '../../../config/camera-settings/schema.ts';
import type { AlertChange } from '../../../core/alert.ts';
import type { DrawnScene, DrawnTrack } from './scene-svg.ts';

/** What is drawn for an alert: all there is to see at that moment, with what it is about marked. */
export function alertScene(
  camera: string,
  change: AlertChange,
  settings: Pick<CameraSettings, 'lines' | 'zones'>,
  tracks: readonly DrawnTrack[],
): DrawnScene {
  const { title, severity, atMs, data } = change;
  const { track, zone, subject } = data;
  const about = typeof subject === 'string' ? subject : null;
  return {
    camera,
    atMs,
    title,
    severity,
    // Tracks change under whoever keeps them: drawing comes later.
    tracks: tracks.map(({ id, label, box, observed }) => ({ id, label, box, observed: observed ?? true })),
    lines: settings.lines,
    zones: settings.zones,
    marked: {
      track: typeof track === 'number' ? track : null,
      line: about,
      zone: typeof zone === 'string' ? zone : about,
    },
  };
}
