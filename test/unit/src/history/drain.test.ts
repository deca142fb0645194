import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../../core/manual-clock.ts';
import type { LogReader } from '../../../../src/adapters/segment-log/log-reader.ts';
import { DatabaseBreaker } from '../../../../src/history/database-breaker.ts';
import { Drain } from '../../../../src/history/drain.ts';
import { HistoryError } from '../../../../src/history/history-error.ts';
import type { PlacedRecord, Spooled } from '../../../../src/history/spooled.ts';
import { crossing } from '../../../support/history-records.ts';

/** A spool in memory: what a drain uses of a log's reader. */
class Memory {
  next = 1;
  readonly #records: PlacedRecord[];

  constructor(n: number) {
    this.#records = Array.from({ length: n }, (_, i) => ({ position: i + 1, value: { t: 0, r: crossing(i, i + 1) } }));
  }

  get behind(): number {
    return this.#records.length + 1 - this.next;
  }

  async read(max: number): Promise<readonly PlacedRecord[]> {
    return this.#records.slice(this.next - 1, this.next - 1 + max);
  }

  async wait(): Promise<'closed'> {
    return 'closed';
  }

  commit(position: number): void {
    this.next = position + 1;
  }
}

async function drainAll(
  n: number,
  write: (positions: readonly number[]) => void,
): Promise<{ aside: number[]; failures: number }> {
  const clock = new ManualClock();
  const memory = new Memory(n);
  const aside: number[] = [];
  let failures = 0;
  const drain = new Drain({
    clock,
    reader: memory as unknown as LogReader<Spooled>,
    breaker: new DatabaseBreaker(clock),
    batchRowsMax: 16,
    batchDelayMsMax: 5,
    refusal: () => undefined,
    write: async (records) => {
      write(records.map(({ position }) => position));
      return { stored: records.length, before: 0, stale: 0, rows: records.length, written: undefined };
    },
    onOutcome: () => {},
    onRefused: () => {},
    onRescued: () => {},
    onAside: async ({ r }) => {
      if (r.kind === 'event' && 'track' in r.event && r.event.track !== null) aside.push(r.event.track);
    },
    onFailure: () => {
      failures++;
    },
  });
  drain.start();
  let ended = false;
  void drain.ended.then(() => {
    ended = true;
  });
  for (let turn = 0; turn < 10_000 && !ended; turn++) {
    await Promise.resolve();
    clock.advance(10);
  }
  expect(ended).toBe(true);
  return { aside, failures };
}

const refused = (): HistoryError => new HistoryError('history_refused', 'no');

describe('the drain of the spool', () => {
  it('puts aside exactly the records that are refused, and writes all others in order', async () => {
    const bad = new Set([1, 17, 18, 40]);
    const there: number[] = [];
    const { aside, failures } = await drainAll(40, (positions) => {
      if (positions.some((position) => bad.has(position))) throw refused();
      there.push(...positions);
    });
    expect(aside).toEqual([...bad]);
    expect(failures).toBe(0);
    expect(there).toEqual(Array.from({ length: 40 }, (_, i) => i + 1).filter((position) => !bad.has(position)));
  });

  it('tries again what failed for another reason, for as long as it takes', async () => {
    let calls = 0;
    const there: number[] = [];
    const { aside, failures } = await drainAll(20, (positions) => {
      if (++calls <= 7) throw new HistoryError('history_unavailable', 'gone');
      there.push(...positions);
    });
    expect({ aside, failures, there: there.length }).toEqual({ aside: [], failures: 7, there: 20 });
  });

  it('writes fewer at once where the database takes too long over many', async () => {
    const sizes: number[] = [];
    await drainAll(32, (positions) => {
      if (positions.length > 8) throw new HistoryError('history_timeout', 'slow');
      sizes.push(positions.length);
    });
    expect(sizes.reduce((a, b) => a + b)).toBe(32);
    expect(Math.max(...sizes)).toBe(8);
  });
});
