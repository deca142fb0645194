import { describe, expect, it } from 'vitest';
import type { ActorContext } from '../../../../actors/runtime/types.ts';
import { gate, notes, parentOf, settle, type Text, testSystem, textProps } from './harness.ts';

describe('stopping', () => {
  it('handles what is in the mailbox when drained, and takes nothing new', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const ref = t.system.spawn('a', notes(seen));
    for (const m of ['1', '2', '3']) ref.tell(m);
    const stopped = t.system.stop(ref, 'drain');
    expect(ref.tell('late')).toBe('stopped');
    await stopped;
    expect(seen).toEqual(['1', '2', '3']);
    expect(t.deadLetters.map((l) => `${l.path} ${l.message} ${l.reason}`)).toEqual(['/a late stopped']);
  });

  it('finishes the message at hand when stopped now, and turns the rest into dead letters', async () => {
    const t = testSystem();
    const log: string[] = [];
    const slow = gate();
    const ref = t.system.spawn(
      'a',
      textProps(() => ({
        receive: async (m) => {
          await slow.promise;
          log.push(m);
        },
        onStop: (reason) => void log.push(reason),
      })),
    );
    for (const m of ['1', '2', '!3']) ref.tell(m);
    await settle();
    const stopped = t.system.stop(ref, 'now');
    await settle();
    expect(log).toEqual([]);
    slow.open();
    await stopped;
    expect(log).toEqual(['!3', 'stopped']);
    expect(t.deadLetters.map((l) => `${l.message} ${l.reason}`)).toEqual(['1 stopped', '2 stopped']);
    expect(t.system.queued).toBe(0);
    expect(t.system.size).toBe(0);
  });

  it('lets a stop now overtake a drain, down to the children that drain', async () => {
    const t = testSystem();
    const { parent, context } = await parentOf(t);
    const slow = gate();
    const seen: string[] = [];
    const child = context().spawn(
      'child',
      textProps(() => ({
        receive: async (m) => {
          await slow.promise;
          seen.push(m);
        },
      })),
    );
    child.tell('1');
    child.tell('2');
    await settle();
    const drained = t.system.stop(parent, 'drain');
    await settle();
    const stopped = t.system.stop(parent, 'now');
    slow.open();
    await Promise.all([drained, stopped]);
    expect(seen).toEqual(['1']);
    expect(t.deadLetters.map((l) => l.message)).toEqual(['2']);
  });

  it('waits for children before the parent ends, in the same mode', async () => {
    const t = testSystem();
    const log: string[] = [];
    let context: ActorContext<Text> | undefined;
    const node = (name: string) =>
      textProps((c) => {
        context = c;
        return {
          receive: (m) => void log.push(`${name} ${m}`),
          onStop: (reason) => void log.push(`${name} ${reason}`),
        };
      });
    const parent = t.system.spawn('p', node('p'));
    await settle();
    const child = context?.spawn('c', node('c'));
    await settle();
    const grandchild = context?.spawn('g', node('g'));
    expect(grandchild?.path).toBe('/p/c/g');
    for (const ref of [parent, child, grandchild]) ref?.tell('1');
    await t.system.stop(parent, 'drain');
    expect(log.slice(0, 3).sort()).toEqual(['c 1', 'g 1', 'p 1']);
    expect(log.slice(3)).toEqual(['g parent-stopped', 'c parent-stopped', 'p stopped']);
    expect(t.system.size).toBe(0);
  });

  it('lets an actor stop itself after the message at hand', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const ref = t.system.spawn(
      'a',
      textProps((context) => ({
        receive: (m) => {
          seen.push(m);
          if (m === 'enough') context.stopSelf();
        },
      })),
    );
    for (const m of ['enough', '1']) ref.tell(m);
    await settle();
    expect(seen).toEqual(['enough']);
    expect(ref.tell('2')).toBe('stopped');
    expect(t.deadLetters.map((l) => l.message)).toEqual(['1', '2']);
  });

  it('resolves for an actor that has stopped already, and for every caller of a stop', async () => {
    const t = testSystem();
    const ref = t.system.spawn('a', notes([]));
    await Promise.all([t.system.stop(ref), t.system.stop(ref, 'drain')]);
    await t.system.stop(ref);
    expect(t.system.size).toBe(0);
  });

  it('never starts an actor that is stopped before its first turn, but drains one that is drained', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const a = t.system.spawn('a', notes(seen));
    const b = t.system.spawn('b', notes(seen));
    a.tell('a');
    b.tell('b');
    await Promise.all([t.system.stop(a, 'now'), t.system.stop(b, 'drain')]);
    expect(seen).toEqual(['b']);
  });

  it('refuses new actors, timers and watches from one that ends', async () => {
    const t = testSystem();
    const { parent, context } = await parentOf(t);
    const other = t.system.spawn('other', notes([]));
    await t.system.stop(parent);
    expect(() => context().spawn('late', notes([]))).toThrow('/parent is stopped, cannot spawn');
    context().schedule(1, 'late').cancel();
    context().setIdleTimeout(1, 'late');
    context().watch(other, 'late');
    expect(t.clock.pendingTimers).toBe(0);
    await t.system.shutdown('now');
    expect(t.deadLetters).toEqual([]);
  });

  it.each(['drain', 'now'] as const)('shuts the whole system down, children before parents (%s)', async (mode) => {
    const t = testSystem();
    const { context } = await parentOf(t);
    const seen: string[] = [];
    const child = context().spawn('child', notes(seen));
    const root = t.system.spawn('root', notes(seen));
    context().setIdleTimeout(1_000, 'idle');
    child.tell('1');
    root.tell('2');
    await Promise.all([t.system.shutdown(mode), t.system.shutdown(mode)]);
    expect(t.system.size).toBe(0);
    expect(t.system.queued).toBe(0);
    expect(t.clock.pendingTimers).toBe(0);
    expect(seen.length + t.deadLetters.length).toBe(2);
    if (mode === 'drain') expect(seen.sort()).toEqual(['1', '2']);
    expect(() => t.system.spawn('late', notes([]))).toThrow('shut down');
  });
});
