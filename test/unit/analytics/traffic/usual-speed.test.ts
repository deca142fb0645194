import { describe, expect, it } from 'vitest';
import { learnUsual, noUsualSpeed, usualAt } from '../../../../analytics/traffic/usual-speed.ts';
import { type Actor, Stage } from './stage.ts';

describe('the usual speed of a place', () => {
  it('is not known before vehicles drove there for some seconds, and between places it is between theirs', () => {
    const usual = noUsualSpeed();
    for (let part = 0; part < 12; part += 1) learnUsual(usual, (part + 0.5) / 12, part < 6 ? 1 : 4, 2);
    expect(usualAt(usual, 0.5)).toBeUndefined();
    for (let part = 0; part < 12; part += 1) learnUsual(usual, (part + 0.5) / 12, part < 6 ? 1 : 4, 2);
    expect(usualAt(usual, 0.1)).toBeCloseTo(1);
    expect(usualAt(usual, 0.9)).toBeCloseTo(4);
    expect(usualAt(usual, 0.5)).toBeCloseTo(2);
  });
});

describe('traffic that drives away from a camera without a ground plane', () => {
  /** Even speed over the ground: slower and slower in the picture. Brakes at `brakesS`, if at all. */
  const away = (id: number, fromS: number, x: number, brakesS = Number.POSITIVE_INFINITY): Actor => ({
    id,
    fromS,
    untilS: fromS + 8,
    way: (s) => {
      const t = Math.min(s, brakesS) + 0.15 * Math.max(0, s - brakesS) - fromS;
      return [x, 0.1 + 0.8 / (1 + 0.6 * t)];
    },
  });
  const stage = () =>
    new Stage({
      zones: [
        {
          id: 'road',
          kind: 'road',
          polygon: [
            [0.1, 0.05],
            [0.9, 0.05],
            [0.9, 0.95],
            [0.1, 0.95],
          ],
          heading: { from: [0.5, 0.9], to: [0.5, 0.1] },
        },
      ],
    });
  const incidents = (s: Stage) => s.events.flatMap((e) => (e.kind === 'incident' ? [e.incident] : []));
  const flowing = Array.from({ length: 40 }, (_, i) => away(i + 1, 2 * i, i % 2 === 0 ? 0.4 : 0.6));

  it('has no incident, however slow it gets in the picture', () => {
    const s = stage();
    s.play(flowing, 0, 84, 5);
    expect(incidents(s)).toEqual([]);
  });

  it('slows down suddenly when it brakes at places where that is not usual', () => {
    const s = stage();
    s.play([...flowing, away(91, 84, 0.4, 86), away(92, 84.6, 0.6, 86)], 0, 91, 5);
    expect(incidents(s)).toContain('sudden_slowdown');
  });
});
