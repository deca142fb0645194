import { afterEach, describe, expect, it } from 'vitest';
import { Swarm, type SwarmOptions, type SwarmSummary } from '../../../loadtest/swarm/swarm.ts';
import { TinyNode } from '../../support/tiny-node.ts';
import { until } from '../../support/until.ts';

const nodes: TinyNode[] = [];
let swarm: Swarm | undefined;

async function startNodes(): Promise<readonly [TinyNode, TinyNode]> {
  const [a, b] = [await TinyNode.start(), await TinyNode.start()];
  nodes.push(a, b);
  for (const node of nodes) {
    node.credit = 8;
    node.onFrame = ({ seq }) => node.say({ type: 'ack', upTo: seq, shed: [] });
  }
  return [a, b];
}

afterEach(async () => {
  swarm?.close();
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});

/** One camera of 50 frames/s; `act` is done while it sends, and it stops once that is over. */
async function run(options: Partial<SwarmOptions>, act: () => Promise<unknown>): Promise<SwarmSummary> {
  swarm = new Swarm({
    ...{ url: '', cameras: 1, fps: 50, seconds: 60, warmupSeconds: 0, drainSeconds: 2, rampPerSecond: 100 },
    ...{ pictures: [new TextEncoder().encode('picture')], obeyCredits: false, results: false, bare: false },
    ...{ prefix: 'c', seed: 1, checkLedger: false, alone: true },
    ...options,
  });
  await swarm.connect();
  const end = new AbortController();
  const running = swarm.run(end.signal);
  await act();
  end.abort();
  return running;
}

const frames = (node: TinyNode, count: number) =>
  until(`${count} frames`, () => (node.frames.length >= count ? true : undefined));

describe('a camera of the swarm', () => {
  it('follows a redirect, counts on, gets all its answers, and tells the gap', async () => {
    const [a, b] = await startNodes();
    const summary = await run({ url: a.url }, async () => {
      await frames(a, 3);
      a.say({ type: 'redirect', url: b.url, shard: 1, epoch: 2 });
      await frames(b, 3);
    });
    expect(a.requests[0]?.url).toBe('/v1/cameras/c-0/stream?redirect=1');
    const seqs = [...a.frames, ...b.frames].map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    expect(summary).toMatchObject({ moves: 1, redirects: 1, reconnects: 0, unanswered: 0, cutOff: 0 });
    expect(summary.acked).toBe(summary.sent);
    expect(summary.gaps).toMatchObject({ moved: { count: 1 }, lost: { count: 0 }, neverServedAgain: 0 });
  });

  it('keeps to the old node where the new one does not take it', async () => {
    const [a, b] = await startNodes();
    b.refuseWith = { status: 503 };
    const summary = await run({ url: a.url }, async () => {
      await frames(a, 1);
      a.say({ type: 'redirect', url: b.url, shard: 1, epoch: 2 });
      await until('b to be asked', () => (b.requests.length > 0 ? true : undefined));
      await frames(a, a.frames.length + 3);
    });
    expect(summary).toMatchObject({ moves: 0, reconnects: 0, cutOff: 0 });
  });

  it('turns to another node where its own dies, and counts on there', async () => {
    const [a, b] = await startNodes();
    const summary = await run({ url: `${a.url},${b.url}` }, async () => {
      await frames(a, 3);
      a.refuseWith = { status: 503 };
      a.last.terminate();
      await frames(b, 3);
    });
    const first = b.frames[0]?.seq ?? 0;
    expect(first).toBeGreaterThan(3);
    expect(summary).toMatchObject({ moves: 0, reconnects: 1, gaps: { lost: { count: 1 }, neverServedAgain: 0 } });
  });

  it('leaves redirects alone where it is told not to follow', async () => {
    const [a, b] = await startNodes();
    const summary = await run({ url: a.url, follow: false }, async () => {
      await frames(a, 1);
      a.say({ type: 'redirect', url: b.url, shard: 1, epoch: 2 });
      await frames(a, a.frames.length + 3);
    });
    expect(a.requests[0]?.url).toBe('/v1/cameras/c-0/stream');
    expect([summary.moves, summary.redirects, b.requests.length]).toEqual([0, 1, 0]);
  });

  it('begins where it is sent to before any welcome', async () => {
    const [a, b] = await startNodes();
    a.welcomes = false;
    const redirected = until('a connection', () => a.sockets.length > 0 || undefined).then(() =>
      a.say({ type: 'redirect', url: b.url, shard: 1, epoch: 2 }),
    );
    const summary = await run({ url: `${a.url},${b.url}` }, () => frames(b, 2));
    await redirected;
    expect([a.frames.length, summary.moves, summary.reconnects]).toEqual([0, 0, 0]);
  });
});
