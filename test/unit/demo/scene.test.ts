import { describe, expect, it } from 'vitest';
import { createScene, sceneNames } from '../../../src/demo/scene.ts';

const size = { width: 640, height: 352 };
const times = Array.from({ length: 60 }, (_, i) => i * 1.7);

describe.each(sceneNames)('the scene %s', (name) => {
  const scene = createScene(name, size);

  it('says the same about the same moment, in any order of asking', () => {
    const forwards = times.map((t) => scene.objectsAt(t));
    const again = createScene(name, size);
    const backwards = [...times].reverse().map((t) => again.objectsAt(t));
    expect(backwards.reverse()).toEqual(forwards);
  });

  it('keeps every box inside the frame, with an area, and nearly always has something to show', () => {
    const all = times.map((t) => scene.objectsAt(t));
    for (const { box, visible, label } of all.flat()) {
      const [x1, y1, x2, y2] = box;
      expect(x1 >= 0 && y1 >= 0 && x2 <= 1 && y2 <= 1 && x2 > x1 && y2 > y1).toBe(true);
      expect(visible >= 0 && visible <= 1).toBe(true);
      expect(['car', 'bus', 'truck', 'person']).toContain(label);
    }
    expect(all.filter((objects) => objects.length > 0).length).toBeGreaterThan(times.length * 0.9);
  });

  it('moves objects in small steps under ids that are unique in a frame', () => {
    for (let t = 0; t < 40; t += 0.1) {
      const before = new Map(scene.objectsAt(t).map((object) => [object.id, object]));
      const after = scene.objectsAt(t + 0.1);
      expect(new Set(after.map((object) => object.id)).size).toBe(after.length);
      for (const { id, label, box } of after) {
        const old = before.get(id);
        if (old === undefined) continue;
        expect(old.label).toBe(label);
        expect(Math.abs(old.box[0] - box[0]) + Math.abs(old.box[3] - box[3])).toBeLessThan(0.25);
      }
    }
  });

  it('runs on without end', () => {
    const day = times.map((t) => scene.objectsAt(86_400 + t).length);
    expect(Math.max(...day)).toBeGreaterThan(0);
  });
});

describe('createScene', () => {
  it('shows something else in each scene and for each seed', () => {
    const shots = sceneNames.flatMap((name) =>
      [0, 1].map((seed) => createScene(name, { ...size, seed }).objectsAt(12)),
    );
    expect(new Set(shots.map((shot) => JSON.stringify(shot))).size).toBe(shots.length);
  });

  it('takes any other text as a camera of its own, the same each time', () => {
    const cameras = Array.from({ length: 40 }, (_, i) => createScene(`camera-${i}`, size));
    expect(new Set(cameras.map((camera) => camera.name)).size).toBe(sceneNames.length);
    expect(createScene('camera-7', size).objectsAt(3)).toEqual(cameras[7]?.objectsAt(3));
  });

  it('shows persons and every kind of vehicle', () => {
    const labels = sceneNames.flatMap((name) => times.flatMap((t) => createScene(name, size).objectsAt(t)));
    expect(new Set(labels.map((object) => object.label))).toEqual(new Set(['car', 'bus', 'truck', 'person']));
  });

  it('gives the same shares of the frame at any size of the same shape', () => {
    const small = createScene('highway', { width: 320, height: 176 }).objectsAt(5);
    const large = createScene('highway', { width: 1280, height: 704 }).objectsAt(5);
    expect(small.length).toBeGreaterThan(0);
    expect(large.map((object) => object.id)).toEqual(small.map((object) => object.id));
    for (const [i, object] of large.entries()) {
      for (const side of [0, 1, 2, 3] as const)
        expect(object.box[side]).toBeCloseTo(small[i]?.box[side] ?? Number.NaN, 6);
    }
  });

  it('says how much of an object is hidden by nearer ones', () => {
    const scene = createScene('bus-stop', size);
    const visible = times.flatMap((t) => scene.objectsAt(t).filter((object) => object.id.startsWith('waiting')));
    expect(visible.some((object) => object.visible === 1)).toBe(true);
    expect(visible.some((object) => object.visible < 0.5)).toBe(true);
  });
});
