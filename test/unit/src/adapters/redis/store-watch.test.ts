import { describe, expect, it } from 'vitest';
import { StoreWatch } from '../../../../../src/adapters/redis/store-watch.ts';

/** A store whose clock is ahead of ours by `offsetMs`; an answer takes `tookMs`, half of it each way. */
const answer = (sentAtMs: number, offsetMs: number, tookMs = 2, history = 'h1') => ({
  sentAtMs,
  receivedAtMs: sentAtMs + tookMs,
  storeMs: Math.floor(sentAtMs + tookMs / 2 + offsetMs),
  history,
});

describe('store watch', () => {
  it('sees nothing in a store whose clock goes as ours, however long answers take', () => {
    const watch = new StoreWatch();
    for (let i = 0; i < 1_000; i++) {
      expect(watch.seen(answer(i * 1_000, 1_700_000_000_000, i % 7 === 0 ? 700 : 2))).toBe('same');
    }
  });

  it('sees nothing in a clock that is slewed', () => {
    const watch = new StoreWatch();
    for (let i = 0; i < 10_000; i++) expect(watch.seen(answer(i * 1_000, 1e12 + i * 0.5))).toBe('same');
    for (let i = 10_000; i < 20_000; i++)
      expect(watch.seen(answer(i * 1_000, 1e12 + 5_000 - (i - 10_000) * 0.5))).toBe('same');
  });

  it('sees a clock that is set forward, once', () => {
    const watch = new StoreWatch();
    watch.seen(answer(0, 1e12));
    expect(watch.seen(answer(1_000, 1e12 + 500))).toBe('jumped');
    expect(watch.seen(answer(2_000, 1e12 + 500))).toBe('same');
  });

  it('sees a jump at the first fast answer after one too slow to tell', () => {
    const watch = new StoreWatch();
    watch.seen(answer(0, 1e12));
    expect(watch.seen(answer(1_000, 1e12 + 300, 800))).toBe('same');
    expect(watch.seen(answer(2_000, 1e12 + 300))).toBe('jumped');
  });

  it('makes nothing of a clock that is set back, and goes by the new time', () => {
    const watch = new StoreWatch();
    watch.seen(answer(0, 1e12));
    expect(watch.seen(answer(1_000, 1e12 - 3_600_000))).toBe('same');
    expect(watch.storeMsAt(2_000)).toBeLessThan(1e12 - 3_590_000);
  });

  it('sees that another server answers, whatever its clock', () => {
    const watch = new StoreWatch();
    expect(watch.seen(answer(0, 1e12))).toBe('same');
    expect(watch.seen(answer(1_000, 1e12, 2, 'h2'))).toBe('another');
    expect(watch.seen(answer(2_000, 1e12, 2, 'h2'))).toBe('same');
  });

  it('tells what the store shows at the latest, and nothing before the first answer', () => {
    const watch = new StoreWatch();
    expect(watch.storeMsAt(0)).toBeUndefined();
    watch.seen(answer(1_000, 5_000, 10));
    const latest = watch.storeMsAt(2_000) ?? 0;
    expect(latest).toBeGreaterThanOrEqual(7_000);
    expect(latest).toBeLessThanOrEqual(7_010);
  });
});
