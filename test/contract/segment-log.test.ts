import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { crc32c } from '../../src/adapters/segment-log/crc32c.ts';
import type { LogReader } from '../../src/adapters/segment-log/log-reader.ts';
import { openSegmentFile, type SegmentWriter } from '../../src/adapters/segment-log/segment-file.ts';
import { SegmentLog, type SegmentLogOptions } from '../../src/adapters/segment-log/segment-log.ts';
import { until } from '../support/until.ts';

interface Row {
  readonly n: number;
  readonly pad?: string;
}

/** A process that appends as fast as it may and says how far it came; the built log, for Node runs no TypeScript. */
const COMPILED = new URL('../../dist/', import.meta.url).href;
const APPEND_FOR_EVER = `
  const { SegmentLog } = await import('${COMPILED}src/adapters/segment-log/segment-log.js');
  const { systemClock } = await import('${COMPILED}core/clock.js');
  const log = await SegmentLog.open({
    dir: process.env.DIR, durability: process.env.DURABILITY, clock: systemClock, bytesMax: 64 * 1024 ** 2, delayMsMax: 0,
    readers: [{ name: 'a', start: 'start' }],
  });
  let kept = 0;
  let n = 0;
  for (;;) {
    for (let i = 0; i < 20; i++) void log.append({ n: n++, pad: 'x'.repeat(n % 300) }).then(() => process.send(++kept));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
`;

let dir: string;
const open_: SegmentLog<Row>[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-log-'));
});
afterEach(async () => {
  for (const log of open_.splice(0)) await log.close();
  await rm(dir, { recursive: true, force: true });
});

async function openLog(options: Partial<SegmentLogOptions> = {}): Promise<SegmentLog<Row>> {
  const log = await SegmentLog.open<Row>({
    dir,
    clock: systemClock,
    bytesMax: 1024 ** 2,
    durability: 'fsync',
    delayMsMax: 1,
    readers: [{ name: 'a', start: 'start' }],
    ...options,
  });
  open_.push(log);
  return log;
}

/** Everything there is for `reader`, committed. */
async function drain(log: SegmentLog<Row>, reader: LogReader<Row>): Promise<number[]> {
  const seen: number[] = [];
  while (reader.next < log.end) {
    const rows = await reader.read(100);
    for (const row of rows) seen.push(row.value.n);
    const last = rows.at(-1);
    if (last !== undefined) reader.commit(last.position);
  }
  return seen;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const appendAll = (log: SegmentLog<Row>, rows: readonly Row[]) => Promise.all(rows.map((row) => log.append(row)));
const segmentsOnDisk = async (): Promise<string[]> =>
  (await readdir(dir)).filter((name) => name.endsWith('.log')).sort();

describe.each(['fsync', 'os'] as const)('a segment log that keeps with %s', (durability) => {
  it('gives each reader every record in order', async () => {
    const log = await openLog({
      durability,
      readers: [
        { name: 'a', start: 'start' },
        { name: 'b', start: 'start' },
      ],
    });
    const positions = await appendAll(
      log,
      range(0, 500).map((n) => ({ n })),
    );
    expect(positions).toEqual(range(1, 501));
    expect(await drain(log, log.reader('a'))).toEqual(range(0, 500));
    expect(await drain(log, log.reader('b'))).toEqual(range(0, 500));
  });

  it('goes on where it ended, with readers where they were, after being closed and opened', async () => {
    const first = await openLog({ durability });
    await appendAll(
      first,
      range(0, 20).map((n) => ({ n })),
    );
    const [row] = await first.reader('a').read(1);
    first.reader('a').commit(row?.position ?? 0);
    await first.close();
    const second = await openLog({ durability });
    expect(await second.append({ n: 20 })).toBe(21);
    expect(await drain(second, second.reader('a'))).toEqual(range(1, 21));
  });

  it('gives records again until they are committed', async () => {
    const log = await openLog({ durability });
    await appendAll(log, [{ n: 0 }, { n: 1 }]);
    const reader = log.reader('a');
    expect((await reader.read(1)).map((row) => row.value.n)).toEqual([0]);
    expect((await reader.read(2)).map((row) => row.value.n)).toEqual([0, 1]);
    reader.commit(1);
    expect((await reader.read(2)).map((row) => row.value.n)).toEqual([1]);
    expect(reader.behind).toBe(1);
  });

  it('loses nothing it acknowledged when its process is killed in the middle of appending', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', APPEND_FOR_EVER], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, DIR: dir, DURABILITY: durability },
    });
    let acknowledged = 0;
    child.on('message', (n: number) => {
      acknowledged = n;
    });
    await until('some records', () => acknowledged > 300);
    child.kill('SIGKILL');
    await once(child, 'close');
    const log = await openLog({ durability });
    const seen = await drain(log, log.reader('a'));
    expect(seen.length).toBeGreaterThanOrEqual(acknowledged);
    expect(seen).toEqual(range(0, seen.length));
    expect(log.reader('a').lost).toBe(0);
  });
});

describe('a segment log', () => {
  it('checks with CRC-32C: the check value of the catalogue of CRCs', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  it('shares one fsync among records appended together', async () => {
    let syncs = 0;
    const log = await openLog({
      openSegment: async (path) => {
        const writer = await openSegmentFile(path);
        return {
          ...writer,
          sync: () => {
            syncs++;
            return writer.sync();
          },
        };
      },
    });
    await appendAll(
      log,
      range(0, 200).map((n) => ({ n })),
    );
    expect(syncs).toBe(1);
  });

  it('lets a new reader begin at the end', async () => {
    const first = await openLog();
    await appendAll(first, [{ n: 0 }, { n: 1 }]);
    await first.close();
    const log = await openLog({ readers: [{ name: 'late', start: 'end' }] });
    await log.append({ n: 2 });
    expect(await drain(log, log.reader('late'))).toEqual([2]);
  });

  it('wakes a reader that waits, and tells it when the log closes', async () => {
    const log = await openLog();
    const reader = log.reader('a');
    const waiting = reader.wait();
    await log.append({ n: 0 });
    expect(await waiting).toBe('more');
    await drain(log, reader);
    const last = reader.wait();
    await log.close();
    expect(await last).toBe('closed');
  });

  it('cuts off a half-written record when it is opened, and says so', async () => {
    const first = await openLog();
    await appendAll(first, [{ n: 0 }, { n: 1 }, { n: 2 }]);
    await first.close();
    const path = join(dir, (await segmentsOnDisk())[0] ?? '');
    const { size } = await stat(path);
    const file = await open(path, 'r+');
    await file.truncate(size - 3);
    await file.close();
    const log = await openLog();
    expect(log.stats.tornBytes).toBeGreaterThan(0);
    expect(await log.append({ n: 3 })).toBe(3);
    expect(await drain(log, log.reader('a'))).toEqual([0, 1, 3]);
  });

  it('steps over a damaged record and counts it as lost to each reader', async () => {
    const first = await openLog();
    await appendAll(
      first,
      range(0, 5).map((n) => ({ n, pad: 'x'.repeat(50) })),
    );
    await first.close();
    const path = join(dir, (await segmentsOnDisk())[0] ?? '');
    const bytes = await readFile(path);
    bytes[Math.floor(bytes.length / 2)] = 0xff;
    await writeFile(path, bytes);
    const log = await openLog();
    expect(await drain(log, log.reader('a'))).toEqual([0, 1, 3, 4]);
    expect(log.reader('a').lost).toBe(1);
  });

  it('deletes segments that all readers have passed, and no others', async () => {
    const log = await openLog({
      bytesMax: 64 * 1024,
      readers: [
        { name: 'a', start: 'start' },
        { name: 'b', start: 'start' },
      ],
    });
    for (const n of range(0, 40)) await log.append({ n, pad: 'x'.repeat(1_000) });
    const all = (await segmentsOnDisk()).length;
    expect(all).toBeGreaterThan(3);
    await drain(log, log.reader('a'));
    expect((await segmentsOnDisk()).length).toBe(all);
    await drain(log, log.reader('b'));
    await until('the segments are gone', async () => (await segmentsOnDisk()).length === 1);
  });

  it('keeps what all have passed as long as it is told to', async () => {
    const log = await openLog({ bytesMax: 64 * 1024, keepBytes: 32 * 1024 });
    for (const n of range(0, 60)) await log.append({ n, pad: 'x'.repeat(1_000) });
    await drain(log, log.reader('a'));
    expect(log.stats.bytes).toBeGreaterThanOrEqual(32 * 1024);
    expect(log.stats.bytes).toBeLessThan(48 * 1024);
  });

  it('is no longer held by a reader that is no longer named', async () => {
    const first = await openLog({
      bytesMax: 64 * 1024,
      readers: [
        { name: 'a', start: 'start' },
        { name: 'gone', start: 'start' },
      ],
    });
    for (const n of range(0, 40)) await first.append({ n, pad: 'x'.repeat(1_000) });
    await drain(first, first.reader('a'));
    await first.close();
    const log = await openLog({ bytesMax: 64 * 1024 });
    expect(log.stats.segments).toBe(1);
  });

  it('gives up the oldest when it is full, and counts what each reader had not read', async () => {
    const log = await openLog({
      bytesMax: 64 * 1024,
      readers: [
        { name: 'quick', start: 'start' },
        { name: 'slow', start: 'start' },
      ],
    });
    const quick: number[] = [];
    for (const n of range(0, 200)) {
      expect(await log.append({ n, pad: 'x'.repeat(1_000) })).toBe(n + 1);
      quick.push(...(await drain(log, log.reader('quick'))));
    }
    expect(quick).toEqual(range(0, 200));
    const slow = await drain(log, log.reader('slow'));
    expect(log.reader('slow').lost).toBe(200 - slow.length);
    expect(slow).toEqual(range(200 - slow.length, 200));
    expect(log.reader('quick').lost).toBe(0);
    expect(log.stats.bytes).toBeLessThanOrEqual(64 * 1024);
  });

  it('remembers what was lost when it is opened again', async () => {
    const first = await openLog({ bytesMax: 64 * 1024 });
    for (const n of range(0, 200)) await first.append({ n, pad: 'x'.repeat(1_000) });
    const { lost } = first.reader('a');
    await first.close();
    const log = await openLog({ bytesMax: 64 * 1024 });
    expect(lost).toBeGreaterThan(0);
    expect(log.reader('a').lost).toBe(lost);
  });

  it.each(['write', 'sync'] as const)(
    'refuses records while the disk fails to %s, and takes them again after',
    async (what) => {
      let failing = false;
      const faults: unknown[] = [];
      const fail = async (): Promise<void> => {
        if (failing) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      };
      const log = await openLog({
        keepBytes: 1024 ** 2,
        onFault: (error) => faults.push(error),
        openSegment: async (path) => {
          const writer = await openSegmentFile(path);
          const failingWriter: SegmentWriter = {
            ...writer,
            async write(bytes, offset) {
              if (failing && what === 'write') await writer.write(bytes.subarray(0, 7), offset);
              if (what === 'write') await fail();
              await writer.write(bytes, offset);
            },
            async sync() {
              if (what === 'sync') await fail();
              await writer.sync();
            },
          };
          return failingWriter;
        },
      });
      expect(await log.append({ n: 0 })).toBe(1);
      failing = true;
      expect(await log.append({ n: 1 })).toBe('full');
      expect(await log.append({ n: 2 })).toBe('full');
      failing = false;
      expect(await log.append({ n: 3 })).toBe(2);
      expect(await drain(log, log.reader('a'))).toEqual([0, 3]);
      expect(faults).toHaveLength(2);
      expect(log.stats).toMatchObject({ refused: 2, faults: 2, appended: 2 });
      await log.close();
      const again = await openLog({ keepBytes: 1024 ** 2, readers: [{ name: 'b', start: 'start' }] });
      expect(await drain(again, again.reader('b'))).toEqual([0, 3]);
    },
  );

  it('refuses a record larger than a segment', async () => {
    const log = await openLog({ bytesMax: 64 * 1024 });
    expect(await log.append({ n: 0, pad: 'x'.repeat(9_000) })).toBe('full');
    expect(await log.append({ n: 1 })).toBe(1);
  });

  it('is written by one process at a time; the lock of a dead one is taken over', async () => {
    const log = await openLog();
    await expect(
      SegmentLog.open({ dir, clock: systemClock, bytesMax: 65_536, durability: 'os', delayMsMax: 0, readers: [] }),
    ).rejects.toMatchObject({
      code: 'folder_locked',
    });
    await log.close();
    await writeFile(join(dir, 'lock'), JSON.stringify({ pid: 2 ** 22, startedAt: 1, token: 'x' }));
    const again = await openLog();
    expect(await again.append({ n: 0 })).toBe(1);
    expect(await again.append({ n: 0 })).toBe(2);
    await again.close();
    expect(await again.append({ n: 0 })).toBe('closed');
  });
});
