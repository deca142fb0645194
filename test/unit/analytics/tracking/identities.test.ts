import { describe, expect, it } from 'vitest';
import { Tracker, type TrackerOptions } from '../../../../analytics/tracking/tracker.ts';
import { type IdentityFigures, IdentityScore } from '../../../support/scenes/identity-score.ts';
import { createScene, type SceneOptions } from '../../../support/scenes/scene.ts';

const OPTIONS: TrackerOptions = { highScore: 0.3, hitsMin: 2, lostS: 1.5, mixLabels: 'groups', scoreMin: 0.1 };

function identities(options: SceneOptions): IdentityFigures & { readonly switchesPer100: number } {
  const scene = createScene(options);
  const tracker = new Tracker(OPTIONS);
  const score = new IdentityScore();
  for (const frame of scene.frames()) {
    score.add(frame.truth, tracker.update(frame.detections, frame.atMs, scene.aspect).tracks, frame.atMs);
  }
  const figures = score.figures();
  return { ...figures, switchesPer100: (100 * figures.switches) / figures.objects };
}

// The measured figures, and more seeds, are in docs/tracking.md; the bounds leave room.
describe('identities over a synthetic crossroads', () => {
  it('keeps nearly all in free flow without anything in the way', () => {
    const { switchesPer100, idf1 } = identities({ seed: 11, lights: false, occluders: [] });
    expect(switchesPer100).toBeLessThan(6);
    expect(idf1).toBeGreaterThan(0.9);
  });

  it('keeps most behind a pole and a footbridge', () => {
    const { switchesPer100, idf1 } = identities({ seed: 11, lights: false });
    expect(switchesPer100).toBeLessThan(25);
    expect(idf1).toBeGreaterThan(0.88);
  });

  it.each([5, 10, 24])('keeps most in queues that stop and go, with traffic across, at %i frames/s', (fps) => {
    const { switchesPer100, idf1 } = identities({ seed: 11, fps });
    expect(switchesPer100).toBeLessThan(35);
    expect(idf1).toBeGreaterThan(0.85);
  });

  it('keeps most while the frame rate changes and frames are missing', () => {
    const { switchesPer100, idf1 } = identities({ seed: 11, fps: [2, 10], gaps: { everyS: 15, lengthS: 1 } });
    expect(switchesPer100).toBeLessThan(45);
    expect(idf1).toBeGreaterThan(0.8);
  });
});
