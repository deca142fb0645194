import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { letterbox } from '../../../../models/decode/letterbox.ts';
import { resizeTaps, WEIGHT_SUM } from '../../../../models/decode/resize-taps.ts';
import { RgbResizer } from '../../../../models/decode/rgb-resizer.ts';
import { randomFrom } from './pictures.ts';

/** The same resize in plain floating point, one target pixel at a time. */
function resized(rgb: Buffer, width: number, height: number, toWidth: number, toHeight: number): Float64Array {
  const out = new Float64Array(toWidth * toHeight * 3);
  const axis = (i: number, from: number, to: number): readonly (readonly [number, number])[] => {
    const ratio = from / to;
    if (ratio >= 1) {
      const taps: [number, number][] = [];
      for (let p = Math.floor(i * ratio); p < Math.min(from, (i + 1) * ratio - 1e-9); p++) {
        taps.push([p, (Math.min(p + 1, (i + 1) * ratio) - Math.max(p, i * ratio)) / ratio]);
      }
      return taps;
    }
    const centre = (i + 0.5) * ratio - 0.5;
    const clamp = (p: number): number => Math.min(from - 1, Math.max(0, p));
    const share = centre - Math.floor(centre);
    return [
      [clamp(Math.floor(centre)), 1 - share],
      [clamp(Math.floor(centre) + 1), share],
    ];
  };
  for (let y = 0; y < toHeight; y++) {
    for (let x = 0; x < toWidth; x++) {
      for (const [sy, wy] of axis(y, height, toHeight)) {
        for (const [sx, wx] of axis(x, width, toWidth)) {
          for (let c = 0; c < 3; c++) {
            const at = (y * toWidth + x) * 3 + c;
            out[at] = (out[at] ?? 0) + wx * wy * (rgb[(sy * width + sx) * 3 + c] ?? 0);
          }
        }
      }
    }
  }
  return out;
}

function noise(width: number, height: number, seed: number): Buffer {
  const random = randomFrom(seed);
  return Buffer.from(Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256)));
}

const resizer = RgbResizer.create();
if (resizer === undefined) throw new Error('no WebAssembly SIMD here');

describe('resizeTaps', () => {
  it('gives every target pixel weights that sum to one, inside the row', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_048 }), fc.integer({ min: 1, max: 512 }), (from, to) => {
        const { count, starts, weights } = resizeTaps(from, to);
        for (let i = 0; i < to; i++) {
          const start = starts[i] ?? -1;
          expect(start >= 0 && start + count <= from).toBe(true);
          const own = weights.subarray(i * count, (i + 1) * count);
          expect(own.reduce((sum, weight) => sum + weight, 0)).toBe(WEIGHT_SUM);
          expect(own.every((weight) => weight >= 0)).toBe(true);
        }
      }),
      { numRuns: 60, seed: 7 },
    );
  });
});

describe('the resizer', () => {
  for (const [width, height, size] of [
    [64, 36, 32],
    [65, 37, 32],
    [100, 75, 48],
    [33, 90, 32],
    [20, 16, 64],
    [16, 16, 96],
    [1, 16, 32],
    [128, 1, 64],
  ] as const) {
    it(`agrees with floating point to the rounding: ${width}x${height} into ${size}`, () => {
      const fit = letterbox(width, height, size);
      const rgb = noise(width, height, 3);
      const slot = Buffer.alloc(size * size * 3, 9);
      resizer.resizeInto(rgb, width, height, slot, size, fit);
      const expected = resized(rgb, width, height, fit.scaledWidth, fit.scaledHeight);
      let worst = 0;
      for (let y = 0; y < size; y++) {
        for (let x = 0; x < size; x++) {
          const px = x - fit.offsetX;
          const py = y - fit.offsetY;
          const inside = px >= 0 && py >= 0 && px < fit.scaledWidth && py < fit.scaledHeight;
          for (let c = 0; c < 3; c++) {
            const got = slot[(y * size + x) * 3 + c] ?? -1;
            const want = inside ? (expected[(py * fit.scaledWidth + px) * 3 + c] ?? -1) : 9;
            worst = Math.max(worst, Math.abs(got - want));
          }
        }
      }
      expect(worst).toBeLessThan(0.6);
    });
  }

  it('keeps black black and white white', () => {
    const fit = letterbox(90, 50, 64);
    for (const value of [0, 255]) {
      const slot = Buffer.alloc(64 * 64 * 3, value);
      resizer.resizeInto(Buffer.alloc(90 * 50 * 3, value), 90, 50, slot, 64, fit);
      expect(slot.every((byte) => byte === value)).toBe(true);
    }
  });

  it('gives the same whatever it resized before, larger or smaller', () => {
    const run = (width: number, height: number): Buffer => {
      const slot = Buffer.alloc(64 * 64 * 3);
      resizer.resizeInto(noise(width, height, 5), width, height, slot, 64, letterbox(width, height, 64));
      return slot;
    };
    const before = run(100, 60);
    run(640, 480);
    run(17, 16);
    expect(run(100, 60).equals(before)).toBe(true);
  });
});
