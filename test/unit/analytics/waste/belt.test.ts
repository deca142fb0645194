import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { of, type Piece, Show, settingsOf, total } from './helpers.ts';

const BELT = {
  zones: [
    {
      id: 'belt',
      kind: 'belt',
      polygon: [
        [0.2, 0],
        [0.8, 0],
        [0.8, 1],
        [0.2, 1],
      ],
    },
  ],
};
const belt = (waste: object = {}): Show => new Show(settingsOf({ taxonomy: 'coco', ...waste }, BELT));

/** An item that moves by 0.02 of the width a frame. */
function pass(show: Show, frames: number, pieceAt: (x: number, frame: number) => Piece | undefined, from = 0.05): void {
  for (let i = 0; i < frames; i++) {
    const piece = pieceAt(from + 0.02 * i, i);
    show.frame(piece === undefined ? [] : [piece]);
  }
}

describe('on a belt', () => {
  it('an item counts once, when it leaves the belt', () => {
    const show = belt();
    pass(show, 35, (x) => ({ id: 1, x, y: 0.5 }));
    expect(show.events).toHaveLength(0);
    pass(show, 8, (x) => ({ id: 1, x, y: 0.5 }), 0.75);
    expect(show.events).toMatchObject([{ material: 'plastic', label: 'bottle', allowed: true, review: false }]);
  });

  it('an item seen too few times does not count', () => {
    const show = belt({ hitsMin: 6 });
    pass(show, 45, (x) => ({ id: 1, x, y: 0.5, hits: 5 }));
    expect(show.events).toHaveLength(0);
  });

  it('an item whose track breaks counts once', () => {
    const show = belt();
    pass(show, 60, (x, i) => (i > 15 && i < 22 ? undefined : { id: i < 20 ? 1 : 2, x, y: 0.5 }));
    show.frames(150, []);
    expect(show.events).toHaveLength(1);
    expect(of(show.analyser.takeMeasures(), 'composition')).toMatchObject([{ subject: 'plastic', n: 1, sum: 1 }]);
  });

  it('an item lost for longer than an item that ended would wait counts once', () => {
    const show = belt();
    pass(show, 60, (x, i) => (i > 10 && i < 34 ? undefined : { id: i < 20 ? 1 : 2, x, y: 0.5 }));
    show.frames(150, []);
    expect(show.events).toHaveLength(1);
  });

  it('an item that is lost at the belt and not found again has passed', () => {
    const show = belt();
    pass(show, 20, (x) => ({ id: 1, x, y: 0.5 }));
    show.frames(30, []);
    expect(show.events).toHaveLength(1);
  });

  it('an item passes while the tracker only expects it, and does not again when it is seen', () => {
    const show = belt();
    pass(show, 60, (x, i) => ({ id: 1, x, y: 0.5, observed: i < 36 || i > 45 }));
    show.frames(150, []);
    expect(show.events).toHaveLength(1);
  });

  it('what does not move is no item: a spot on the frame', () => {
    const show = belt();
    for (let i = 0; i < 100; i++) show.frame(i % 40 < 10 ? [{ id: 1 + Math.floor(i / 40), x: 0.5, y: 0.5 }] : []);
    show.frames(150, []);
    expect(show.events).toHaveLength(0);
  });

  it('two items close behind one another are two', () => {
    const show = belt();
    for (let i = 0; i < 60; i++) {
      show.frame([
        { id: 1, x: 0.05 + 0.02 * i, y: 0.5 },
        { id: 2, x: -0.04 + 0.02 * i, y: 0.5 },
      ]);
    }
    show.frames(150, []);
    expect(show.events).toHaveLength(2);
  });

  it('what lies beside the belt does not count', () => {
    const show = belt();
    for (let i = 0; i < 40; i++) show.frame([{ id: 1, x: 0.1, y: 0.02 * i }]);
    show.frames(150, []);
    expect(show.events).toHaveLength(0);
  });

  it('the whole picture is the belt where none is drawn', () => {
    const show = new Show(settingsOf({}));
    pass(show, 50, (x) => (x > 0.98 ? undefined : { id: 1, x, y: 0.5 }));
    show.frames(30, []);
    expect(show.events).toHaveLength(1);
  });

  it('a belt that stands keeps its items waiting', () => {
    const show = belt();
    pass(show, 20, (x) => ({ id: 1, x, y: 0.5 }));
    show.frame([]);
    show.gated(600_000);
    expect(show.events).toHaveLength(0);
    pass(show, 25, (x) => ({ id: 2, x, y: 0.5 }), 0.45);
    expect(show.events).toHaveLength(1);
  });

  it('weighs items by the area they cover where the settings say so, cut ones by what was seen whole', () => {
    const show = new Show(settingsOf({ weight: 'area' }));
    pass(show, 52, (x) => (x > 1 ? undefined : { id: 1, x: Math.min(x, 0.97), y: 0.5, width: 0.1, height: 0.2 }));
    show.frames(150, []);
    const [measure] = of(show.analyser.takeMeasures(), 'composition');
    expect(measure?.n).toBe(1);
    expect(measure?.sum).toBeCloseTo(0.02, 5);
  });

  it('what is not allowed is contamination, what is uncertain is for review', () => {
    const show = belt({ allowed: ['paper'], reviewBelow: 0.5 });
    pass(show, 60, (x) => ({ id: 1, x, y: 0.5, label: 'paper', score: 0.4 }));
    pass(show, 60, (x) => ({ id: 2, x, y: 0.5, label: 'can', score: 0.9 }));
    expect(show.events).toMatchObject([
      { material: 'paper', allowed: true, review: true, score: 0.4 },
      { material: 'metal', allowed: false, review: false },
    ]);
    const measures = show.analyser.takeMeasures();
    expect(of(measures, 'contamination')).toMatchObject([{ subject: 'metal', label: 'can', n: 1, sum: 1 }]);
    expect(of(measures, 'review')).toMatchObject([{ subject: 'paper', n: 1 }]);
    expect(show.analyser.takeMeasures()).toEqual([]);
  });

  it('of a class that is no waste nothing is counted', () => {
    const show = belt();
    pass(show, 60, (x) => ({ id: 1, x, y: 0.5, label: 'person' }));
    expect(show.events).toHaveLength(0);
  });

  it('counts every item once, whatever tracks break, and goes on the same after a hand-off', () => {
    const item = fc.record({
      lane: fc.integer({ min: 0, max: 3 }),
      delay: fc.integer({ min: 0, max: 30 }),
      label: fc.constantFrom('bottle', 'jar', 'paper', 'can'),
      breakAt: fc.integer({ min: 12, max: 28 }),
      gap: fc.integer({ min: 0, max: 6 }),
    });
    const items = fc.uniqueArray(item, { maxLength: 8, selector: ({ lane, delay }) => `${lane} ${delay >> 4}` });
    fc.assert(
      fc.property(items, fc.integer({ min: 5, max: 60 }), (given, handOverAt) => {
        // Lanes of one belt; two in one lane are at least half the lane's spacing apart.
        const spaced = given.map((it) => ({ ...it, delay: (it.delay >> 4) * 30 }));
        const show = belt({ allowed: ['paper'], reviewBelow: 0 });
        for (let i = 0; i < 120; i++) {
          if (i === handOverAt) show.handOver();
          show.frame(
            spaced.flatMap(({ lane, delay, label, breakAt, gap }, k) => {
              const t = i - delay;
              if (t < 0 || t > 50 || (t >= breakAt && t < breakAt + gap)) return [];
              return [{ id: 10 * k + (t < breakAt ? 1 : 2), x: 0.05 + 0.02 * t, y: 0.14 + 0.24 * lane, label }];
            }),
          );
        }
        show.frames(120, []);
        const measures = show.analyser.takeMeasures();
        expect(show.events).toHaveLength(given.length);
        expect(total(of(measures, 'composition'), 'n')).toBe(given.length);
        expect(total(of(measures, 'contamination'), 'n')).toBe(given.filter(({ label }) => label !== 'paper').length);
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it('remembers a bounded number of items', () => {
    const show = belt();
    const crowd = Array.from({ length: 900 }, (_, i) => ({
      id: i + 1,
      x: 0.21 + 0.019 * (i % 30),
      y: 0.016 + 0.032 * Math.floor(i / 30),
      width: 0.01,
      height: 0.01,
    }));
    show.frames(3, crowd);
    expect(show.analyser.state().belt?.items.length).toBe(512);
  });
});
