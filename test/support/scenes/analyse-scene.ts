import { CameraAnalytics } from '../../../analytics/camera-analytics.ts';
import { cameraSettingsSchema } from '../../../config/camera-settings/schema.ts';
import type { CameraEvent, LineCrossed } from '../../../core/camera-event.ts';
import { type CrossingFigures, CrossingScore } from './crossing-score.ts';
import { type IdentityFigures, IdentityScore } from './identity-score.ts';
import { createScene, type SceneOptions } from './scene.ts';

export interface SceneFigures {
  readonly crossings: CrossingFigures;
  readonly identities: IdentityFigures;
  readonly events: readonly CameraEvent[];
  readonly frames: number;
}

/** Shows a synthetic scene to all of a camera's analytics, with settings by default, and compares to the truth. */
export function analyseScene(options: SceneOptions): SceneFigures {
  const scene = createScene(options);
  const labels = ['car', 'truck', 'bus', 'motorcycle'];
  const settings = cameraSettingsSchema.parse({
    lines: scene.lines.map(({ id, from, to }) => ({ id, from, to, labels })),
    ground: scene.ground,
  });
  const analytics = new CameraAnalytics(settings, undefined);
  const crossings = new CrossingScore();
  const identities = new IdentityScore();
  const events: CameraEvent[] = [];
  let frames = 0;
  for (const frame of scene.frames()) {
    frames++;
    const { width, height } = scene;
    const found = analytics.analysed({
      atMs: frame.atMs,
      detections: frame.detections,
      width,
      height,
      picture: undefined,
    });
    identities.add(frame.truth, found.tracks, frame.atMs);
    crossings.frame(frame, found.byDetection, found.events.filter(isCrossing));
    events.push(...found.events);
  }
  return { crossings: crossings.figures(scene.crossings), identities: identities.figures(), events, frames };
}

const isCrossing = (event: CameraEvent): event is LineCrossed => event.kind === 'line_crossed';
