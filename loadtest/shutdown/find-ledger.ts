import type { LedgerSnapshot } from '../../core/ledger.ts';

/**
 * The total ledger in a log line: the line itself, or its field `ledger`, or that field's `total`; `undefined` where the
 * line carries none.
 */
export function findLedger(line: Readonly<Record<string, unknown>>): LedgerSnapshot | undefined {
  for (const candidate of [line, line.ledger, asObject(line.ledger)?.total, line.total]) {
    const object = asObject(candidate);
    if (object !== undefined && typeof object.received === 'number' && typeof object.inFlight === 'number') {
      return object as unknown as LedgerSnapshot;
    }
  }
  return undefined;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
