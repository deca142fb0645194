import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { of, type Piece, Show, settingsOf, total } from './helpers.ts';

const TABLE = {
  zones: [
    {
      id: 'desk',
      kind: 'table',
      polygon: [
        [0, 0.2],
        [1, 0.2],
        [1, 1],
        [0, 1],
      ],
    },
  ],
};
const table = (waste: object = {}): Show => new Show(settingsOf({ count: 'present', ...waste }, TABLE));

const A: Piece = { id: 1, x: 0.2, y: 0.6 };
const B: Piece = { id: 2, x: 0.5, y: 0.6 };
const C: Piece = { id: 3, x: 0.8, y: 0.6, label: 'jar' };

describe('on a table', () => {
  it('what lies there is there, and is told once', () => {
    const show = table();
    show.frames(20, [A, B, C]);
    expect(show.present()).toBe(3);
    expect(show.events.map(({ material }) => material)).toEqual(['plastic', 'plastic', 'glass']);
    expect(show.analyser.gauges()).toEqual([
      { metric: 'composition', subject: 'plastic', label: 'bottle', value: 2 },
      { metric: 'composition', subject: 'glass', label: 'jar', value: 1 },
    ]);
  });

  it('what is seen in single frames is not there', () => {
    const show = table();
    for (let i = 0; i < 40; i++) show.frame(i % 8 === 0 ? [A, { ...B, id: 10 + i, hits: 1 }] : [A]);
    expect(show.present()).toBe(1);
    expect(show.events).toHaveLength(1);
  });

  it('what is not detected for two seconds while nothing else changes is still there', () => {
    const show = table();
    show.frames(20, [A, B]);
    show.frames(20, [A]);
    expect(show.present()).toBe(2);
    show.frames(10, [A, { ...B, id: 7 }]);
    expect(show.present()).toBe(2);
    expect(show.events).toHaveLength(2);
  });

  it('what is not detected for longer is gone', () => {
    const show = table();
    show.frames(20, [A, B]);
    show.frames(30, [A]);
    expect(show.present()).toBe(1);
  });

  it('what is lifted off is gone at once', () => {
    const show = table();
    show.frames(20, [A, B]);
    for (let i = 1; i <= 4; i++) show.frame([A, { ...B, y: 0.6 - 0.08 * i }]);
    show.frames(4, [A]);
    expect(show.present()).toBe(1);
  });

  it('what is carried through the picture does not lie there', () => {
    const show = table();
    for (let i = 0; i < 40; i++) show.frame([A, { id: 9, x: 0.02 * i, y: 0.4 }]);
    expect(show.present()).toBe(1);
    expect(show.events).toHaveLength(1);
  });

  it('what is moved on the table stays one item', () => {
    const show = table();
    show.frames(20, [A, B]);
    show.frames(3, [A]);
    show.frames(20, [A, { ...B, id: 8, x: 0.7, y: 0.4 }]);
    expect(show.present()).toBe(2);
    expect(show.events).toHaveLength(2);
  });

  it('two boxes of one thing are one item', () => {
    const show = table();
    show.frames(20, [A, { ...A, id: 5, label: 'can', x: 0.205 }]);
    expect(show.present()).toBe(1);
  });

  it('frames that were gated keep what lies there', () => {
    const show = table();
    show.frames(20, [A, B]);
    show.analyser.takeMeasures();
    show.frame([A]);
    show.gated(60_000);
    expect(show.present()).toBe(2);
    const [measure] = of(show.analyser.takeMeasures(), 'composition');
    expect(measure?.n).toBeCloseTo(2, 9);
  });

  it('what was lifted off before all stood still is gone', () => {
    const show = table();
    show.frames(20, [A, B]);
    for (let i = 1; i <= 4; i++) show.frame([A, { ...B, y: 0.6 - 0.08 * i }]);
    show.frame([A]);
    show.gated(1_000);
    expect(show.present()).toBe(1);
  });

  it('what was put down before all stood still is there', () => {
    const show = table();
    for (let i = 0; i < 6; i++) show.frame([{ ...A, y: 0.3 + 0.06 * i }]);
    for (let i = 0; i < 6; i++) show.gated(100);
    expect(show.present()).toBe(1);
    expect(show.events).toHaveLength(1);
  });

  it('time nobody looked takes nothing away', () => {
    const show = table();
    show.frames(20, [A, B]);
    show.unseen(60_000, []);
    expect(show.present()).toBe(2);
    show.frames(10, [
      { ...A, id: 11 },
      { ...B, id: 12 },
    ]);
    expect(show.events).toHaveLength(2);
  });

  it('averages over time what lies there', () => {
    const show = table();
    show.frames(20, [A]);
    show.analyser.takeMeasures();
    show.frames(50, [A]);
    show.frames(50, [A, C]);
    const measures = of(show.analyser.takeMeasures(), 'composition');
    const plastic = measures.find(({ subject }) => subject === 'plastic');
    const glass = measures.find(({ subject }) => subject === 'glass');
    expect(plastic).toMatchObject({ n: expect.closeTo(1, 9), sum: expect.closeTo(1, 9), min: 1, max: 1 });
    // It counts once it has rested: some tenths of a second after it was put down.
    expect(glass?.n).toBeGreaterThan(0.45);
    expect(glass?.n).toBeLessThan(0.5);
    expect(glass).toMatchObject({ min: 0, max: 1 });
  });

  it('weighs by area where the settings say so', () => {
    const show = table({ weight: 'area' });
    show.frames(20, [A]);
    show.analyser.takeMeasures();
    show.frames(10, [{ ...A, width: 0.2, height: 0.1 }]);
    expect(of(show.analyser.takeMeasures(), 'composition')[0]).toMatchObject({
      n: expect.closeTo(1, 9),
      sum: expect.closeTo(0.02, 9),
    });
  });

  it('states what is not allowed and what is uncertain', () => {
    const show = table({ allowed: ['plastic'], reviewBelow: 0.5 });
    show.frames(20, [A, { ...C, score: 0.4 }]);
    expect(show.events[1]).toMatchObject({ material: 'glass', allowed: false, review: true });
    const measures = show.analyser.takeMeasures();
    expect(of(measures, 'contamination')).toMatchObject([{ subject: 'glass', label: 'jar' }]);
    expect(of(measures, 'review')).toMatchObject([{ subject: 'glass' }]);
  });

  it('forgets items of a table that is drawn elsewhere, and keeps what was measured', () => {
    const show = table();
    show.frames(20, [A, B]);
    const elsewhere = settingsOf(
      { count: 'present' },
      {
        zones: [
          {
            id: 'desk',
            kind: 'table',
            polygon: [
              [0, 0],
              [1, 0],
              [1, 0.1],
            ],
          },
        ],
      },
    );
    show.handOver(elsewhere);
    expect(show.present()).toBe(0);
    expect(of(show.analyser.takeMeasures(), 'composition')).toHaveLength(1);
  });

  it('says the same after a hand-off as without one', () => {
    const frames = fc.array(
      fc.record({
        a: fc.boolean(),
        b: fc.boolean(),
        lift: fc.integer({ min: 0, max: 2 }),
        what: fc.constantFrom('frame', 'frame', 'frame', 'gated'),
      }),
      { minLength: 5, maxLength: 80 },
    );
    fc.assert(
      fc.property(frames, fc.nat(79), (given, at) => {
        const play = (handOverAt: number): unknown => {
          const show = table({ allowed: ['glass'] });
          given.forEach(({ a, b, lift, what }, i) => {
            if (i === handOverAt) show.handOver();
            if (what === 'gated') show.gated(100);
            else show.frame([...(a ? [{ ...A, y: 0.6 - 0.05 * lift }] : []), ...(b ? [C] : [])]);
          });
          return [show.events, show.analyser.gauges(), show.analyser.takeMeasures()];
        };
        expect(play(at)).toEqual(play(-1));
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it('never has more items than there are things in the picture at some time', () => {
    const pieces = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 5, max: 40 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(pieces, (stays) => {
        const show = table();
        for (let i = 0; i < 60; i++)
          show.frame(stays.flatMap(([at, until], k) => (i < until ? [{ id: k + 1, x: 0.1 + 0.2 * at, y: 0.6 }] : [])));
        const places = new Set(stays.map(([at]) => at)).size;
        const measures = of(show.analyser.takeMeasures(), 'composition');
        expect(total(measures, 'n')).toBeLessThanOrEqual(places + 1e-9);
        expect(show.events).toHaveLength(places);
      }),
      { numRuns: 60, seed: 4 },
    );
  });
});
