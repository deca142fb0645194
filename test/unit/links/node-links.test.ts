import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../core/clock.ts';
import { errorCode } from '../../../core/errors.ts';
import { nodeId } from '../../../core/ids.ts';
import { ManualClock } from '../../../core/manual-clock.ts';
import { MemoryNetwork } from '../../../src/links/memory-links.ts';

const A = nodeId('a');
const B = nodeId('b');
const LATENCY_MS = 40;

function two({ atOnce = false } = {}) {
  const clock = new ManualClock();
  const network = new MemoryNetwork({ clock, ...(atOnce ? {} : { latencyMs: LATENCY_MS }) });
  const a = network.join(A);
  const b = network.join(B);
  const peers = [A, B].map((node) => ({ node, url: network.urlOf(node) }));
  const linked = (): boolean => a.connected(B) && b.connected(A);
  return { clock, network, a, b, peers, linked };
}

describe('the links of two nodes, on a clock that stands still', () => {
  it('come to one connection whenever each begins to dial', async () => {
    let met = 0;
    for (let offsetMs = 0; offsetMs < 900; offsetMs += 13) {
      const { clock, a, b, peers, linked } = two();
      const changes: unknown[] = [];
      a.onPeer((_node, connected) => changes.push(connected));
      b.setPeers(peers);
      await clock.advanceAsync(offsetMs);
      a.setPeers(peers);
      await clock.advanceAsync(2_000, 5);
      expect(linked()).toBe(true);
      met += changes.length > 1 ? 1 : 0;
      changes.length = 0;
      const came: unknown[] = [];
      b.onMessage((_from, message) => came.push(message));
      a.send(B, 'through');
      await clock.advanceAsync(3_000, 5);
      expect(came).toEqual(['through']);
      expect(changes).toEqual([]);
      await Promise.all([a.close(), b.close(), clock.advanceAsync(2_000, 5)]);
      expect(clock.pendingTimers).toBe(0);
    }
    // Some of these offsets make them meet, or nothing was tested.
    expect(met).toBeGreaterThan(0);
  });

  it('are tried at least once a second for as long as the peer is away', async () => {
    const { clock, network, a, peers } = two();
    network.part(A, B, 'cut');
    a.setPeers(peers);
    await clock.advanceAsync(30_000, 5);
    expect(a.stats[0]).toMatchObject({ connected: false, breaker: 'open' });
    expect(await a.ask(B, 'anything', null, 1_000).catch(errorCode)).toBe('peer_away');
    network.heal(A, B);
    await clock.advanceAsync(1_000 + 6 * LATENCY_MS, 5);
    expect(a.stats[0]).toMatchObject({ connected: true, breaker: 'closed' });
  });

  it('end on both sides within the silence that is allowed, and no sooner', async () => {
    const { clock, network, a, b, peers, linked } = two();
    a.setPeers(peers);
    b.setPeers(peers);
    await clock.advanceAsync(1_000, 5);
    expect(linked()).toBe(true);
    network.part(A, B, 'silent');
    await clock.advanceAsync(2_300, 5);
    expect(linked()).toBe(true);
    await clock.advanceAsync(1_300, 5);
    expect(a.connected(B) || b.connected(A)).toBe(false);
    network.heal(A, B);
    await clock.advanceAsync(3_200, 5);
    expect(linked()).toBe(true);
  });

  it('outlast a pause of this process: while it did not run it could not listen', async () => {
    const clock = new ManualClock();
    let pausedMs = 0;
    const paused: Clock = {
      nowMs: () => clock.nowMs() + pausedMs,
      wallMs: () => clock.wallMs(),
      after: (delayMs, fn) => clock.after(delayMs, fn),
      every: (intervalMs, fn) => clock.every(intervalMs, fn),
    };
    const network = new MemoryNetwork({ clock, latencyMs: LATENCY_MS });
    const a = network.join(A, { clock: paused });
    const b = network.join(B);
    a.setPeers([{ node: B, url: network.urlOf(B) }]);
    await clock.advanceAsync(1_000, 5);
    // Whatever comes first after it, the tick or what the peer has said meanwhile.
    for (let n = 0; n < 20; n++) {
      pausedMs += 10_000;
      await clock.advanceAsync(533, 5);
    }
    expect(a.connected(B) && b.connected(A)).toBe(true);
    expect(a.stats[0]?.reconnects).toBe(0);
  });

  it('take a peer that nobody has named, and ask no clock to carry a message', async () => {
    const { a, b, peers, clock } = two({ atOnce: true });
    a.setPeers(peers);
    clock.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(b.connected(A)).toBe(true);
    const came: unknown[] = [];
    a.onMessage((from, message) => came.push(from, message));
    expect(b.send(A, { x: 1 })).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(came).toEqual(['b', { x: 1 }]);
  });

  it('take nothing more once they are closed', async () => {
    const { a, b, peers, clock } = two({ atOnce: true });
    a.setPeers(peers);
    clock.advance(0);
    await new Promise((resolve) => setImmediate(resolve));
    const came: unknown[] = [];
    b.onMessage((_from, message) => came.push(message));
    a.send(B, 'the last word');
    await a.close();
    expect(came).toEqual(['the last word']);
    expect(a.send(B, 1)).toBe(false);
    expect(await a.ask(B, 'x', 1, 10).catch(errorCode)).toBe('peer_away');
    await b.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
