import { describe, expect, it } from 'vitest';
import { TRACKS_MAX } from '../../../../analytics/tracking/parameters.ts';
import { Tracker, type TrackerOptions, type TrackerState } from '../../../../analytics/tracking/tracker.ts';
import type { Box, Detection } from '../../../../core/detection.ts';
import { createRandom } from '../../../../core/random.ts';
import { createScene } from '../../../support/scenes/scene.ts';

const OPTIONS: TrackerOptions = { highScore: 0.3, hitsMin: 2, lostS: 1.5, mixLabels: 'groups', scoreMin: 0.1 };
const ASPECT = 16 / 9;

const seen = (label: string, score: number, box: Box): Detection => ({ label, classId: 0, score, box });
/** A box about a place, shares. */
const at = (x: number, y: number, width = 0.06, height = 0.08): Box => [
  x - width / 2,
  y - height / 2,
  x + width / 2,
  y + height / 2,
];

/** A car that drives right at a tenth of the picture a second. */
const car = (atMs: number, score = 0.8) => seen('car', score, at(0.2 + atMs / 10_000, 0.5));

function idsOver(tracker: Tracker, times: readonly number[], detectionsAt: (atMs: number) => Detection[]): Set<number> {
  const ids = new Set<number>();
  for (const atMs of times) {
    for (const track of tracker.update(detectionsAt(atMs), atMs, ASPECT).tracks) ids.add(track.id);
  }
  return ids;
}

const every = (stepMs: number, untilMs: number): number[] =>
  Array.from({ length: Math.floor(untilMs / stepMs) + 1 }, (_, i) => i * stepMs);

describe('Tracker', () => {
  it.each([2, 3, 5, 10, 24, 30])('follows one car as one track at %i frames/s', (fps) => {
    const tracker = new Tracker(OPTIONS);
    expect([...idsOver(tracker, every(1000 / fps, 5_000), (t) => [car(t)])]).toEqual([1]);
  });

  it('knows where a track is going, in shares of width and height per second', () => {
    const tracker = new Tracker(OPTIONS);
    let velocity: readonly [number, number] = [0, 0];
    for (const t of every(100, 3_000)) velocity = tracker.update([car(t)], t, ASPECT).tracks[0]?.velocity ?? [0, 0];
    expect(velocity[0]).toBeCloseTo(0.1, 3);
    expect(velocity[1]).toBeCloseTo(0, 3);
  });

  it('confirms a track at its hitsMin-th detection, and not before', () => {
    const tracker = new Tracker({ ...OPTIONS, hitsMin: 3 });
    const counts = [0, 100, 200].map((t) => tracker.update([car(t)], t, ASPECT).tracks.length);
    expect(counts).toEqual([0, 0, 1]);
  });

  it('confirms at once where one detection is enough, and says whose it is', () => {
    const update = new Tracker({ ...OPTIONS, hitsMin: 1 }).update([car(0)], 0, ASPECT);
    expect(update.tracks).toHaveLength(1);
    expect(update.byDetection).toEqual([1]);
  });

  it('begins no track with weak detections, but goes on with them', () => {
    const tracker = new Tracker(OPTIONS);
    expect(idsOver(tracker, every(100, 2_000), (t) => [car(t, 0.2)]).size).toBe(0);
    const other = new Tracker(OPTIONS);
    const ids = idsOver(other, every(100, 5_000), (t) => [car(t, t < 500 ? 0.8 : 0.15)]);
    expect([...ids]).toEqual([1]);
    expect(other.update([car(5_100, 0.15)], 5_100, ASPECT).tracks[0]?.observed).toBe(true);
  });

  it('finds a car again after a gap within lostS, and predicts it meanwhile', () => {
    const tracker = new Tracker(OPTIONS);
    idsOver(tracker, every(100, 2_000), (t) => [car(t)]);
    for (const t of [2_100, 2_500, 3_000]) {
      const [track] = tracker.update([], t, ASPECT).tracks;
      expect(track).toMatchObject({ id: 1, observed: false, lastSeenMs: 2_000 });
      expect(((track?.box[0] ?? 0) + (track?.box[2] ?? 0)) / 2).toBeCloseTo(0.2 + t / 10_000, 2);
    }
    expect(tracker.update([car(3_400)], 3_400, ASPECT).byDetection).toEqual([1]);
  });

  it('ends a track after lostS, as it was when last seen', () => {
    const tracker = new Tracker(OPTIONS);
    idsOver(tracker, every(100, 2_000), (t) => [car(t)]);
    expect(tracker.update([], 3_500, ASPECT).ended).toEqual([]);
    const { ended, tracks } = tracker.update([], 3_501, ASPECT);
    expect(tracks).toEqual([]);
    expect(ended).toHaveLength(1);
    expect(ended[0]).toMatchObject({ id: 1, hits: 21, firstSeenMs: 0, lastSeenMs: 2_000, observed: false });
    expect(ended[0]?.box[0]).toBeCloseTo(0.37, 2);
    expect(tracker.update([], 3_600, ASPECT).ended).toEqual([]);
  });

  it('takes a car and a truck box on one vehicle for one track, whichever is stronger', () => {
    const random = createRandom(3);
    const tracker = new Tracker(OPTIONS);
    const ids = idsOver(tracker, every(100, 5_000), (t) => {
      const [x1, y1, x2, y2] = car(t).box;
      const shift = 0.004 * (random() - 0.5);
      return [
        seen('car', 0.4 + 0.4 * random(), [x1, y1, x2, y2]),
        seen('truck', 0.4 + 0.4 * random(), [x1 + shift, y1, x2, y2]),
      ];
    });
    expect([...ids]).toEqual([1]);
  });

  it('tells which track each detection belongs to, doubles included', () => {
    const tracker = new Tracker(OPTIONS);
    for (const t of [0, 100, 200]) tracker.update([car(t), seen('person', 0.9, at(0.7, 0.5, 0.02, 0.1))], t, ASPECT);
    const double = seen('truck', 0.5, car(300).box);
    const update = tracker.update(
      [seen('car', 0.05, at(0.9, 0.9)), double, seen('person', 0.9, at(0.7, 0.5, 0.02, 0.1)), car(300)],
      300,
      ASPECT,
    );
    const [a, b] = [update.byDetection[1], update.byDetection[2]];
    expect(update.byDetection).toEqual([undefined, a, b, a]);
    expect(new Set([a, b])).toEqual(new Set([1, 2]));
  });

  it('calls a track what most of its detections say, by their scores', () => {
    const tracker = new Tracker(OPTIONS);
    const labels = ['truck', 'truck', 'car', 'car', 'car', 'truck'];
    const scores = [0.3, 0.3, 0.8, 0.8, 0.7, 0.9];
    let label = '';
    labels.forEach((l, i) => {
      label =
        tracker.update([{ ...car(i * 100), label: l, score: scores[i] ?? 0 }], i * 100, ASPECT).tracks[0]?.label ?? '';
    });
    expect(label).toBe('car');
  });

  it.each([
    ['groups', 2],
    ['any', 1],
    ['never', 2],
  ] as const)('with mixLabels %s, makes a person that becomes a car %i tracks', (mixLabels, count) => {
    const tracker = new Tracker({ ...OPTIONS, mixLabels });
    const ids = idsOver(tracker, every(100, 4_000), (t) => [{ ...car(t), label: t < 2_000 ? 'person' : 'car' }]);
    expect(ids.size).toBe(count);
  });

  it('keeps apart two cars that pass each other', () => {
    const tracker = new Tracker(OPTIONS);
    let last: (number | undefined)[] = [];
    let first: (number | undefined)[] = [];
    for (const t of every(100, 6_000)) {
      const right = seen('car', 0.8, at(0.2 + t / 10_000, 0.5));
      const left = seen('car', 0.7, at(0.8 - t / 10_000, 0.53));
      last = [...tracker.update([right, left], t, ASPECT).byDetection];
      if (t === 500) first = last;
    }
    expect(last).toEqual(first);
    expect(tracker.state().nextId).toBe(3);
  });

  it('lets nothing age while frames are gated', () => {
    const tracker = new Tracker(OPTIONS);
    const parked = seen('car', 0.8, at(0.5, 0.5));
    for (const t of [0, 100, 200]) tracker.update([parked], t, ASPECT);
    tracker.update([], 300, ASPECT);
    for (let t = 400; t <= 60_000; t += 200) tracker.unchanged(t);
    const { byDetection, ended } = tracker.update([parked], 60_100, ASPECT);
    expect(byDetection).toEqual([1]);
    expect(ended).toEqual([]);
  });

  it('takes a time that goes back or stands still for the time of the frame before', () => {
    const tracker = new Tracker(OPTIONS);
    for (const t of [1_000, 1_000, 900, 1_100]) {
      const { tracks } = tracker.update([car(1_000)], t, ASPECT);
      for (const track of tracks) expect(track.box.every(Number.isFinite)).toBe(true);
    }
    expect(tracker.state()).toMatchObject({ atMs: 1_100, nextId: 2 });
  });

  it('goes on with its tracks when the picture changes its form', () => {
    const tracker = new Tracker(OPTIONS);
    const parked = seen('car', 0.8, at(0.5, 0.5));
    for (const t of [0, 100, 200]) tracker.update([parked], t, 16 / 9);
    const update = tracker.update([parked], 300, 4 / 3);
    expect(update.byDetection).toEqual([1]);
    expect(update.tracks[0]?.box[0]).toBeCloseTo(0.47, 4);
  });

  it('leaves out boxes that are none', () => {
    const tracker = new Tracker(OPTIONS);
    const bad = [
      seen('car', 0.9, [0.5, 0.5, 0.5, 0.6]),
      seen('car', 0.9, [0.6, 0.5, 0.5, 0.6]),
      seen('car', 0.9, [Number.NaN, 0.5, 0.6, 0.6]),
      seen('car', Number.NaN, at(0.5, 0.5)),
      seen('car', 0.9, [0, 0, Number.POSITIVE_INFINITY, 1]),
    ];
    for (const t of [0, 100]) expect(tracker.update(bad, t, ASPECT).byDetection).toEqual(bad.map(() => undefined));
    expect(tracker.state().tracks).toEqual([]);
  });

  it('remembers a bounded number of tracks, whatever it is shown', () => {
    const random = createRandom(5);
    const tracker = new Tracker({ ...OPTIONS, lostS: 60 });
    for (const t of every(100, 3_000)) {
      const detections = Array.from({ length: 100 }, () =>
        seen('car', 0.3 + 0.7 * random(), at(random(), random(), 0.02, 0.02)),
      );
      const { tracks } = tracker.update(detections, t, ASPECT);
      expect(tracks.length).toBeLessThanOrEqual(TRACKS_MAX);
      for (const track of tracks) expect([...track.box, ...track.velocity].every(Number.isFinite)).toBe(true);
    }
    expect(tracker.state().tracks.length).toBeLessThanOrEqual(TRACKS_MAX);
  });

  it('does not change its answers under its reader', () => {
    const tracker = new Tracker(OPTIONS);
    for (const t of [0, 100]) tracker.update([car(t)], t, ASPECT);
    const { tracks } = tracker.update([car(200)], 200, ASPECT);
    const before = structuredClone(tracks);
    for (const t of [300, 400]) tracker.update([car(t)], t, ASPECT);
    expect(tracks).toEqual(before);
  });

  it('goes on exactly as it would have when restored from its state half way', () => {
    const scene = createScene({ seed: 4, vehicles: 25, fps: [3, 12] });
    const frames = [...scene.frames()];
    const through = new Tracker(OPTIONS);
    let halves = new Tracker(OPTIONS);
    frames.forEach((frame, i) => {
      const expected = through.update(frame.detections, frame.atMs, scene.aspect);
      expect(halves.update(frame.detections, frame.atMs, scene.aspect)).toEqual(expected);
      if (i % 20 === 0) halves = new Tracker(OPTIONS, JSON.parse(JSON.stringify(halves.state())) as TrackerState);
    });
    expect(JSON.stringify(halves.state())).toBe(JSON.stringify(through.state()));
  });
});

describe('Tracker, parts and wholes', () => {
  /** A car that drives down the picture, three of its lengths a second, behind a bar from 0.5 to 0.56. */
  const behindBar = (atMs: number): Detection[] => {
    const [top, bottom] = [0.1 + (3 * atMs) / 10_000, 0.2 + (3 * atMs) / 10_000];
    const low = bottom > 0.5 && bottom < 0.56 ? 0.5 : bottom;
    const high = top > 0.5 && top < 0.56 ? 0.56 : top;
    return low - high < 0.03 ? [] : [seen('car', 0.5, [0.4, high, 0.48, low])];
  };

  it('lets the lower edge of a car go on where something hides its lower part', () => {
    const tracker = new Tracker(OPTIONS);
    for (const t of every(100, 1_200)) {
      const [track] = tracker.update(behindBar(t), t, ASPECT).tracks;
      if (t >= 800) expect(Math.abs((track?.box[3] ?? 0) - (0.2 + (3 * t) / 10_000))).toBeLessThan(0.02);
    }
  });

  it('has the same track before and behind what hid the car', () => {
    expect([...idsOver(new Tracker(OPTIONS), every(100, 2_400), behindBar)]).toEqual([1]);
  });

  it('makes no track of a weak box inside a strong one', () => {
    const tracker = new Tracker(OPTIONS);
    const ids = idsOver(tracker, every(100, 3_000), (t) => {
      const [x1, y1, x2, y2] = car(t).box;
      return [car(t, 0.9), seen('car', 0.4, [x1, y1, (x1 + x2) / 2, y2])];
    });
    expect([...ids]).toEqual([1]);
  });

  it('knows where a track was first seen, weakly, before strong detections confirmed it', () => {
    const tracker = new Tracker(OPTIONS);
    for (const t of [0, 100, 200]) {
      expect(tracker.update([car(t, 0.2)], t, ASPECT).tracks).toEqual([]);
    }
    tracker.update([car(300)], 300, ASPECT);
    const [track] = tracker.update([car(400)], 400, ASPECT).tracks;
    expect(track).toMatchObject({ firstSeenMs: 0, hits: 5 });
    expect(track?.firstBox[0]).toBeCloseTo(car(0).box[0], 5);
  });
});
