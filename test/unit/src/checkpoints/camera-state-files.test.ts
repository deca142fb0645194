import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CameraAnalyticsState } from '../../../../analytics/camera-analytics.ts';
import type { CameraId, ShardId } from '../../../../core/ids.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import { CameraStateFiles, type CameraStateFilesOptions } from '../../../../src/checkpoints/camera-state-files.ts';

const camera = (name: string) => name as CameraId;
const shard = (n: number) => n as ShardId;
const state = (atMs: number) => ({ version: 2, atMs }) as unknown as CameraAnalyticsState;

let dir: string;
let clock: ManualClock;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'camshard-states-'));
  clock = new ManualClock();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const open = (more: Partial<CameraStateFilesOptions> = {}) =>
  CameraStateFiles.open({ dir, clock, log: pino({ level: 'silent' }), ...more });
const onDisk = () => readdirSync(dir).sort();

describe('what analytics remembers', () => {
  it('is there again after a restart, camera by camera', async () => {
    const files = await open();
    files.save(camera('a'), shard(3), state(10), false);
    files.save(camera('b'), shard(3), state(20), false);
    files.save(camera('c'), shard(9), state(30), false);
    files.save(camera('a'), shard(3), state(11), false);
    await files.close();
    expect(readdirSync(dir).sort()).toEqual(['shard-3.ndjson', 'shard-9.ndjson']);
    const again = await open();
    expect(['a', 'b', 'c', 'd'].map((name) => again.load(camera(name))?.atMs)).toEqual([11, 20, 30, undefined]);
    await again.close();
  });

  it('is on disk at once where an alert was raised', async () => {
    const files = await open();
    files.save(camera('a'), shard(3), state(10), true);
    await files.written();
    expect(readFileSync(join(dir, 'shard-3.ndjson'), 'utf8')).toContain('"atMs":10');
    await files.close();
  });

  it('writes only what an alert was raised on at once, and the rest a shard each few seconds', async () => {
    const files = await open();
    files.save(camera('a'), shard(3), state(10), false);
    files.save(camera('b'), shard(9), state(20), true);
    await files.written();
    expect(onDisk()).toEqual(['shard-9.ndjson']);
    for (let s = 0; s < 3; s++) {
      await clock.advanceAsync(1_000, 1_000);
      files.save(camera('a'), shard(3), state(11 + s), false);
      await files.written();
    }
    expect(onDisk()).toEqual(['shard-9.ndjson']);
    await clock.advanceAsync(2_000, 500);
    await files.written();
    expect(onDisk()).toEqual(['shard-3.ndjson', 'shard-9.ndjson']);
    expect(readFileSync(join(dir, 'shard-3.ndjson'), 'utf8')).toContain('"atMs":13');
    await files.close();
  });

  it('is never on disk before the alerts it knows of are in the outbox', async () => {
    const order: string[] = [];
    let kept: () => void = () => {};
    const files = await open({
      ahead: () =>
        new Promise((resolve) => {
          kept = () => {
            order.push(`outbox, ${onDisk().length} files`);
            resolve(true);
          };
        }),
    });
    files.save(camera('a'), shard(3), state(10), true);
    // What comes while the outbox is waited for may know of an alert that is not in it: it comes with the next write.
    files.save(camera('a'), shard(3), state(11), true);
    kept();
    await files.written();
    expect(order).toEqual(['outbox, 0 files']);
    expect(readFileSync(join(dir, 'shard-3.ndjson'), 'utf8')).toContain('"atMs":10');
    const closing = files.close();
    await Promise.resolve();
    kept();
    await closing;
    expect(readFileSync(join(dir, 'shard-3.ndjson'), 'utf8')).toContain('"atMs":11');
  });

  it('waits where the outbox takes nothing', async () => {
    let takes = false;
    const files = await open({ ahead: async () => takes });
    files.save(camera('a'), shard(3), state(10), true);
    await files.written();
    expect(onDisk()).toEqual([]);
    takes = true;
    await clock.advanceAsync(6_000, 500);
    await files.written();
    expect(onDisk()).toEqual(['shard-3.ndjson']);
    await files.close();
  });

  it('lets go of the camera that was seen longest ago where there are too many', async () => {
    const files = await open({ camerasMax: 2 });
    for (const name of ['a', 'b', 'a', 'c']) files.save(camera(name), shard(3), state(10), false);
    expect(['a', 'b', 'c'].map((name) => files.load(camera(name)) !== undefined)).toEqual([true, false, true]);
    await files.close();
    const again = await open();
    expect(again.size).toBe(2);
    await again.close();
  });

  it('is forgotten where an analysis failed on it', async () => {
    const files = await open();
    files.save(camera('a'), shard(3), state(10), true);
    await files.written();
    files.drop(camera('a'));
    await files.close();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is forgotten after a week without the camera', async () => {
    const files = await open();
    files.save(camera('a'), shard(3), state(10), false);
    await files.close();
    clock.advance(8 * 86_400_000);
    const again = await open();
    expect(again.size).toBe(0);
    await again.close();
  });

  it('does not keep a node from starting where a file is broken, and leaves half-written ones aside', async () => {
    const files = await open();
    files.save(camera('a'), shard(3), state(10), false);
    await files.close();
    writeFileSync(join(dir, 'shard-4.ndjson'), '{"camera":"b","savedAtMs":');
    writeFileSync(join(dir, 'shard-5.ndjson.new'), 'half');
    const again = await open();
    expect(again.size).toBe(1);
    expect(readdirSync(dir).sort()).toEqual(['shard-3.ndjson', 'shard-4.ndjson']);
    await again.close();
  });

  it('is tried again where the disk took nothing', async () => {
    const files = await open();
    rmSync(dir, { recursive: true });
    files.save(camera('a'), shard(3), state(10), true);
    await files.written();
    expect(files.failures).toBe(1);
    await import('node:fs/promises').then(({ mkdir }) => mkdir(dir));
    await files.close();
    const again = await open();
    expect(again.load(camera('a'))?.atMs).toBe(10);
    await again.close();
  });
});
