import { describe, expect, it } from 'vitest';
import { BatchFaults } from '../../../../models/device/batch-faults.ts';
import { FaultScript } from '../../../../models/device/fault-script.ts';

describe('faults armed for batches', () => {
  it('throws once', () => {
    const faults = new BatchFaults();
    faults.arm({ kind: 'throw' });
    expect([faults.take(1), faults.take(1)]).toEqual(['throw', undefined]);
  });

  it('runs out of memory for the next so many batches of more frames than said, not counting smaller ones', () => {
    const faults = new BatchFaults();
    faults.arm({ kind: 'out_of_memory', framesAbove: 2, times: 2 });
    expect([4, 2, 1, 3, 4].map((count) => faults.take(count))).toEqual([
      'out_of_memory',
      undefined,
      undefined,
      'out_of_memory',
      undefined,
    ]);
  });

  it('runs out of memory for every such batch with 0 times, until told otherwise', () => {
    const faults = new BatchFaults();
    faults.arm({ kind: 'out_of_memory', framesAbove: 0, times: 0 });
    for (let i = 0; i < 100; i++) expect(faults.take(1)).toBe('out_of_memory');
    faults.arm({ kind: 'out_of_memory', framesAbove: 32, times: 1 });
    expect(faults.take(32)).toBeUndefined();
  });
});

describe('a script of faults', () => {
  it('fails as many starts as said, and then none', () => {
    const script = new FaultScript();
    expect(script.takeFailingStart()).toBe(false);
    script.failStarts(2);
    expect([1, 2, 3].map(() => script.takeFailingStart())).toEqual([true, true, false]);
  });
});
