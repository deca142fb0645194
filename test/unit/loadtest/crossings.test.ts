import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../core/detection.ts';
import { CrossingCounter } from '../../../loadtest/lib/crossings.ts';

const counter = () =>
  new CrossingCounter({
    width: 640,
    height: 352,
    line: { from: [100, 180], to: [500, 180] },
    labels: new Set(['car']),
    scoreMin: 0.3,
  });

/** A car of 60x40 pixels whose bottom centre is at (x, y). */
const car = (x: number, y: number, score = 0.6, label = 'car'): Detection => ({
  label,
  classId: 2,
  score,
  box: [(x - 30) / 640, (y - 40) / 352, (x + 30) / 640, y / 352],
});

/** Frames each 200 ms apart. */
const feed = (frames: readonly (readonly Detection[])[]) => {
  const counted = counter();
  frames.forEach((detections, i) => {
    counted.add(detections, i * 200);
  });
  return counted.crossings.map(({ atMs, direction }) => `${direction} ${atMs}`);
};

describe('a counting line', () => {
  it('counts a car once, in the direction it goes', () => {
    expect(feed([100, 140, 175, 195, 230, 270].map((y) => [car(300, y)]))).toEqual(['down 600']);
    expect(feed([270, 230, 195, 165, 120].map((y) => [car(300, y)]))).toEqual(['up 600']);
  });

  it('counts a car once that trembles on the line', () => {
    expect(feed([150, 178, 182, 179, 183, 181, 177, 190, 220].map((y) => [car(300, y)]))).toEqual(['down 1400']);
  });

  it('counts nothing that passes beside the line, or stands', () => {
    expect(feed([100, 140, 175, 195, 230].map((y) => [car(560, y)]))).toEqual([]);
    expect(feed(Array(20).fill([car(300, 176), car(200, 184)]))).toEqual([]);
  });

  it('follows a car past one that is parked, and through frames in which it was not found', () => {
    const frames = [100, 130, undefined, 190, 220].map((y) => [
      car(230, 150),
      ...(y === undefined ? [] : [car(300, y)]),
    ]);
    expect(feed(frames)).toEqual(['down 600']);
  });

  it('tells two cars apart that follow one another', () => {
    const frames = [60, 100, 140, 180, 220, 260, 300].map((y) => [car(300, y), car(300, y + 90)]);
    expect(feed(frames)).toHaveLength(2);
  });

  it('takes a second box of the same car for none, and leaves out weak ones and other labels', () => {
    const frames = [120, 150, 195, 230].map((y) => [
      car(300, y),
      car(302, y + 2, 0.4),
      car(400, y, 0.2),
      car(200, y, 0.9, 'bench'),
    ]);
    expect(feed(frames)).toEqual(['down 400']);
  });
});
