import { describe, expect, it } from 'vitest';
import type { CameraRecord } from '../../../actors/camera-book.ts';
import type { CameraRelay, CameraRelays, RelayEvents } from '../../../actors/camera-relays.ts';
import type { FrameSource } from '../../../actors/frame-source.ts';
import type { FrameMessage } from '../../../actors/messages.ts';
import type { Ownership } from '../../../actors/ownership.ts';
import { epoch, type NodeId, nodeId, type ShardId } from '../../../core/ids.ts';
import { ledgerImbalance } from '../../../core/ledger.ts';
import type { HelloMessage } from '../../../core/protocol.ts';
import type { Standing } from '../../../shards/cluster/brain-io.ts';
import { RecordingSource, ring, startHarness } from './harness.ts';

const OTHER = nodeId('other');
const OWNED: Standing = { kind: 'owned', epoch: epoch(3) };
const REMOTE: Standing = { kind: 'remote', node: OTHER, epoch: epoch(4) };
const HELD: Standing = { kind: 'held', why: 'moving' };

class FakeRelay implements CameraRelay {
  readonly node: NodeId;
  readonly record: CameraRecord;
  readonly source: FrameSource;
  readonly frames: FrameMessage[] = [];
  readonly hellos: HelloMessage[] = [];
  answer: 'sent' | 'full' | 'ended' = 'sent';
  over = false;
  readonly #events: RelayEvents;
  constructor(node: NodeId, record: CameraRecord, source: FrameSource, events: RelayEvents) {
    this.node = node;
    this.record = record;
    this.source = source;
    this.#events = events;
  }
  hello(hello: HelloMessage): void {
    this.hellos.push(hello);
  }
  frame(message: FrameMessage): 'sent' | 'full' | 'ended' {
    if (this.over) return 'ended';
    if (this.answer === 'sent') this.frames.push(message);
    return this.answer;
  }
  end(): void {
    if (this.over) return;
    this.over = true;
    this.#events.ended();
  }
}

function world(first: Standing) {
  let standing = first;
  let reachable = true;
  const relays: FakeRelay[] = [];
  const ownership: Ownership = { standing: () => standing, mayAct: () => standing.kind === 'owned' };
  const port: CameraRelays = {
    addressOf: () => (reachable ? 'ws://other:1' : undefined),
    open: (node, record, source, events) => {
      if (!reachable) return undefined;
      const relay = new FakeRelay(node, record, source, events);
      relays.push(relay);
      return relay;
    },
  };
  const h = startHarness({}, undefined, undefined, { ownership, relays: port });
  const shard = ring.shardOf('cam' as never) as ShardId;
  return {
    ...h,
    relays,
    shard,
    reach: (yes: boolean) => (reachable = yes),
    async become(next: Standing): Promise<void> {
      standing = next;
      h.region.tell({ kind: 'ownership', shards: [shard] });
      await h.settle();
    },
    async end(): Promise<void> {
      await h.system.shutdown('now');
      expect(ledgerImbalance(h.book.total())).toBe(0);
      expect(h.book.inFlight).toBe(0);
    },
  };
}

describe('a camera whose shard is another node’s', () => {
  it('has its frames relayed to the owner, and no actor here', async () => {
    const w = world(REMOTE);
    const camera = await w.connect('cam');
    w.push('cam', 1, camera);
    await w.settle();
    expect(w.relays[0]?.frames.map(({ frame }) => frame.seq)).toEqual([1]);
    expect(w.record('cam').remote).toBe(true);
    const [taken] = w.relays[0]?.frames ?? [];
    if (taken !== undefined) w.book.settle(taken.record, { kind: 'gated' });
    await w.disconnect('cam', camera);
    expect(w.book.size).toBe(0);
    await w.end();
  });

  it('is sent to the owner once where it follows redirects, and relayed until it goes', async () => {
    const w = world(REMOTE);
    const source = new RecordingSource(9);
    source.follows = true;
    const record = w.record('cam');
    record.connections++;
    w.region.tell({ kind: 'connect', camera: record.camera, source, record });
    await w.settle();
    await w.become({ ...REMOTE });
    expect(source.redirects).toEqual([{ url: 'ws://other:1', shard: w.shard, epoch: 4 }]);
    expect(w.relays).toHaveLength(1);
    await w.end();
  });

  it('is not sent to an owner that this node cannot reach: its newest frame waits', async () => {
    const w = world(REMOTE);
    w.reach(false);
    const camera = await w.connect('cam');
    camera.follows = true;
    w.push('cam', 1, camera);
    w.push('cam', 2, camera);
    await w.settle();
    expect(camera.redirects).toEqual([]);
    expect(camera.answers.map(({ seq, outcome }) => [seq, outcome])).toEqual([
      [1, { kind: 'shed', reason: 'superseded' }],
    ]);
    w.reach(true);
    await w.clock.advanceAsync(200, 10);
    expect(w.relays[0]?.frames.map(({ frame }) => frame.seq)).toEqual([2]);
    const [taken] = w.relays[0]?.frames ?? [];
    if (taken !== undefined) w.book.settle(taken.record, { kind: 'gated' });
    await w.end();
  });

  it('has frames shed as link_full where the link takes no more', async () => {
    const w = world(REMOTE);
    const camera = await w.connect('cam');
    const [relay] = w.relays;
    if (relay !== undefined) relay.answer = 'full';
    w.push('cam', 1, camera);
    await w.settle();
    expect(camera.answers[0]?.outcome).toEqual({ kind: 'shed', reason: 'link_full' });
    await w.end();
  });

  it('is refused where another node relayed it here by an old map: it is never passed on twice', async () => {
    const w = world(REMOTE);
    const source = new RecordingSource(9);
    source.relayed = true;
    const record = w.record('cam');
    record.connections++;
    w.region.tell({ kind: 'connect', camera: record.camera, source, record });
    await w.settle();
    expect(source.refusal).toBe('not_owner');
    expect(w.relays).toHaveLength(0);
    await w.end();
  });
});

describe('a shard on the move', () => {
  it('holds the newest frame of each stream, and sends it where the shard turns up', async () => {
    const w = world(OWNED);
    const camera = await w.connect('cam');
    await w.become(HELD);
    w.push('cam', 1, camera);
    w.push('cam', 2, camera);
    await w.settle();
    expect(camera.answers.map(({ seq }) => seq)).toEqual([1]);
    await w.become(REMOTE);
    expect(w.relays[0]?.frames.map(({ frame }) => frame.seq)).toEqual([2]);
    const [taken] = w.relays[0]?.frames ?? [];
    if (taken !== undefined) w.book.settle(taken.record, { kind: 'gated' });
    await w.end();
  });

  it('is sealed once what is on a device has come back, and serves on when the move is withdrawn', async () => {
    const w = world(OWNED);
    const camera = await w.connect('cam');
    await w.clock.advanceAsync(50);
    w.push('cam', 1, camera);
    await w.settle();
    let sealed = false;
    await w.become(HELD);
    w.region.tell({ kind: 'seal', shard: w.shard, withinMs: 500, done: () => (sealed = true) });
    await w.settle();
    expect(sealed).toBe(false);
    w.push('cam', 2, camera);
    await w.clock.advanceAsync(50);
    expect(sealed).toBe(true);
    expect(camera.answers.map(({ seq }) => seq)).toEqual([1]);
    await w.become(OWNED);
    w.region.tell({ kind: 'unseal', shard: w.shard });
    await w.clock.advanceAsync(50);
    expect(camera.answers.map(({ seq }) => seq)).toEqual([1, 2]);
    await w.end();
  });

  it('counts frames lost(handoff) that a device does not give back in time', async () => {
    const w = world(OWNED);
    const camera = await w.connect('cam');
    await w.clock.advanceAsync(50);
    w.push('cam', 1, camera);
    await w.settle();
    await w.become(HELD);
    let sealed = false;
    w.region.tell({ kind: 'seal', shard: w.shard, withinMs: 1, done: () => (sealed = true) });
    await w.clock.advanceAsync(2);
    expect(sealed).toBe(true);
    expect(camera.answers[0]?.outcome).toEqual({ kind: 'lost', reason: 'handoff' });
    await w.clock.advanceAsync(100);
    await w.end();
  });

  it('welcomes its cameras under the new epoch when it comes back to this node', async () => {
    const w = world(OWNED);
    const camera = await w.connect('cam');
    await w.become(HELD);
    let closed = false;
    await w.become(REMOTE);
    w.region.tell({ kind: 'close-shard', shard: w.shard, done: () => (closed = true) });
    await w.clock.advanceAsync(20);
    expect(closed).toBe(true);
    await w.become({ kind: 'owned', epoch: epoch(5) });
    expect(camera.welcomes.map((welcome) => welcome.epoch)).toEqual([3, 5]);
    expect(w.relays[0]?.over).toBe(true);
    await w.end();
  });

  it('sheds what it held for too long, saying why', async () => {
    const w = world({ kind: 'nobody' });
    const camera = await w.connect('cam');
    w.push('cam', 1, camera);
    await w.clock.advanceAsync(2_000, 50);
    expect(camera.answers[0]?.outcome).toEqual({ kind: 'shed', reason: 'unowned' });
    await w.end();
  });
});
