import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { blend } from '../../../src/demo/blend.ts';
import { SensorNoise } from '../../../src/demo/noise.ts';
import { openPictures } from '../../../src/demo/pictures.ts';
import { frameSizes, renderClip, SceneRenderer } from '../../../src/demo/render.ts';
import { sceneNames } from '../../../src/demo/scene.ts';

describe('SceneRenderer', () => {
  it('draws the same bytes for the same frame, and others for another', async () => {
    const first = await SceneRenderer.open({ scene: 'junction', noise: 3 });
    const second = await SceneRenderer.open({ scene: 'junction', noise: 3 });
    await second.frame(3);
    const frame = await first.frame(20);
    expect((await second.frame(20)).jpeg.equals(frame.jpeg)).toBe(true);
    expect((await second.frame(21)).jpeg.equals(frame.jpeg)).toBe(false);
  });

  it.each([
    [640, 352],
    [320, 240],
    [1280, 720],
    [201, 97],
  ])('gives a JPEG of %i x %i', async (width, height) => {
    const renderer = await SceneRenderer.open({ scene: 'bus-stop', width, height });
    const { jpeg } = await renderer.frame(0);
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: 'jpeg', width, height });
  });

  it.each(sceneNames)('draws in %s where the truth says, and nowhere else', async (name) => {
    const renderer = await SceneRenderer.open({ scene: name });
    const { background } = await openPictures(name, 640, 352);
    for (const index of [0, 37, 95]) {
      const pixels = renderer.pixels(index);
      // Shadows and what is still fading in reach beyond the boxes; placements say how far.
      const reach = renderer.scene
        .placementsAt(index / 10)
        .map(({ sprite, x, y, scale }) => [x - 2, y - 2, x + sprite[2] * scale + 2, y + sprite[3] * scale + 2]);
      const changed = (x: number, y: number): boolean => {
        const i = (y * 640 + x) * 3;
        return [0, 1, 2].some((c) => Math.abs((pixels[i + c] ?? 0) - (background.data[i + c] ?? 0)) > 3);
      };
      for (const { box, visible } of renderer.scene.objectsAt(index / 10)) {
        if (visible < 0.8) continue;
        let inside = 0;
        let all = 0;
        for (let y = Math.ceil(box[1] * 352); y < box[3] * 352; y += 1) {
          for (let x = Math.ceil(box[0] * 640); x < box[2] * 640; x += 1) {
            all += 1;
            if (changed(x, y)) inside += 1;
          }
        }
        expect(inside / all).toBeGreaterThan(0.3);
      }
      let outside = 0;
      for (let y = 0; y < 352; y += 1) {
        for (let x = 0; x < 640; x += 1) {
          if (
            changed(x, y) &&
            !reach.some(([x1 = 0, y1 = 0, x2 = 0, y2 = 0]) => x >= x1 && x <= x2 && y >= y1 && y <= y2)
          )
            outside += 1;
        }
      }
      expect(outside).toBe(0);
    }
  });

  it('reaches frame sizes that load tests speak of', async () => {
    for (const [settings, bytes] of [
      [frameSizes.about20KB, 20_000],
      [frameSizes.about60KB, 60_000],
    ] as const) {
      for (const scene of sceneNames) {
        const { jpeg } = await (await SceneRenderer.open({ scene, ...settings })).frame(30);
        expect(jpeg.length).toBeGreaterThan(bytes * 0.75);
        expect(jpeg.length).toBeLessThan(bytes * 1.25);
      }
    }
  });

  it('refuses sizes, rates and qualities that cannot be', async () => {
    await expect(SceneRenderer.open({ scene: 'highway', width: 8 })).rejects.toThrow(RangeError);
    await expect(SceneRenderer.open({ scene: 'highway', fps: 0 })).rejects.toThrow(RangeError);
    await expect(SceneRenderer.open({ scene: 'highway', quality: 101 })).rejects.toThrow(RangeError);
  });
});

describe('renderClip', () => {
  it('gives as many frames as asked for, each with its truth', async () => {
    const renderer = await SceneRenderer.open({ scene: 'highway', fps: 5 });
    const frames = [];
    for await (const frame of renderClip({ scene: 'highway', fps: 5, frames: 3, first: 10 })) frames.push(frame);
    expect(frames).toEqual([await renderer.frame(10), await renderer.frame(11), await renderer.frame(12)]);
  });
});

describe('SensorNoise', () => {
  it('has the deviation it was given and no mean, anew in each frame', () => {
    const noise = new SensorNoise(5);
    const grey = (): Uint8ClampedArray => new Uint8ClampedArray(3 * 40_000).fill(128);
    const [first, same, other] = [grey(), grey(), grey()];
    noise.addTo(first, 1);
    noise.addTo(same, 1);
    noise.addTo(other, 2);
    const mean = first.reduce((sum, v) => sum + v, 0) / first.length;
    const deviation = Math.sqrt(first.reduce((sum, v) => sum + (v - mean) ** 2, 0) / first.length);
    expect(mean).toBeCloseTo(128, 0);
    expect(deviation).toBeGreaterThan(4.8);
    expect(deviation).toBeLessThan(5.2);
    expect(Buffer.from(same).equals(Buffer.from(first))).toBe(true);
    expect(Buffer.from(other).equals(Buffer.from(first))).toBe(false);
  });
});

describe('blend', () => {
  const target = () => ({ data: new Uint8ClampedArray(4 * 4 * 3).fill(100), width: 4, height: 4 });
  const sheet = { data: new Uint8ClampedArray(4 * 4 * 4).fill(255), width: 4, height: 4 };
  const blit = { sourceX: 1, sourceY: 1, sourceWidth: 2, sourceHeight: 2, x: 1, y: 1, scale: 1, opacity: 1 };
  const at = ({ data }: { data: Uint8ClampedArray }, x: number, y: number) => data[(y * 4 + x) * 3];

  it('covers what is opaque and leaves the rest', () => {
    const picture = target();
    blend(picture, sheet, blit);
    expect([at(picture, 0, 0), at(picture, 1, 1), at(picture, 2, 2), at(picture, 3, 3)]).toEqual([100, 255, 255, 100]);
  });

  it('mixes by opacity', () => {
    const picture = target();
    blend(picture, sheet, { ...blit, opacity: 0.5 });
    expect(at(picture, 1, 1)).toBe(178);
  });

  it('cuts off what lies outside the picture', () => {
    const picture = target();
    blend(picture, sheet, { ...blit, x: -1, y: 3 });
    expect([at(picture, 0, 3), at(picture, 1, 3), at(picture, 0, 2)]).toEqual([255, 100, 100]);
  });
});
