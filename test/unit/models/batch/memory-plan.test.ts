import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arenaIsBloated, planMemory } from '../../../../models/batch/memory-plan.ts';
import type { MemoryReading, WarmRun } from '../../../../models/device/port.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const limits = { reservedBytes: 2 * GIB, shareMax: 0.9 };

const card = (totalGib: number, usedGib = 0): MemoryReading => ({
  totalBytes: totalGib * GIB,
  usedBytes: usedGib * GIB,
  ownBytes: undefined,
});
const run = (inputSize: number, count: number, gib: number): WarmRun => ({
  inputSize,
  count,
  computeMs: 1,
  bytes: gib * GIB,
});
const runs = [run(320, 1, 1), run(224, 1, 1.2), run(320, 8, 3), run(224, 8, 4), run(320, 32, 9), run(224, 32, 12)];

describe('the memory plan', () => {
  it('takes every batch warmed where there is room', () => {
    const plan = planMemory({ runs, memoryBefore: card(80) }, limits);
    expect([...plan.framesMax]).toEqual([
      [320, 32],
      [224, 32],
    ]);
    expect(plan.ownPeakBytes).toBe(12 * GIB);
    expect(plan.peakBytes).toBe(12 * GIB);
  });

  it('leaves out batches that were measured to need more than there is', () => {
    // 8 GiB less the 2 reserved, 1 used by others: 5 GiB are ours.
    const plan = planMemory({ runs, memoryBefore: card(8, 1) }, limits);
    expect(plan.availableBytes).toBe(5 * GIB);
    expect([...plan.framesMax.values()]).toEqual([8, 8]);
    expect(plan.peakBytes).toBe(5 * GIB);
  });

  it('keeps the peak under its share of a large card, where the reserve alone would not', () => {
    const plan = planMemory({ runs: [], memoryBefore: card(80) }, limits);
    expect(plan.availableBytes).toBe(72 * GIB);
  });

  it('always plans the smallest batch of each input: whether that fits, only trying tells', () => {
    const plan = planMemory({ runs, memoryBefore: card(1, 1) }, limits);
    expect([...plan.framesMax]).toEqual([
      [320, 1],
      [224, 1],
    ]);
    expect(plan.availableBytes).toBeLessThan(0);
  });

  it('plans all of it where memory cannot be read', () => {
    const plan = planMemory({ runs, memoryBefore: undefined }, limits);
    expect([...plan.framesMax.values()]).toEqual([32, 32]);
    expect(plan.availableBytes).toBeUndefined();
    expect(plan.peakBytes).toBeUndefined();
  });

  it('never plans past what there is, but for the smallest, and always some batch for each input', () => {
    const bytes = fc.array(fc.nat(4_000), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(bytes, fc.integer({ min: 1, max: 64 }), fc.nat(32), (grown, totalGib, usedGib) => {
        let held = 0;
        // Ascending by batch size and at each by input size: arenas only grow.
        const warmed = [1, 2, 4, 8, 16, 32].flatMap((count, i) =>
          [320, 224].map((inputSize, j) => {
            held += (grown[i * 2 + j] ?? 0) / 1_000;
            return run(inputSize, count, held);
          }),
        );
        const plan = planMemory({ runs: warmed, memoryBefore: card(totalGib, usedGib) }, limits);
        for (const inputSize of [320, 224]) {
          const framesMax = plan.framesMax.get(inputSize) ?? 0;
          expect(framesMax).toBeGreaterThanOrEqual(1);
          const needs = warmed.find((one) => one.inputSize === inputSize && one.count === framesMax)?.bytes ?? 0;
          if (framesMax > 1) expect(needs).toBeLessThanOrEqual(plan.availableBytes ?? 0);
          expect(plan.ownPeakBytes).toBeGreaterThanOrEqual(needs);
        }
        const smallestNeeds = Math.max(...warmed.slice(0, 2).map((one) => one.bytes));
        const roomBytes = Math.max(smallestNeeds, Math.max(0, plan.availableBytes ?? 0));
        expect(plan.ownPeakBytes).toBeLessThanOrEqual(roomBytes);
        if (plan.ownPeakBytes > smallestNeeds) {
          expect(plan.peakBytes).toBeLessThanOrEqual(totalGib * GIB * limits.shareMax + 1);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

describe('an arena', () => {
  it('is worth giving back when it is far above need, in share and in bytes', () => {
    expect(arenaIsBloated(4 * GIB, 2 * GIB)).toBe(true);
    expect(arenaIsBloated(2.9 * GIB, 2 * GIB)).toBe(false);
    expect(arenaIsBloated(160 * MIB, 64 * MIB)).toBe(false);
    expect(arenaIsBloated(0, 0)).toBe(false);
  });
});
