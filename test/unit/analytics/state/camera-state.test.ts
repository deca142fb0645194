import { describe, expect, it } from 'vitest';
import {
  CameraAnalytics,
  type CameraAnalyticsState,
  type Findings,
  readCameraState,
} from '../../../../analytics/camera-analytics.ts';
import { packCamera, unpackCamera } from '../../../../analytics/state/camera-state.ts';
import type { PictureStats } from '../../../../core/picture-stats.ts';
import { BUSY_CAMERA } from '../../../../loadtest/analytics-bench/camera.ts';
import { driveAbout } from '../../../../loadtest/analytics-bench/drive-about.ts';

const START_MS = Date.UTC(2026, 0, 1);
const EDGES = Uint8Array.from({ length: 24 * 14 }, (_, i) => (i * 37) % 120);
const picture = (frame: number): PictureStats => ({
  ...{ mean: 110 + (frame % 7), deviation: 45, darkShare: 0.02, brightShare: 0.01, colour: 30 },
  ...{ sharpness: 400 + (frame % 11), edges: EDGES, columns: 24, rows: 14, fingerprint: frame },
});
const copy = (state: CameraAnalyticsState): unknown => JSON.parse(JSON.stringify(state));

/** Cars drive about; the camera is made anew from its state after every so many frames. */
function play(objects: number, frames: number, anewEvery: number): { found: Findings[]; analytics: CameraAnalytics } {
  const found: Findings[] = [];
  let analytics = new CameraAnalytics(BUSY_CAMERA, undefined);
  const scene = driveAbout({ objects, frames, stepS: 0.1, spread: 1, seed: objects });
  for (const [i, detections] of scene.entries()) {
    const atMs = START_MS + i * 100;
    if (i % 13 === 12) found.push(analytics.gated(atMs, picture(i)));
    else {
      // The camera changes its format once: filters and ways are stretched.
      const width = i > frames / 2 ? 480 : 640;
      found.push(analytics.analysed({ atMs, detections, width, height: 352, picture: picture(i) }));
    }
    if (i % anewEvery === anewEvery - 1) {
      analytics = new CameraAnalytics(BUSY_CAMERA, undefined, readCameraState(copy(analytics.state())));
    }
  }
  return { found, analytics };
}

describe('what a camera remembers', () => {
  it.each([1, 7, 50])('gives the very same findings when it is packed and taken up every %i frames', (every) => {
    const through = play(12, 300, Number.POSITIVE_INFINITY);
    const broken = play(12, 300, every);
    const told = through.found.flatMap(({ events, alerts }) => [...events, ...alerts]);
    expect(told.length).toBeGreaterThan(50);
    expect(broken.found).toEqual(through.found);
  });

  it('takes a sixth of the bytes that its memory has as JSON', () => {
    const { analytics } = play(20, 300, Number.POSITIVE_INFINITY);
    const state = analytics.state();
    const plain = JSON.stringify(unpackCamera(state)).length;
    const packed = JSON.stringify(state).length;
    expect(packed).toBeLessThan(25_000);
    expect(packed).toBeLessThan(plain / 3);
  });

  it('of the version before is read, and one of a later version is none', () => {
    const { analytics } = play(12, 200, Number.POSITIVE_INFINITY);
    const state = analytics.state();
    const first = { version: 1, ...unpackCamera(state) };
    expect(readCameraState(JSON.parse(JSON.stringify(first)))).toEqual(state);
    expect([{ version: 3 }, null, 'x', {}].map(readCameraState)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('of the version before keeps numbers this one would have rounded', () => {
    const memory = unpackCamera(play(3, 50, Number.POSITIVE_INFINITY).analytics.state());
    const [track] = memory.tracker.tracks;
    if (track === undefined) throw new Error('nobody drives');
    const odd = { ...track, filter: track.filter.map((value) => value + Math.PI / 1e6), form: Math.PI };
    const before = { ...memory, tracker: { ...memory.tracker, tracks: [odd] } };
    expect(unpackCamera(packCamera(before)).tracker.tracks[0]?.form).toBe(Math.PI);
    expect(unpackCamera(packCamera(before)).tracker.tracks[0]?.filter).toEqual(odd.filter.map(Math.fround));
  });
});
