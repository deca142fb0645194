import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastDims, planWindow } from '../../../../models/import/shape-rules.ts';

describe('window planning', () => {
  it('pads SAME with the odd pixel at the end', () => {
    expect(planWindow(320, { kernel: 3, stride: 2, dilation: 1 }, 'SAME')).toEqual({
      outputSize: 160,
      padBefore: 0,
      padAfter: 1,
    });
    expect(planWindow(7, { kernel: 3, stride: 2, dilation: 1 }, 'SAME')).toEqual({
      outputSize: 4,
      padBefore: 1,
      padAfter: 1,
    });
    expect(planWindow(320, { kernel: 2, stride: 1, dilation: 1 }, 'SAME').padAfter).toBe(1);
  });

  it('counts dilation into the reach of a kernel', () => {
    expect(planWindow(10, { kernel: 3, stride: 1, dilation: 2 }, 'VALID').outputSize).toBe(6);
  });

  it('takes explicit padding as it is given', () => {
    const plan = planWindow(10, { kernel: 3, stride: 2, dilation: 1 }, 'EXPLICIT', [1, 0]);
    expect(plan).toEqual({ outputSize: 5, padBefore: 1, padAfter: 0 });
  });

  it('makes SAME windows cover the input exactly: ceil(input / stride) of them, the last one inside the padding', () => {
    const size = fc.integer({ min: 1, max: 600 });
    const small = fc.integer({ min: 1, max: 7 });
    fc.assert(
      fc.property(size, small, small, fc.integer({ min: 1, max: 3 }), (input, kernel, stride, dilation) => {
        const plan = planWindow(input, { kernel, stride, dilation }, 'SAME');
        const reach = (kernel - 1) * dilation + 1;
        expect(plan.outputSize).toBe(Math.ceil(input / stride));
        expect(plan.padAfter - plan.padBefore === 0 || plan.padAfter - plan.padBefore === 1).toBe(true);
        const span = (plan.outputSize - 1) * stride + reach;
        const padded = input + plan.padBefore + plan.padAfter;
        expect(plan.padAfter === 0 ? span <= padded : span === padded).toBe(true);
      }),
    );
  });

  it('refuses a padding it does not know, with the name', () => {
    expect(() => planWindow(4, { kernel: 1, stride: 1, dilation: 1 }, 'ODD')).toThrow(/ODD/);
  });
});

describe('broadcasting', () => {
  it('aligns axes at the end and stretches ones', () => {
    expect(broadcastDims([-1, 4, 4, 8], [8])).toEqual([-1, 4, 4, 8]);
    expect(broadcastDims([-1, 1, 1, 8], [-1, 4, 4, 8])).toEqual([-1, 4, 4, 8]);
  });

  it('refuses dimensions that do not fit', () => {
    expect(() => broadcastDims([2, 3], [4])).toThrow(/broadcast/);
  });
});
