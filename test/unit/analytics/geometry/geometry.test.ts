import { describe, expect, it } from 'vitest';
import { checkGround, GroundPlane } from '../../../../analytics/geometry/ground-plane.ts';
import { segmentsMeet, sideOf } from '../../../../analytics/geometry/orientation.ts';
import { checkPolygon, contains } from '../../../../analytics/geometry/polygon.ts';
import type { Point } from '../../../../config/camera-settings/schema.ts';
import { createRandom, gaussian } from '../../../../core/random.ts';

describe('sides and segments', () => {
  it('have the right hand under a line that goes right, for y is down', () => {
    expect(sideOf([0, 0], [1, 0], [0.5, 0.1])).toBeGreaterThan(0);
    expect(sideOf([0, 0], [1, 0], [0.5, -0.1])).toBeLessThan(0);
    expect(sideOf([0.1, 0.1], [0.3, 0.3], [0.2, 0.2])).toBe(-0 + 0);
  });

  it('meet where they cross, touch or overlap, and not beyond their ends', () => {
    expect(segmentsMeet([0, 0], [1, 1], [0, 1], [1, 0])).toBe(true);
    expect(segmentsMeet([0, 0], [1, 0], [0.5, 0], [0.5, 1])).toBe(true);
    expect(segmentsMeet([0, 0], [1, 0], [0.5, 0], [2, 0])).toBe(true);
    expect(segmentsMeet([0, 0], [1, 0], [1.1, -1], [1.1, 1])).toBe(false);
  });
});

describe('a polygon', () => {
  const left: Point[] = [
    [0, 0],
    [0.5, 0],
    [0.5, 1],
    [0, 1],
  ];
  const right: Point[] = [
    [1, 1],
    [0.5, 1],
    [0.5, 0],
    [1, 0],
  ];
  it('shares no point of an edge with its neighbour', () => {
    for (let i = 0; i < 50; i += 1) {
      const p: Point = [0.5, i / 50];
      expect(Number(contains(left, p)) + Number(contains(right, p))).toBe(1);
    }
    const middle: Point = [0.5, 0.5];
    const parts: Point[][] = [
      [[0, 0], [1, 0], middle],
      [[1, 0], [1, 1], middle],
      [[1, 1], [0, 1], middle],
      [[0, 1], [0, 0], middle],
    ];
    for (let i = 1; i < 40; i += 1)
      for (let j = 1; j < 40; j += 1) expect(parts.filter((part) => contains(part, [i / 40, j / 40]))).toHaveLength(1);
  });

  it('is refused where it crosses itself, repeats a corner, runs back or is flat', () => {
    expect(checkPolygon(left)).toBeUndefined();
    expect(
      checkPolygon([
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
      ])?.code,
    ).toBe('polygon.crosses_itself');
    expect(
      checkPolygon([
        [0, 0],
        [1, 0],
        [1, 0],
        [0, 1],
      ])?.code,
    ).toBe('polygon.repeated_point');
    expect(
      checkPolygon([
        [0, 0],
        [1, 0],
        [0.5, 0],
        [0.5, 1],
      ])?.code,
    ).toBe('polygon.crosses_itself');
    expect(
      checkPolygon([
        [0, 0],
        [1, 0],
        [0.5, 0.0001],
      ])?.code,
    ).toBe('polygon.flat');
    expect(
      checkPolygon([
        [0, 0],
        [1, 0],
      ])?.code,
    ).toBe('polygon.too_few_points');
  });
});

describe('the ground plane', () => {
  // A camera 8 m up, 20° down; see test/support/scenes/view.ts for the like.
  const project = (x: number, y: number): [number, number] => {
    const pitch = (20 * Math.PI) / 180;
    const depth = y * Math.cos(pitch) + 8 * Math.sin(pitch);
    return [0.5 + (1.2 * x) / depth / 1.78, 0.5 + (1.2 * (-y * Math.sin(pitch) + 8 * Math.cos(pitch))) / depth];
  };
  const metres: [number, number][] = [
    [-6, 12],
    [6, 12],
    [6, 50],
    [-6, 50],
  ];
  const ground = { image: metres.map(([x, y]) => project(x, y)), metres };

  it('is exact for four points, everywhere on the ground', () => {
    const plane = GroundPlane.of(ground);
    for (const [x, y] of [
      [0, 20],
      [3, 45],
      [-5, 14],
      [2, 80],
    ] as const) {
      const place = plane.at(...project(x, y));
      expect(place?.x).toBeCloseTo(x, 6);
      expect(place?.y).toBeCloseTo(y, 6);
    }
  });

  it('takes more points than four for their mean', () => {
    const random = createRandom(3);
    const many: [number, number][] = [];
    for (let i = 0; i < 24; i += 1) many.push([-6 + 12 * random(), 12 + 30 * random()]);
    const noisy = many.map(([x, y]): [number, number] => {
      const [u, v] = project(x, y);
      return [u + 0.0008 * gaussian(random), v + 0.0008 * gaussian(random)];
    });
    const place = GroundPlane.of({ image: noisy, metres: many }).at(...project(1, 25));
    expect(Math.hypot((place?.x ?? 0) - 1, (place?.y ?? 0) - 25)).toBeLessThan(0.3);
  });

  it('has no place above the horizon, nor just under it', () => {
    const plane = GroundPlane.of(ground);
    expect(plane.at(0.5, 0.01)).toBeUndefined();
    expect(plane.isGround(...project(0, 3_000))).toBe(false);
    expect(plane.isGround(0.5, 0.9)).toBe(true);
  });

  it('is refused with what is wrong', () => {
    const code = (image: [number, number][], to = metres) => checkGround({ image, metres: to })?.code;
    expect(checkGround(ground)).toBeUndefined();
    expect(code(ground.image.slice(0, 3))).toBe('ground.unequal_lengths');
    expect(
      code([
        [0, 0],
        [0.5, 0.5],
        [1, 1],
        [0.2, 0.9],
      ]),
    ).toBe('ground.collinear');
    expect(
      code([
        [0, 0],
        [0, 0],
        [1, 1],
        [0.2, 0.9],
      ]),
    ).toBe('ground.repeated_point');
    expect(
      code([
        [0.1, 0.9],
        [0.9, 0.9],
        [0.3, 0.2],
        [0.7, 0.2],
      ]),
    ).toBe('ground.beyond_horizon');
    expect(() =>
      GroundPlane.of({
        image: [
          [0, 0],
          [0.5, 0.5],
          [1, 1],
          [0.2, 0.9],
        ],
        metres,
      }),
    ).toThrow(expect.objectContaining({ code: 'ground.collinear' }));
  });
});
