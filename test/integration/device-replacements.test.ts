import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unreadableMemory } from '../../models/device/memory/memory-reader.ts';
import { OnnxDevice } from '../../models/device/onnx-device.ts';
import type { DeviceModel } from '../../models/device/port.ts';
import { until } from '../support/until.ts';
import { batchOf, centernetModel, DEVICE_ID, threadCount } from '../unit/models/device/devices.ts';

const SIZE = 224;
/** The allocator's own ups and downs stay below this; a leak of 1.3 MB a device would not. */
const GROWTH_BYTES_MAX = 64 * 1024 ** 2;
let dir: string;
let model: DeviceModel;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-replacements-'));
  model = await centernetModel(dir, [SIZE]);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function liveAndDie(i: number): Promise<void> {
  const device = new OnnxDevice({
    id: DEVICE_ID,
    kind: 'cpu',
    executionProviders: ['cpu'],
    model,
    threads: 1,
    batchMax: 1,
    memory: unreadableMemory,
  });
  await device.start();
  await device.run(batchOf(1, SIZE));
  // A third ends, a third throws, a third is told to close.
  const fault = (['exit', 'throw'] as const)[i % 3];
  if (fault !== undefined) {
    device.injectFault({ kind: fault });
    await expect(device.run(batchOf(1, SIZE))).rejects.toMatchObject({ code: 'device_failed' });
  }
  await device.close();
}

const handles = async () => ({
  threads: threadCount(),
  files: (await readdir('/proc/self/fd')).length,
  resources: process.getActiveResourcesInfo().filter((name) => !name.startsWith('FS')).length,
});

describe('a device on ONNX Runtime', () => {
  it('leaves no thread, no handle and no memory behind over 50 replacements', async () => {
    for (let i = 0; i < 3; i++) await liveAndDie(i); // what is made once for all has been made
    const before = await handles();
    const rssBefore = process.memoryUsage.rss();
    for (let i = 0; i < 50; i++) await liveAndDie(i);
    await until('no more handles than before', async () => {
      const now = await handles();
      return now.threads <= before.threads && now.files <= before.files && now.resources <= before.resources;
    });
    expect(process.memoryUsage.rss() - rssBefore).toBeLessThan(GROWTH_BYTES_MAX);
  });
});
