import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { DeviceView } from '../../../../actors/device-view.ts';
import { nodeId, parseCameraId, shardId } from '../../../../core/ids.ts';
import { ManualClock } from '../../../../core/manual-clock.ts';
import { registerFrames } from '../../../../src/telemetry/frame-metrics.ts';
import { registerNode } from '../../../../src/telemetry/node-metrics.ts';
import { quietSources } from '../../../support/all-metrics.ts';

async function scrape(sources: ReturnType<typeof quietSources>): Promise<Map<string, number>> {
  const registry = new Registry();
  registerNode(registry, sources);
  registerFrames(registry, sources.book);
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

const camera = (name: string) => {
  const id = parseCameraId(name);
  if (id === undefined) throw new Error(`${name} is no camera id`);
  return id;
};

const NOTHING = { received: 0, inferred: 0, gated: 0, shed: {}, rejected: {}, lost: {}, inFlight: 0 };

const device = (kind: string) => {
  const view = new DeviceView({ device: `${kind}-0`, configuredKind: 'cuda', model: 'm@1', inputSize: 320 });
  view.kind = kind;
  return view;
};

describe('the metrics of a node', () => {
  it('say what it is, until when its certificate holds, and what it is rated for', async () => {
    const gpu = await scrape(quietSources({ devices: [device('cuda')] }));
    expect(gpu.get(`camshard_build_info{version="1.2.3",nodejs="${process.version}"}`)).toBe(1);
    expect(gpu.get('camshard_node_info{node="node-1",cluster="north",adapter="local"}')).toBe(1);
    expect(gpu.get('camshard_tls_certificate_expiry_timestamp_seconds')).toBe(Date.UTC(2030, 0, 1) / 1_000);
    expect(gpu.get('camshard_latency_objective_seconds')).toBe(0.1);
    const fallenBack = await scrape(quietSources({ devices: [device('cuda'), device('cpu')] }));
    expect(fallenBack.get('camshard_latency_objective_seconds')).toBe(0.15);
    expect(fallenBack.get('camshard_device_info{device="cpu-0",kind="cpu",configured_kind="cuda",model="m@1"}')).toBe(
      1,
    );
    const plain = await scrape(quietSources({ certificateEndsAtMs: undefined }));
    expect(plain.has('camshard_tls_certificate_expiry_timestamp_seconds')).toBe(false);
  });

  it('count cameras that are connected and silent, and no others', async () => {
    const clock = new ManualClock();
    const sources = quietSources();
    const { book } = { book: sources.book };
    for (const name of ['sends', 'stopped', 'never', 'gone']) {
      const record = book.open(camera(name), shardId(1));
      if (record === undefined) throw new Error('no room');
      record.connections = name === 'gone' ? 0 : 1;
      if (name === 'sends') record.lastFrameMs = 15_000;
      if (name === 'stopped') record.lastFrameMs = 9_000;
    }
    clock.advance(20_000);
    const series = await scrape({ ...sources, clock });
    expect(series.get('camshard_cameras_silent')).toBe(2);
  });

  it('show an account that closes, and leave out what was taken over of a dead node', async () => {
    const sources = quietSources();
    const { book } = sources;
    const record = book.open(camera('north'), shardId(1));
    if (record === undefined) throw new Error('no room');
    for (let i = 0; i < 3; i++) book.receive(record);
    book.settle(record, { kind: 'shed', reason: 'expired' });
    book.settle(record, { kind: 'inferred' });
    const dead = nodeId('node-2');
    book.adopt(dead, camera('north'), shardId(1), { ...NOTHING, received: 1_000, inferred: 990, inFlight: 10 }, 999);
    const series = await scrape(sources);
    expect(book.total().received).toBe(1_003);
    expect(series.get('camshard_frames_received_total')).toBe(3);
    expect(series.get('camshard_frames_settled_total{outcome="inferred",reason=""}')).toBe(1);
    expect(series.get('camshard_frames_settled_total{outcome="shed",reason="expired"}')).toBe(1);
    expect(series.get('camshard_frames_settled_total{outcome="lost",reason="node_death"}')).toBe(0);
    expect(series.get('camshard_frames_lost_with_nodes_total')).toBe(10);
    expect(series.get('camshard_ledger_imbalance_frames{check="sum"}')).toBe(0);
    expect(series.get('camshard_ledger_imbalance_frames{check="cameras"}')).toBe(0);
    // It was only silent: what was counted for it goes back, and no counter goes down.
    book.giveBack(dead);
    const after = await scrape(sources);
    expect(after.get('camshard_frames_received_total')).toBe(3);
    expect(after.get('camshard_frames_lost_with_nodes_total')).toBe(10);
    expect(after.get('camshard_ledger_imbalance_frames{check="cameras"}')).toBe(0);
  });

  it('show an account of cameras that differs from the node’s', async () => {
    const sources = quietSources();
    const record = sources.book.open(camera('north'), shardId(1));
    record?.ledger.receive();
    const series = await scrape(sources);
    expect(series.get('camshard_ledger_imbalance_frames{check="cameras"}')).toBe(1);
  });
});
