import { describe, expect, it } from 'vitest';
import type { Point } from '../../../config/camera-settings/schema.ts';
import type { WatchedFrameHead } from '../../../core/protocol.ts';
import { checkDraft, shapeOfPath } from '../../../web/src/lines/check-draft.ts';
import {
  type Draft,
  flipLine,
  moveShape,
  renameShape,
  viewOf,
  withNewLine,
  withPoint,
} from '../../../web/src/lines/draft.ts';
import { distanceM, gridOf, rectangle, viewGround } from '../../../web/src/lines/ground.ts';
import { Preview } from '../../../web/src/lines/preview.ts';
import { begin, did, redone, undone } from '../../../web/src/lines/undo.ts';
import { snapped, toScreen, toShare, WHOLE, zoomed } from '../../../web/src/lines/view-box.ts';

const draft: Draft = {
  coordinates: { width: 1000, height: 500 },
  lines: [{ id: 'north', from: [100, 250], to: [900, 250] }],
  zones: [
    {
      id: 'lane',
      kind: 'lane',
      polygon: [
        [0, 0],
        [500, 0],
        [500, 500],
      ],
    },
  ],
  rules: [
    { id: 'a', kind: 'threshold', metric: 'crossings', subject: 'north', above: 3 },
    { id: 'b', kind: 'incident', zones: ['lane'] },
  ],
};
const stage = { width: 800, height: 400 };

describe('a draft', () => {
  it('is drawn in shares and written in the pixels of its document', () => {
    expect(viewOf(draft).lines[0]?.from).toEqual([0.1, 0.5]);
    const moved = withPoint(draft, { kind: 'line', index: 0, point: 0 }, [0.20004, 1.2]);
    expect(moved.lines?.[0]?.from).toEqual([200, 500]);
    expect(withNewLine({}, [0.12345678, 0], [1, 1]).lines).toEqual([{ id: 'line-1', from: [0.1235, 0], to: [1, 1] }]);
  });

  it('moves a shape as far as the edges let it, and keeps its form', () => {
    const moved = moveShape(draft, { kind: 'line', index: 0 }, 0.5, -0.1);
    expect(moved.lines?.[0]).toMatchObject({ from: [200, 200], to: [1000, 200] });
  });

  it('turns a line round, and takes the rules along when a shape gets another name', () => {
    expect(flipLine(draft, 0).lines?.[0]).toMatchObject({ from: [900, 250], to: [100, 250] });
    const renamed = renameShape(renameShape(draft, { kind: 'line', index: 0 }, 'n'), { kind: 'zone', index: 0 }, 'z');
    expect(renamed.rules).toMatchObject([{ subject: 'n' }, { zones: ['z'] }]);
    expect(checkDraft(renamed).faults).toEqual([]);
  });

  it('tells what is wrong by shape, and still plays the others', () => {
    const crossed: Draft = {
      ...draft,
      zones: [
        {
          id: 'x',
          polygon: [
            [0, 0],
            [500, 500],
            [500, 0],
            [0, 500],
          ],
        },
      ],
    };
    const { faults, settings, playable } = checkDraft(crossed);
    expect(settings).toBeUndefined();
    expect(faults.map(({ path }) => shapeOfPath(path))).toContainEqual({ kind: 'zone', index: 0 });
    expect(playable).toMatchObject({ lines: [{ id: 'north' }], zones: [] });
  });

  it('goes back and forth in steps; a nudge that goes on is one', () => {
    const undo = did(did(did(begin(0), 1, 'nudge'), 2, 'nudge'), 3);
    expect(undone(undo).present).toBe(2);
    expect(undone(undone(undo)).present).toBe(0);
    expect(redone(undone(undo)).present).toBe(3);
  });
});

describe('the view', () => {
  it('keeps what is under the pointer where it is when it is zoomed', () => {
    const before = toShare(200, 100, WHOLE, stage);
    const view = zoomed(WHOLE, 4, 200, 100, stage);
    expect(toShare(200, 100, view, stage)).toEqual(before);
    expect(toScreen(before, view, stage)).toEqual([200, 100]);
    expect(zoomed(view, 0.01, 0, 0, stage)).toEqual(WHOLE);
  });

  it('puts points onto edges and other points that are near', () => {
    expect(snapped([0.004, 0.5], [], WHOLE, stage)).toEqual([0, 0.5]);
    expect(snapped([0.305, 0.5], [[0.3, 0.505]], WHOLE, stage)).toEqual([0.3, 0.505]);
    expect(snapped([0.305, 0.5], [[0.3, 0.505]], zoomed(WHOLE, 8, 0, 0, stage), stage)).toEqual([0.305, 0.5]);
  });
});

describe('the ground', () => {
  const image: Point[] = [
    [0.25, 0.8],
    [0.75, 0.8],
    [0.6, 0.4],
    [0.4, 0.4],
  ];
  const made = rectangle(image, 4, 20);

  it('is a rectangle under four points, and its inverse lies on them', () => {
    const view = viewGround(made);
    if ('fault' in view) throw new Error(view.fault);
    expect(distanceM(view, [0.25, 0.8], [0.75, 0.8])).toBeCloseTo(4, 6);
    const [x, y] = view.toPicture([4, 20]) ?? [];
    expect(x).toBeCloseTo(0.6, 6);
    expect(y).toBeCloseTo(0.4, 6);
    expect(Math.max(...view.offM)).toBeLessThan(1e-6);
    expect(gridOf(view, made.metres, 1).length).toBeGreaterThan(10);
  });

  it('says how far a fifth point is off, and refuses what is no plane with a sentence', () => {
    const over = viewGround({ image: [...made.image, [0.5, 0.6]], metres: [...made.metres, [3, 8]] });
    expect('fault' in over ? 0 : Math.max(...over.offM)).toBeGreaterThan(0.1);
    const flat = viewGround({
      image: [
        [0, 0.5],
        [0.5, 0.5],
        [1, 0.5],
        [0.5, 1],
      ],
      metres: made.metres,
    });
    expect('fault' in flat ? flat.fault : '').toMatch(/on one line/);
  });
});

describe('the preview', () => {
  const head = (seq: number, y: number): WatchedFrameHead => ({
    type: 'frame',
    camera: 'c',
    seq,
    receivedAt: 1_000_000 + seq * 100,
    latencyMs: 1,
    model: 'm',
    width: 1000,
    height: 500,
    detections: [{ label: 'car', classId: 2, score: 0.9, box: [0.3, y - 0.1, 0.4, y], track: 7 }],
  });

  it('counts what crosses a line nobody has saved, and begins anew where it is drawn elsewhere', () => {
    const preview = new Preview();
    preview.use(checkDraft(draft).playable);
    for (let i = 0; i <= 40; i++) preview.observe(head(i, 0.3 + i * 0.01));
    expect(preview.news().lines.get('north')).toMatchObject({ forward: 1, backward: 0 });
    preview.use(checkDraft({ ...draft, rules: [] }).playable);
    expect(preview.news().lines.get('north')).toMatchObject({ forward: 1 });
    preview.use(checkDraft(flipLine(draft, 0)).playable);
    expect(preview.news().lines.get('north')).toMatchObject({ forward: 0, backward: 0 });
  });
});
