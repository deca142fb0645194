import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CameraOffer, streamTarget } from '../../../../actors/flow/stream-target.ts';

const unsaid: CameraOffer = { fps: undefined, width: undefined, height: undefined };

describe('what is asked of a stream', () => {
  it('is the size at which a picture fits the input, its aspect kept', () => {
    expect(streamTarget({ fps: 25, width: 1_920, height: 1_080 }, 10, 320)).toEqual({
      fps: 10,
      width: 320,
      height: 180,
    });
    expect(streamTarget({ fps: 25, width: 1_080, height: 1_920 }, 10, 320)).toEqual({
      fps: 10,
      width: 180,
      height: 320,
    });
    expect(streamTarget({ fps: 25, width: 640, height: 640 }, 10, 224)).toEqual({ fps: 10, width: 224, height: 224 });
  });

  it('takes a camera that did not say for one of 16 to 9', () => {
    expect(streamTarget(unsaid, 10, 320)).toEqual({ fps: 10, width: 320, height: 180 });
  });

  it('is never more than the camera has', () => {
    expect(streamTarget({ ...unsaid, fps: 5 }, 10, 320).fps).toBe(5);
  });

  it('is a rate in tenths, never nothing: a camera asked for nothing would never be heard of again', () => {
    expect(streamTarget(unsaid, 3.333, 320).fps).toBe(3.3);
    expect(streamTarget(unsaid, 0.01, 320).fps).toBe(0.1);
    expect(streamTarget({ ...unsaid, fps: 0.01 }, 10, 320).fps).toBe(0.1);
  });

  it('has even sides within the input, whatever a camera says of itself', () => {
    const side = fc.integer({ min: 1, max: 65_535 });
    const inputSize = fc.constantFrom(224, 320, 416, 512);
    fc.assert(
      fc.property(side, side, inputSize, (width, height, size) => {
        const target = streamTarget({ fps: 10, width, height }, 10, size);
        for (const pixels of [target.width, target.height]) {
          expect(pixels % 2).toBe(0);
          expect(pixels).toBeGreaterThanOrEqual(2);
          expect(pixels).toBeLessThanOrEqual(size);
        }
        expect(Math.max(target.width, target.height)).toBe(size);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
