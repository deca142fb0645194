import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Nodes, Shards } from '../../web/src/api/answers.gen.ts';
import { TestCamera } from '../support/camera.ts';
import { ClusterNode } from '../support/cluster-nodes.ts';
import { jpeg } from '../support/pictures.ts';
import { api, Dashboard, expectAccessible, until } from './dashboard.ts';

const GIB = 1024 ** 3;

/** A node on its own with two invented cards, and cameras that send all the while. */
describe('the pages of a node on its own', () => {
  let node: ClusterNode;
  let dashboard: Dashboard;
  let sending: NodeJS.Timeout;

  beforeAll(async () => {
    const card = { kind: 'simulated', baseMs: 4, perFrameMs: 1, noise: 0, detections: 2 } as const;
    node = new ClusterNode({
      settings: {
        node: { id: 'solo' },
        server: { port: 0 },
        devices: [{ ...card, memoryBytes: 8 * GIB }, card],
        gate: { enabled: false },
        history: { enabled: false },
        debug: { faultHooks: true },
        batching: { frameDeadlineMs: 10_000 },
      },
    });
    [dashboard] = await Promise.all([Dashboard.launch(), node.start()]);
    const cameras = await Promise.all(Array.from({ length: 8 }, (_, i) => TestCamera.welcomed(node, `cam-${i}`)));
    const picture = await jpeg();
    sending = setInterval(() => {
      for (const camera of cameras) camera.send(picture);
    }, 100);
  });
  afterEach(async () => dashboard?.closePages());
  afterAll(async () => {
    clearInterval(sending);
    await dashboard?.close();
    await node?.remove();
  });

  it('draws the ring of a node on its own, and says how to make it a cluster instead of offering actions', async () => {
    const { page, errors } = await dashboard.open(`${node.url}/#/cluster`);
    await page.locator('[data-map]').waitFor();
    const { shards } = await api<Shards>(node, '/v1/shards');
    expect(shards).toHaveLength(256);
    expect(await page.locator('.arc[data-owner="solo"][data-state="running"]').count()).toBe(256);
    await page.getByText('One node on its own.').click();
    await page.getByText('adapter: redis').waitFor();
    for (const name of ['Drain …', 'Rebalance …', 'Remove …']) {
      expect(await page.getByRole('button', { name }).count()).toBe(0);
    }
    await page.locator('.arc').first().click();
    await page.locator('[data-facts="0"]').waitFor();
    expect(await page.getByRole('button', { name: 'Move …' }).count()).toBe(0);
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });

  it('shows each device’s batches, memory and plan as the node has them', async () => {
    const { page, errors } = await dashboard.open(`${node.url}/#/devices`);
    await page.locator('[data-device="simulated-1"] .chart canvas').waitFor();
    const before = (await api<Nodes>(node, '/v1/nodes')).nodes[0]?.devices ?? [];
    expect(before.map(({ device }) => device)).toEqual(['simulated-0', 'simulated-1']);
    for (const { device, memory, buckets, batchMax, inputSize } of before) {
      const card = page.locator(`[data-device="${device}"]`);
      expect(memory?.totalBytes).toBe(device === 'simulated-0' ? 8 * GIB : 16 * GIB);
      const text = (await card.locator('.memory').textContent()) ?? '';
      expect(text).toContain(`of ${(memory?.totalBytes ?? 0) / GIB}.0 GiB`);
      expect(text).toContain(((memory?.limitBytes ?? 0) / GIB).toFixed(1));
      expect(await card.locator('[data-stat="batch"]').textContent()).toContain(`of ${batchMax}`);
      expect(await card.locator('[data-stat="input"]').textContent()).toBe(`${inputSize} px`);
      // Batches go on: what is shown lies between what the node said before and says after.
      const shown = new Map(
        await card
          .locator('[data-bucket]')
          .evaluateAll((rows) =>
            rows.map(
              (row) => [Number(row.getAttribute('data-bucket')), Number(row.getAttribute('data-batches'))] as const,
            ),
          ),
      );
      const after = (await api<Nodes>(node, '/v1/nodes')).nodes[0]?.devices.find((d) => d.device === device);
      expect([...shown.keys()]).toEqual(buckets.map(({ frames }) => frames));
      for (const { frames, batches } of after?.buckets ?? []) expect(shown.get(frames)).toBeLessThanOrEqual(batches);
      expect([...shown.values()].some((batches) => batches > 0)).toBe(true);
    }
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });

  // Last: the device stays broken.
  it('shows a device that fails and is not to be mended, without a reload, and the other one at work', async () => {
    const { page, errors } = await dashboard.open(`${node.url}/#/devices`);
    const card = page.locator('[data-device="simulated-0"]');
    await page.locator('[data-device="simulated-0"][data-state="ready"]').waitFor();
    const fault = (body: unknown) => node.send('POST', '/v1/debug/faults', { device: 'simulated-0', fault: body });
    expect((await fault({ kind: 'start_fails', times: 1_000 })).status).toBe(200);
    expect((await fault('exit')).status).toBe(200);
    await card.locator('.device-fault:not(:empty)').waitFor();
    await until(async () => ((await card.getAttribute('data-state')) === 'ready' ? undefined : true));
    await card.getByText('breaker open').waitFor();
    expect(await card.textContent()).toContain('Other devices have its cameras');
    expect(await page.locator('[data-device="simulated-1"]').getAttribute('data-state')).toBe('ready');
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });
});
