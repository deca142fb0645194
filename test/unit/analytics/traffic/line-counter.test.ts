import { describe, expect, it } from 'vitest';
import { createRandom, gaussian } from '../../../../core/random.ts';
import { down, Stage, type Way } from './stage.ts';

const LINE = { id: 'a', from: [0.2, 0.5], to: [0.8, 0.5] } as const;
const stage = (line: object = {}) => new Stage({ lines: [{ ...LINE, ...line, from: [0.2, 0.5], to: [0.8, 0.5] }] });

describe('a counting line', () => {
  it('counts who goes from its left hand to its right hand as forward, and the other way as backward', () => {
    const s = stage();
    s.play(
      [
        { id: 1, way: down(0.4, 0.2, 0.2) },
        { id: 2, way: down(0.6, 0.8, -0.2) },
      ],
      0,
      3,
      10,
    );
    expect(s.crossings().sort()).toEqual(['a backward', 'a forward']);
  });

  it.each([2, 4, 6, 12, 25])('counts each of ten fast cars once at %i frames a second', (fps) => {
    const s = stage();
    for (let i = 0; i < 10; i += 1)
      s.play(
        [{ id: i + 1, way: (t) => [0.5, 0.1 + 0.4 * (t - 5 * i)], fromS: 5 * i, untilS: 5 * i + 2 }],
        5 * i,
        5 * i + 5,
        fps,
      );
    expect(s.crossings()).toEqual(new Array(10).fill('a forward'));
  });

  it('does not count a car that trembles on it, and counts one that stops on it once', () => {
    const random = createRandom(7);
    const tremble = () => 0.003 * gaussian(random);
    const parked: Way = () => [0.4 + tremble(), 0.5 + tremble()];
    const stopping: Way = (t) => [
      0.6 + tremble(),
      Math.min(0.5, 0.2 + 0.1 * t) + Math.max(0, 0.1 * (t - 60)) + tremble(),
    ];
    const s = stage();
    s.play(
      [
        { id: 1, way: parked },
        { id: 2, way: stopping },
      ],
      0,
      64,
      10,
    );
    expect(s.of('line_crossed').map((e) => [e.track, e.direction])).toEqual([[2, 'forward']]);
  });

  it('counts a car that crosses, reverses and crosses back once each way, however often it does', () => {
    const s = stage();
    s.play([{ id: 1, way: (t) => [0.5, 0.5 - 0.2 * Math.cos(t / 2)] }], 0, 30, 10);
    expect(s.crossings()).toEqual(['a forward', 'a backward']);
  });

  it('does not count who passes beyond its ends, not even when it comes back inside', () => {
    const s = stage();
    s.play([{ id: 1, way: down(0.9, 0.3, 0.2) }], 0, 2, 10);
    expect(s.crossings()).toEqual([]);
  });

  it('counts across a gap in which the car was only predicted', () => {
    const s = stage();
    const way: Way = (t) => (t > 1 && t < 2 ? undefined : [0.5, 0.2 + 0.2 * t]);
    s.play([{ id: 1, way }], 0, 3, 10);
    expect(s.crossings()).toEqual(['a forward']);
  });

  it('counts once where the tracker loses a car before the line and finds it beyond under another number', () => {
    const s = stage();
    const way = down(0.5, 0.2, 0.2);
    s.play(
      [
        { id: 1, way, untilS: 1.2 },
        { id: 2, way, fromS: 1.8 },
      ],
      0,
      5,
      10,
    );
    expect(s.of('line_crossed').map((e) => e.track)).toEqual([2]);
    expect(s.analyser.takeMeasures().find((m) => m.metric === 'objects')?.n).toBe(1);
  });

  it('does not count a car first seen beyond it, nor one lost before it', () => {
    const s = stage();
    s.play(
      [
        { id: 1, way: down(0.3, 0.504, 0.1) },
        { id: 2, way: down(0.7, 0.2, 0.1), untilS: 2.5 },
      ],
      0,
      6,
      10,
    );
    expect(s.crossings()).toEqual([]);
  });

  it('counts a car that leaves through the lower border, where its box is cut off, across a line just above it', () => {
    const s = new Stage({ lines: [{ id: 'a', from: [0.2, 0.985], to: [0.8, 0.985] }] });
    for (let i = 0; i < 16; i += 1) {
      const y = 0.7 + 0.04 * i;
      const cut = Math.min(1, y);
      const top = y - 0.2;
      const actor = { id: 1, way: () => [0.5, cut] as const, size: [0.1, Math.max(0.02, cut - top)] as const };
      s.frame(i < 12 ? [actor] : [], i / 10);
    }
    s.play([], 1.6, 4, 10);
    expect(s.crossings()).toEqual(['a forward']);
  });

  it('is not crossed by a box whose lower part is hidden for a moment', () => {
    const s = stage();
    for (let i = 0; i < 60; i += 1) {
      // It stands; something passes before its wheels.
      const hidden = i > 25 && i < 32;
      const bottom = hidden ? 0.47 : 0.53;
      s.frame([{ id: 1, way: () => [0.5, bottom], size: [0.1, bottom - 0.4] }], i / 10);
    }
    expect(s.crossings()).toEqual([]);
  });

  it('counts only the classes it is for, and says what its ways are called', () => {
    const s = stage({ labels: ['bus'], names: { forward: 'out', backward: 'in' } });
    s.play(
      [
        { id: 1, way: down(0.4, 0.2, 0.2) },
        { id: 2, label: 'bus', way: down(0.6, 0.2, 0.2) },
      ],
      0,
      3,
      10,
    );
    expect(s.of('line_crossed').map((e) => [e.label, e.name])).toEqual([['bus', 'out']]);
    const crossings = s.analyser.takeMeasures().filter((m) => m.metric === 'crossings');
    expect(crossings).toEqual([
      { metric: 'crossings', subject: 'a', direction: 'out', label: 'bus', n: 1, sum: 1, min: 1, max: 1 },
    ]);
    expect(s.analyser.takeMeasures()).toEqual([]);
  });

  it('tells the route from one line to the next with its time', () => {
    const s = new Stage({
      lines: [
        { id: 'a', from: [0.2, 0.4], to: [0.8, 0.4] },
        { id: 'b', from: [0.2, 0.8], to: [0.8, 0.8] },
      ],
    });
    s.play([{ id: 1, way: down(0.5, 0.2, 0.1) }], 0, 7, 10);
    const [route] = s.of('route_taken');
    expect(route).toMatchObject({ from: 'a', to: 'b', track: 1 });
    expect(route?.travelS).toBeCloseTo(4, 1);
    expect(s.analyser.takeMeasures().find((m) => m.metric === 'routes')).toMatchObject({ subject: 'a>b', n: 1 });
  });
});
