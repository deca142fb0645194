import { describe, expect, it } from 'vitest';
import { complete, NOT_CUT } from '../../../../analytics/tracking/partial.ts';
import { Tracker } from '../../../../analytics/tracking/tracker.ts';
import type { Box } from '../../../../core/detection.ts';
import { createScene } from '../../../support/scenes/scene.ts';

const OPTIONS = { highScore: 0.3, hitsMin: 2, lostS: 1.5, mixLabels: 'groups', scoreMin: 0.1 } as const;
const heightOf = (box: Box): number => box[3] - box[1];
const widthOf = (box: Box): number => box[2] - box[0];

describe('a box cut by what stands before it', () => {
  const edges = [0.02, 0.02];
  it('is completed from the edge that is where it should be, to the extent expected', () => {
    const out = new Float64Array(4);
    // Its upper half is seen.
    expect(complete([1, 0.5, 0.2, 0.2], 0, [1, 0.45, 0.2, 0.1], 0, edges, 0, 1, out)).toBe(1);
    expect([...out].map((v) => Math.round(v * 1e6) / 1e6)).toEqual([1, 0.5, 0.2, 0.2]);
  });

  it('is whole where it has the form of the whole, whatever was expected', () => {
    const out = new Float64Array(4);
    expect(complete([1, 0.5, 0.2, 0.6], 0, [1, 0.3, 0.2, 0.2], 0, edges, 0, 1, out)).toBe(NOT_CUT);
  });

  it('is never completed far beyond the form of the whole', () => {
    const out = new Float64Array(4);
    expect(complete([1, 0.5, 0.2, 0.6], 0, [1, 0.44, 0.2, 0.1], 0, edges, 0, 1, out)).toBe(1);
    expect(out[3]).toBeLessThanOrEqual(0.2 * 1.1 + 1e-9);
  });
});

describe('boxes of tracks', () => {
  it.each([1, 3])('stay as large as what they follow, hidden in part or not (seed %i)', (seed) => {
    const scene = createScene({ seed, vehicles: 120, fps: 10 });
    const tracker = new Tracker(OPTIONS);
    // Frames in a row in which a track is far larger than what its detection is of.
    const row = new Map<number, number>();
    let longest = 0;
    for (const frame of scene.frames()) {
      const { tracks, byDetection } = tracker.update(frame.detections, frame.atMs, scene.aspect);
      const large = new Set<number>();
      for (const [i, id] of byDetection.entries()) {
        const truth = frame.truth.find((t) => t.id === frame.objectOf[i]);
        const box = tracks.find((t) => t.id === id)?.box;
        if (id === undefined || truth === undefined || box === undefined) continue;
        if (heightOf(box) > 1.5 * heightOf(truth.box) || widthOf(box) > 1.5 * widthOf(truth.box)) large.add(id);
      }
      for (const id of large) {
        row.set(id, (row.get(id) ?? 0) + 1);
        longest = Math.max(longest, row.get(id) ?? 0);
      }
      for (const id of row.keys()) if (!large.has(id)) row.delete(id);
    }
    expect(longest).toBeLessThan(10);
  });
});
