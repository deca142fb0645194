import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NodeConfig, nodeConfigSchema } from '../../config/schema.ts';
import { type LedgerSnapshot, ledgerImbalance } from '../../core/ledger.ts';
import { type RunningNode, startNode } from '../../src/service.ts';
import { TestCamera } from '../support/camera.ts';
import { jpeg } from '../support/pictures.ts';
import { until } from '../support/until.ts';

// One node for all: its model is built, loaded and warmed once. It runs for real, in a thread of the built tree.
describe('a node with a CPU device', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'camshard-test-'));
  let node: RunningNode;
  let firstReadiness: Response;
  let camera: TestCamera;
  let picture: Buffer;

  beforeAll(async () => {
    const config = nodeConfigSchema.parse({
      node: { dataDir },
      server: { port: 0 },
      models: { inputSize: 224 },
      devices: [{ kind: 'cpu', threads: 1, batchMax: 1 }],
      batching: { frameDeadlineMs: 10_000 },
      gate: { enabled: false }, // one picture, again and again
      debug: { faultHooks: true },
    }) as NodeConfig;
    node = await startNode({ config, version: '0.0.0-test', log: pino({ level: 'silent' }) });
    firstReadiness = await fetch(`${node.url}/readyz`);
    await node.ready;
    picture = await jpeg({ width: 224, height: 126, noise: true });
    camera = await TestCamera.welcomed({ wsUrl: node.url.replace('http', 'ws') }, 'cpu-1');
  });
  afterAll(async () => {
    const ledger = await node.stop();
    rmSync(dataDir, { recursive: true, force: true });
    expect(ledgerImbalance(ledger)).toBe(0);
    expect(ledger.inFlight).toBe(0);
  });

  const total = async (): Promise<LedgerSnapshot> =>
    ((await (await fetch(`${node.url}/v1/ledger`)).json()) as { total: LedgerSnapshot }).total;

  it('is not ready before its model is warm, and is then', async () => {
    expect(firstReadiness.status).toBe(503);
    expect(await firstReadiness.json()).toMatchObject({ code: 'no_device_ready', detail: 'cpu-0 is starting' });
    expect((await fetch(`${node.url}/readyz`)).status).toBe(200);
  });

  it('answers a picture with the model’s own detections', async () => {
    const seq = camera.send(picture);
    expect(await camera.next('result', (r) => r.seq === seq)).toMatchObject({
      model: expect.stringMatching(/^centernet@/),
    });
  });

  it.each(['throw', 'exit', 'hang'] as const)(
    'loses a batch to %s of its thread, counts it, and serves again',
    async (fault) => {
      const lostBefore = (await total()).lost.device_failed ?? 0;
      await fetch(`${node.url}/v1/debug/faults`, { method: 'POST', body: JSON.stringify({ fault }) });
      await until('a lost frame', async () => {
        const seq = camera.send(picture);
        await until('its answer', () => camera.namedAnswers().has(seq));
        return ((await total()).lost.device_failed ?? 0) > lostBefore;
      });
      const seq = camera.send(picture);
      await camera.next('result', (r) => r.seq === seq);
      expect((await fetch(`${node.url}/readyz`)).status).toBe(200);
      expect((await total()).lost).toEqual({ device_failed: lostBefore + 1 });
    },
  );
});
