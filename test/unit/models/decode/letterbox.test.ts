import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Box } from '../../../../core/detection.ts';
import { letterbox, unletterbox } from '../../../../models/decode/letterbox.ts';

const side = fc.integer({ min: 1, max: 8_192 });
const size = fc.constantFrom(224, 320, 416, 512);

describe('letterbox', () => {
  it('fits a wide picture between bands above and below', () => {
    expect(letterbox(640, 352, 320)).toEqual({
      scaledWidth: 320,
      scaledHeight: 176,
      offsetX: 0,
      offsetY: 72,
      scale: 0.5,
    });
  });

  it('puts the odd pixel of padding to the right or the bottom', () => {
    expect(letterbox(177, 320, 320)).toMatchObject({ scaledWidth: 177, offsetX: 71 });
    expect(letterbox(320, 177, 320)).toMatchObject({ scaledHeight: 177, offsetY: 71 });
  });

  it('scales a picture smaller than the square up', () => {
    expect(letterbox(16, 16, 320)).toEqual({ scaledWidth: 320, scaledHeight: 320, offsetX: 0, offsetY: 0, scale: 20 });
  });

  it('leaves at least one pixel of a sliver', () => {
    expect(letterbox(8_192, 1, 224)).toMatchObject({ scaledWidth: 224, scaledHeight: 1, offsetY: 111 });
  });

  it('stays inside the square, fills its longer side and keeps the aspect to half a pixel', () => {
    fc.assert(
      fc.property(side, side, size, (width, height, square) => {
        const fit = letterbox(width, height, square);
        expect(Math.max(fit.scaledWidth, fit.scaledHeight)).toBe(square);
        expect(fit.offsetX).toBeGreaterThanOrEqual(0);
        expect(fit.offsetY).toBeGreaterThanOrEqual(0);
        expect(fit.offsetX + fit.scaledWidth).toBeLessThanOrEqual(square);
        expect(fit.offsetY + fit.scaledHeight).toBeLessThanOrEqual(square);
        expect(Math.abs(square - fit.scaledWidth - 2 * fit.offsetX)).toBeLessThanOrEqual(1);
        if (fit.scaledHeight > 1) {
          expect(Math.abs(fit.scaledHeight - height * fit.scale)).toBeLessThanOrEqual(0.5 + 1e-9);
        }
        if (fit.scaledWidth > 1) {
          expect(Math.abs(fit.scaledWidth - width * fit.scale)).toBeLessThanOrEqual(0.5 + 1e-9);
        }
      }),
    );
  });
});

describe('unletterbox', () => {
  it('finds a box of the original again, to a pixel of the input', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(side, side, size, share, share, share, share, (width, height, square, a, b, c, d) => {
        const fit = letterbox(width, height, square);
        const original: Box = [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)];
        // Where a detector that sees whole pixels would draw it.
        const seen: Box = [
          Math.round(fit.offsetX + original[0] * fit.scaledWidth),
          Math.round(fit.offsetY + original[1] * fit.scaledHeight),
          Math.round(fit.offsetX + original[2] * fit.scaledWidth),
          Math.round(fit.offsetY + original[3] * fit.scaledHeight),
        ];
        const back = unletterbox(seen, fit);
        for (const [i, extent] of [fit.scaledWidth, fit.scaledHeight, fit.scaledWidth, fit.scaledHeight].entries()) {
          expect(Math.abs((back[i] ?? 0) - (original[i] ?? 0)) * extent).toBeLessThanOrEqual(0.5 + 1e-9);
        }
      }),
    );
  });

  it('clamps what lies on the padding to the edge of the picture', () => {
    const fit = letterbox(640, 352, 320);
    expect(unletterbox([-10, 0, 400, 320], fit)).toEqual([0, 0, 1, 1]);
    expect(unletterbox([10, 0, 20, 60], fit)[3]).toBe(0);
  });
});
