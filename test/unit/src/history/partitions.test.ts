import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DAY_MS,
  PARTITIONED_TABLES,
  parsePartition,
  partitionAt,
  partitionsAhead,
} from '../../../../src/history/partitions.ts';
import { outlived, RetentionDays } from '../../../../src/history/retention.ts';

const anyTime = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2100, 0) });
const anyTable = fc.constantFrom(...PARTITIONED_TABLES);

describe('partitions', () => {
  it('hold the time they are asked for, and their name says which time that is', () => {
    fc.assert(
      fc.property(anyTable, anyTime, (table, atMs) => {
        const span = partitionAt(table, atMs);
        expect(span.fromMs).toBeLessThanOrEqual(atMs);
        expect(span.toMs).toBeGreaterThan(atMs);
        expect(parsePartition(span.name)).toEqual(span);
        // The next begins where this one ends.
        expect(partitionAt(table, span.toMs).fromMs).toBe(span.toMs);
      }),
    );
  });

  it('are only recognised by names of their own', () => {
    for (const name of [
      'events',
      'events_p2026',
      'events_p20261301',
      'others_p20260101',
      'events_p202601',
      'audit_p20260101',
    ])
      expect(parsePartition(name)).toBeUndefined();
  });

  it('are made ahead for each table', () => {
    const names = partitionsAhead(Date.UTC(2026, 0, 30, 12), 3).map(({ name }) => name);
    for (const name of ['events_p20260130', 'events_p20260202', 'audit_p202601', 'audit_p202602'])
      expect(names).toContain(name);
  });

  it('are outlived only when nothing in them is kept any more', () => {
    const retention = new RetentionDays({ predictions: 90, events: 30, metrics: 365, audit: 730 });
    fc.assert(
      fc.property(anyTable, anyTime, fc.integer({ min: 0, max: 1_000 * DAY_MS }), (table, nowMs, ageMs) => {
        const atMs = nowMs - ageMs;
        const dropped = outlived([partitionAt(table, atMs)], retention, nowMs).length > 0;
        if (dropped) expect(atMs).toBeLessThan(retention.keptFromMs(table, nowMs));
      }),
    );
  });
});
