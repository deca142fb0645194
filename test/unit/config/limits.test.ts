import { describe, expect, it } from 'vitest';
import * as limits from '../../../config/limits.ts';
import { nodeConfigSchema } from '../../../config/schema.ts';

describe('the limits', () => {
  it.each(limits.LIMIT_RELATIONS)('hold: $relation', ({ holds }) => {
    expect(holds).toBe(true);
  });

  it('pass the check that the process makes at its start', () => {
    expect(() => limits.assertLimits()).not.toThrow();
  });

  it('name the relation that does not hold, and why it must', () => {
    const broken = [{ holds: false, relation: 'A >= B', reason: 'or else' }];
    expect(() => limits.assertLimits(broken)).toThrow('limits: A >= B does not hold: or else');
  });

  it('are whole numbers over 0', () => {
    for (const [name, value] of Object.entries(limits)) {
      if (typeof value === 'number') expect([name, Number.isSafeInteger(value) && value > 0]).toEqual([name, true]);
    }
  });

  it('have batch sizes that grow, since the largest that fits is looked for', () => {
    expect([...limits.BATCH_BUCKETS]).toEqual([...limits.BATCH_BUCKETS].sort((a, b) => a - b));
    expect(limits.BATCH_BUCKETS[0]).toBe(1);
  });

  it('contain the defaults of the configuration', () => {
    const config = nodeConfigSchema.parse({});
    expect(config.ingest.picturePixelsMax).toBeLessThanOrEqual(limits.PICTURE_PIXELS_MAX);
    expect(config.cluster.shardCount).toBeLessThanOrEqual(limits.SHARDS_MAX);
    expect(config.flow.creditWindow).toBeLessThanOrEqual(limits.CREDIT_MAX);
  });
});
