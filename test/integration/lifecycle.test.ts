import { Agent, get, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { type LedgerSnapshot, ledgerImbalance, sumCounts } from '../../core/ledger.ts';
import { TestCamera } from '../support/camera.ts';
import { simulated, startTestNode, stopTestNodes, type TestNode } from '../support/node.ts';
import { type NodeProcess, startNodeProcess } from '../support/node-process.ts';
import { jpeg } from '../support/pictures.ts';
import { rawGet } from '../support/raw-http.ts';
import { until } from '../support/until.ts';
import { TestWatcher } from '../support/watcher.ts';

const processes: NodeProcess[] = [];
afterEach(async () => {
  await stopTestNodes();
  for (const { child, exited } of processes.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await exited;
  }
});

const cause = (node: TestNode, fault: string): Promise<Response> =>
  node.get('/v1/debug/faults', { method: 'POST', body: JSON.stringify({ fault }) });

const readiness = async (node: { url: string }): Promise<{ status: number; code: unknown }> => {
  const answer = await fetch(`${node.url}/readyz`);
  return { status: answer.status, code: ((await answer.json()) as { code?: unknown }).code };
};

describe('stopping a node', () => {
  /** Asks over a connection that is open already: a node that stops takes no new ones. */
  function keptAlive(port: number): {
    readonly ask: (path: string) => Promise<{ status: number; body: string }>;
    end(): void;
  } {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (path: string) =>
      new Promise<{ status: number; body: string }>((resolve, reject) => {
        get({ host: '127.0.0.1', port, path, agent }, (answer: IncomingMessage) => {
          let body = '';
          answer.on('data', (chunk: Buffer) => {
            body += chunk.toString();
          });
          answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body }));
        }).once('error', reject);
      });
    return { ask, end: () => agent.destroy() };
  }

  it('finishes what is in flight, sheds what still comes, fails its readiness and says goodbye', async () => {
    const node = await startTestNode({ devices: [simulated({ baseMs: 400 })], batching: { frameDeadlineMs: 5_000 } });
    const kept = keptAlive(node.port);
    expect((await kept.ask('/readyz')).status).toBe(200);
    const camera = await TestCamera.welcomed(node, 'last-1');
    const watcher = await TestWatcher.open(node, 'cluster');
    camera.send(await jpeg());
    await until('the frame to be on the device', async () => (await node.stats()).devices[0]?.inFlightBatches === 1);

    const stopping = node.stop();
    const answer = await kept.ask('/readyz');
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'draining' });
    await expect(rawGet(node.port, '/healthz')).rejects.toThrow();
    camera.send(await jpeg());

    const ledger = await stopping;
    expect(ledger).toMatchObject({ received: 2, inferred: 1, shed: { draining: 1 }, inFlight: 0 });
    expect(await camera.closed).toEqual({ code: 1001, reason: 'draining' });
    expect(await watcher.closed).toEqual({ code: 1001, reason: 'draining' });
    // Both were answered, and the shed one did not claim that the other was.
    expect(Object.fromEntries(camera.namedAnswers())).toEqual({ 1: ['result'], 2: ['draining'] });
    expect(camera.acks[0]).toEqual({ type: 'ack', upTo: 0, shed: [{ seq: 2, reason: 'draining' }] });
    kept.end();
  });

  it('counts as lost what is not done after shutdown.graceMs, and tells its camera', async () => {
    const node = await startTestNode({
      devices: [simulated({ baseMs: 30_000 })],
      batching: { frameDeadlineMs: 60_000 },
      shutdown: { graceMs: 100 },
    });
    const camera = await TestCamera.welcomed(node, 'lost-1');
    camera.send(await jpeg());
    await until('the frame to be taken', async () => (await node.ledger()).total.received === 1);
    expect(await node.stop()).toMatchObject({ received: 1, lost: { shutdown: 1 }, inFlight: 0 });
    expect((await camera.closed).code).toBe(1001);
    expect(Object.fromEntries(camera.namedAnswers())).toEqual({ 1: ['shutdown'] });
  });

  it('refuses to start where another node listens', async () => {
    const node = await startTestNode();
    await expect(startTestNode({ server: { port: node.port } })).rejects.toMatchObject({ code: 'listen_failed' });
    // Two processes could share the port, unlike two nodes in one.
    const second = startNodeProcess({ DEVICES: '[{kind: simulated}]', SERVER__PORT: String(node.port) });
    await expect(second).rejects.toThrow(/ended \(1\) before it was ready[\s\S]*listen_failed/);
    expect((await node.get('/healthz')).status).toBe(200);
  });

  it('on SIGTERM under load exits with 0 within 5 s, its ledger closed', async () => {
    const node = await startNodeProcess({ DEVICES: '[{kind: simulated, baseMs: 20, perFrameMs: 5}]' });
    processes.push(node);
    const picture = await jpeg({ width: 320, height: 180, noise: true });
    const cameras = await Promise.all(Array.from({ length: 20 }, (_, i) => TestCamera.welcomed(node, `term-${i}`)));
    let stopped = false;
    const load = (async () => {
      while (!stopped) {
        for (const camera of cameras) if (camera.socket.readyState === camera.socket.OPEN) camera.send(picture);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    await until('load', () => cameras.every((camera) => camera.results.length >= 3));
    const startMs = performance.now();
    node.child.kill('SIGTERM');
    const { code, signal } = await node.exited;
    stopped = true;
    await load;
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(performance.now() - startMs).toBeLessThan(5_000);

    const last = JSON.parse(node.logLines.at(-1) ?? '{}') as {
      msg: string;
      imbalance: number;
      inFlight: number;
      ledger: LedgerSnapshot;
    };
    expect(last).toMatchObject({ msg: 'ledger closed', imbalance: 0, inFlight: 0 });
    expect(ledgerImbalance(last.ledger)).toBe(0);
    expect(last.ledger.received).toBeGreaterThan(0);
    expect(last.ledger.received).toBeLessThanOrEqual(cameras.reduce((sum, camera) => sum + camera.sent, 0));
    for (const camera of cameras) {
      expect((await camera.closed).code).toBe(1001);
      expect([...camera.namedAnswers()].filter(([, given]) => given.length !== 1)).toEqual([]);
    }
    const told = cameras.reduce((sum, camera) => sum + camera.namedAnswers().size, 0);
    expect(told).toBe(last.ledger.received);
  });
});

describe('a simulated device that fails', () => {
  it.each(['exit', 'throw'] as const)('loses its batch to %s, counts it, and serves again', async (fault) => {
    const node = await startTestNode({ devices: [simulated({ baseMs: 150 })], batching: { frameDeadlineMs: 2_000 } });
    const camera = await TestCamera.welcomed(node, 'fault-1');
    if (fault === 'throw') expect((await cause(node, fault)).status).toBe(200);
    camera.send(await jpeg());
    if (fault === 'exit') {
      await until('the frame to be on the device', async () => (await node.stats()).devices[0]?.inFlightBatches === 1);
      await cause(node, fault);
    }
    await camera.next('ack');
    expect(Object.fromEntries(camera.namedAnswers())).toEqual({ 1: ['device_failed'] });
    camera.send(await jpeg());
    await camera.next('result', (r) => r.seq === 2);
    expect((await node.settledLedger()).total).toMatchObject({ inferred: 1, lost: { device_failed: 1 } });
    expect(await node.metric('camshard_device_failures_total{device="simulated-0"}')).toBe(1);
    expect(node.logLines.filter((line) => line.includes('"event":"device_failed"'))).toHaveLength(1);
    await camera.close();
  });

  it('is given up when it hangs; other devices serve their cameras meanwhile', async () => {
    const node = await startTestNode({ devices: [simulated(), simulated()] });
    const picture = await jpeg();
    await cause(node, 'hang');
    const cameras = await Promise.all(Array.from({ length: 6 }, (_, i) => TestCamera.welcomed(node, `hang-${i}`)));
    for (const camera of cameras) camera.send(picture);
    await until('an answer from the healthy one', () => cameras.some((camera) => camera.results.length === 1));
    await until('an answer to each', () => cameras.every((camera) => camera.namedAnswers().size === 1));
    const { total } = await node.settledLedger();
    expect(total.lost.device_failed).toBeGreaterThan(0);
    expect(total.inferred + sumCounts(total.lost) + sumCounts(total.shed)).toBe(6);
    for (const camera of cameras) {
      camera.send(picture);
      await camera.next('result', (r) => r.seq === 2);
    }
    await Promise.all(cameras.map((camera) => camera.close()));
  });

  it('is not ready while its node is wedged, however many frames are shed meanwhile, and is again after', async () => {
    // A batch of 300 ms is given up after 20 times that: longer than a node may stand still.
    const node = await startTestNode({
      devices: [simulated({ baseMs: 300, perFrameMs: 0 })],
      batching: { frameDeadlineMs: 1_000 },
    });
    await cause(node, 'hang');
    const camera = await TestCamera.welcomed(node, 'wedge-1');
    const picture = await jpeg();
    const feed = setInterval(() => camera.send(picture), 50);
    const wedged = await until('the node to be wedged', async () => {
      const now = await readiness(node);
      return now.status === 503 ? now : undefined;
    });
    expect(wedged.code).toBe('wedged');
    await until('the node to be ready again', async () => (await readiness(node)).status === 200);
    await until('a result', () => camera.results.length > 0);
    clearInterval(feed);
    const { total } = await node.settledLedger();
    expect(sumCounts(total.shed)).toBeGreaterThan(0);
    expect(total.lost.device_failed).toBeGreaterThan(0);
    await camera.close();
  });

  it('takes no fault it does not know, for no device that is not there, and none at all without the hooks', async () => {
    const node = await startTestNode();
    for (const [body, status, code] of [
      ['no json', 400, 'bad_body'],
      ['{"fault":"melt"}', 400, 'bad_body'],
      ['{"fault":"exit","when":"now"}', 400, 'bad_body'],
      ['{"fault":"exit","device":"gpu-9"}', 404, 'unknown_device'],
    ] as const) {
      const answer = await node.get('/v1/debug/faults', { method: 'POST', body });
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ code });
    }
    const without = await startTestNode({ debug: { faultHooks: false } });
    expect((await cause(without, 'exit')).status).toBe(404);
  });
});
