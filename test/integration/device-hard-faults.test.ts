import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledUrl } from '../../models/device/compiled-url.ts';
import type { DeviceModel } from '../../models/device/port.ts';
import { greedyModel } from '../unit/models/device/devices.ts';

/**
 * Faults that no thread can isolate, each in a process of its own: one ends it, the other leaves it a thread that
 * nothing can end.
 */
const PRELUDE = `
  const { OnnxDevice } = await import(process.env.DEVICE_URL);
  const { unreadableMemory } = await import(process.env.MEMORY_URL);
  const model = JSON.parse(process.env.MODEL);
  const options = { kind: 'cpu', executionProviders: ['cpu'], model, threads: 1, batchMax: 1, memory: unreadableMemory };
  const create = (id) => new OnnxDevice({ ...options, id });
  const batch = () => ({ inputSize: 32, count: 1, pixels: new Uint8Array(32 * 32 * 3) });
  const device = create('cpu-0');
  await device.start();
  await device.run(batch());
`;
let dir: string;
let model: DeviceModel;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'camshard-hard-faults-'));
  model = await greedyModel(dir, [32], 1);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function runProcess(script: string) {
  const devicePort = new URL('../../models/device/port.ts', import.meta.url).href;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PRELUDE + script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
    env: {
      ...process.env,
      DEVICE_URL: compiledUrl(devicePort, 'onnx-device.js'),
      MEMORY_URL: compiledUrl(devicePort, 'memory/memory-reader.js'),
      MODEL: JSON.stringify(model),
    },
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, output };
}

describe('a device whose thread hangs in native code', () => {
  it('is abandoned, with its batches rejected, while the process and the device after it go on', async () => {
    const { signal, output } = await runProcess(`
      device.injectFault({ kind: 'hang_native' });
      const run = device.run(batch()).catch((error) => error.code);
      const closed = await device.close().catch((error) => error.code);
      const closedAgain = await device.close().catch((error) => error.code);
      const next = create('cpu-0');
      await next.start();
      const { boxes } = await next.run(batch());
      await next.close();
      console.log(JSON.stringify({ run: await run, closed, closedAgain, boxes: boxes.length }));
      process.kill(process.pid, 'SIGKILL'); // what its parent does: process.exit would wait for the hung call
    `);
    expect(JSON.parse(output)).toEqual({
      run: 'device_failed',
      closed: 'device_abandoned',
      closedAgain: 'device_abandoned',
      boxes: 600,
    });
    expect(signal).toBe('SIGKILL');
  });
});

describe('a device whose native code crashes', () => {
  it('takes the process with it, by SIGSEGV', async () => {
    const { signal } = await runProcess(`
      device.injectFault({ kind: 'crash' });
      await device.run(batch());
    `);
    expect(signal).toBe('SIGSEGV');
  });
});
