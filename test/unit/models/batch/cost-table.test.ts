import { describe, expect, it } from 'vitest';
import { CostTable } from '../../../../models/batch/cost-table.ts';

/** A device that takes 4 ms and 1 ms per frame at 320 pixels, half of that at 224. */
function warmed(): CostTable {
  const table = new CostTable();
  for (const count of [1, 2, 4, 8]) {
    table.of(320).observe(count, 4 + count);
    table.of(224).observe(count, (4 + count) / 2);
  }
  return table;
}

describe('what a device sustains', () => {
  it('is nothing known before anything was measured', () => {
    expect(new CostTable().capacityFps(320, [1, 2])).toBe(0);
    expect(new CostTable().idealFps(320, [])).toBe(0);
  });

  it('is that of its best batch size, less what is lost around it', () => {
    const table = warmed();
    expect(table.idealFps(320, [1, 2, 4, 8])).toBeCloseTo(8_000 / 12);
    expect(table.capacityFps(320, [1, 2, 4, 8])).toBeCloseTo((8_000 / 12) * CostTable.EFFICIENCY_FIRST);
  });

  it('is less where only smaller batches may run', () => {
    const table = warmed();
    expect(table.idealFps(320, [1, 2])).toBeCloseTo(2_000 / 6);
    expect(table.idealFps(320, [1])).toBeCloseTo(200);
  });

  it('is known for each input size by itself', () => {
    const table = warmed();
    expect(table.idealFps(224, [8])).toBeCloseTo(2 * table.idealFps(320, [8]));
    expect(table.of(320)).toBe(table.of(320));
    expect(table.capacityFps(416, [8])).toBe(0);
  });

  it('comes to what a saturated device is seen to run, at every input size', () => {
    const table = warmed();
    for (let i = 0; i < 200; i++) table.observeSaturated(320, [8], 400);
    expect(table.capacityFps(320, [8])).toBeCloseTo(400, 0);
    expect(table.capacityFps(224, [8])).toBeCloseTo(800, 0);
  });

  it('is not thrown off by one odd figure, nor ever out of bounds', () => {
    const table = warmed();
    const before = table.capacityFps(320, [8]);
    table.observeSaturated(320, [8], 0);
    expect(table.capacityFps(320, [8])).toBeGreaterThan(before * 0.9);
    for (let i = 0; i < 500; i++) table.observeSaturated(320, [8], 0);
    expect(table.capacityFps(320, [8])).toBeCloseTo(table.idealFps(320, [8]) * CostTable.EFFICIENCY_MIN, 3);
    for (let i = 0; i < 500; i++) table.observeSaturated(320, [8], 1e9);
    expect(table.capacityFps(320, [8])).toBeCloseTo(table.idealFps(320, [8]) * CostTable.EFFICIENCY_MAX, 3);
  });

  it('learns nothing of a size that never ran', () => {
    const table = warmed();
    const before = table.capacityFps(320, [8]);
    table.observeSaturated(416, [8], 1);
    expect(table.capacityFps(320, [8])).toBe(before);
  });
});
