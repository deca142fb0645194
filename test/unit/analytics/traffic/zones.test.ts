import { describe, expect, it } from 'vitest';
import { down, Stage, type Way } from './stage.ts';

const ROAD: [number, number][] = [
  [0.2, 0.3],
  [0.8, 0.3],
  [0.8, 0.8],
  [0.2, 0.8],
];
/** 32 m wide and 18 m deep, straight from above: 1 share of the height is 18 m. */
const GROUND = {
  image: [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ] as [number, number][],
  metres: [
    [0, 0],
    [32, 0],
    [32, 18],
    [0, 18],
  ] as [number, number][],
};

describe('a zone', () => {
  it('tells entry, exit and dwell, and adds occupancy up over time', () => {
    const s = new Stage({ zones: [{ id: 'z', polygon: ROAD }] });
    s.play([{ id: 1, way: down(0.5, 0.1, 0.1), untilS: 8.5 }], 0, 10, 10);
    expect(s.of('zone_entered').map((e) => e.track)).toEqual([1]);
    const left = s.of('zone_left');
    expect(left).toHaveLength(1);
    expect(left[0]?.dwellS).toBeCloseTo(5.2, 0);
    const occupancy = s.analyser.takeMeasures().find((m) => m.metric === 'occupancy');
    expect(occupancy?.n).toBeCloseTo(9.9);
    expect(occupancy?.sum).toBeCloseTo(5.2, 0);
    expect(occupancy?.max).toBe(1);
  });

  it('is not left and entered again by who trembles on its border', () => {
    const s = new Stage({ zones: [{ id: 'z', polygon: ROAD }] });
    const way: Way = (t) => [0.5, 0.3 + 0.003 * Math.sin(37 * t)];
    s.play([{ id: 1, way }], 0, 20, 10);
    expect(s.of('zone_entered')).toHaveLength(1);
    expect(s.of('zone_left')).toHaveLength(0);
  });

  it('goes on through a change of track', () => {
    const s = new Stage({ zones: [{ id: 'z', polygon: ROAD }] });
    const way = down(0.5, 0.1, 0.1);
    s.play(
      [
        { id: 1, way, untilS: 4 },
        { id: 2, way, fromS: 4.3, untilS: 8 },
      ],
      0,
      9.5,
      10,
    );
    expect(s.of('zone_entered')).toHaveLength(1);
    expect(s.of('zone_left').map((e) => e.track)).toEqual([2]);
  });

  it('knows who queues in it, density on a lane of known length, and counts time while nothing moves', () => {
    const s = new Stage({ zones: [{ id: 'z', polygon: ROAD, kind: 'lane', lengthM: 100 }], ground: GROUND });
    const cars = [0.3, 0.5, 0.7].map((x, i) => ({ id: i + 1, way: (): [number, number] => [x, 0.6] }));
    s.play([...cars, { id: 9, way: (t) => [0.22 + 0.02 * t, 0.4] }], 0, 5, 10).still(5, 15, 1);
    const gauges = Object.fromEntries(s.analyser.gauges().map((g) => [g.metric, g.value]));
    expect(gauges).toMatchObject({ occupancy: 4, density: 40 });
    expect(gauges.queue).toBeGreaterThanOrEqual(3);
    expect(s.analyser.takeMeasures().find((m) => m.metric === 'occupancy')?.n).toBeCloseTo(14, 0);
  });

  it('tells the mean speed of each object that passed it once', () => {
    const s = new Stage({ zones: [{ id: 'z', polygon: ROAD }], ground: GROUND });
    s.play([{ id: 1, way: down(0.5, 0.1, 0.2), untilS: 4 }], 0, 6, 10);
    const speed = s.analyser.takeMeasures().find((m) => m.metric === 'speed');
    expect(speed?.n).toBe(1);
    // 0.2 of 18 m a second.
    expect(speed?.sum).toBeCloseTo(0.2 * 18 * 3.6, 1);
    expect(speed?.bins?.[2]).toBe(1);
  });
});

describe('speed', () => {
  it('of a crossing is that over the ground, whatever the frame rate, and null without one', () => {
    for (const fps of [4, 6, 12, 25]) {
      const lines = [{ id: 'a', from: [0.1, 0.7], to: [0.9, 0.7] }] as const;
      const s = new Stage({ lines: lines.map((l) => ({ ...l, from: [0.1, 0.7], to: [0.9, 0.7] })), ground: GROUND });
      s.play([{ id: 1, way: down(0.5, 0.1, 0.25) }], 0, 3.2, fps);
      expect(s.of('line_crossed')[0]?.speedKmh).toBeCloseTo(0.25 * 18 * 3.6, 1);
    }
    const without = new Stage({ lines: [{ id: 'a', from: [0.1, 0.7], to: [0.9, 0.7] }] });
    without.play([{ id: 1, way: down(0.5, 0.1, 0.25) }], 0, 3, 10);
    expect(without.of('line_crossed')[0]?.speedKmh).toBeNull();
  });

  it('is not led astray by some boxes that are far off', () => {
    const s = new Stage({ lines: [{ id: 'a', from: [0.1, 0.7], to: [0.9, 0.7] }], ground: GROUND });
    const way: Way = (t) => [Math.round(t * 10) % 6 === 5 ? 0.56 : 0.5, 0.1 + 0.25 * t];
    s.play([{ id: 1, way }], 0, 3.2, 10);
    expect(Math.abs((s.of('line_crossed')[0]?.speedKmh ?? 0) / 16.2 - 1)).toBeLessThan(0.1);
  });
});
