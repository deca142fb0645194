import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { SegmentLog } from '../../src/adapters/segment-log/segment-log.ts';

it('gives a reader that goes on deep in a long segment its records, not an empty answer first', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'camshard-log-'));
  const open = () =>
    SegmentLog.open<{ readonly n: number; readonly pad: string }>({
      ...{ dir, clock: systemClock, bytesMax: 64 * 1024 ** 2, keepBytes: 32 * 1024 ** 2, durability: 'os' },
      delayMsMax: 0,
      readers: [{ name: 'book', start: 'start' }],
    });
  const before = await open();
  // Three times what is read from the disk at once.
  const records = Array.from({ length: 1_000 }, (_, n) => ({ n, pad: 'x'.repeat(768) }));
  await Promise.all(records.map((record) => before.append(record)));
  before.reader('book').commit(900);
  await before.close();

  const after = await open();
  const reader = after.reader('book');
  expect(reader.behind).toBe(100);
  // As the book of alerts is made again: an empty answer means that there is nothing more.
  const positions: number[] = [];
  for (let last: number | undefined = 0; last !== undefined; ) {
    const read = await reader.read(1_000);
    positions.push(...read.map(({ position }) => position));
    last = read.at(-1)?.position;
    if (last !== undefined) reader.commit(last);
  }
  expect(positions).toEqual(Array.from({ length: 100 }, (_, i) => 901 + i));
  await after.close();
  await rm(dir, { recursive: true, force: true });
});
