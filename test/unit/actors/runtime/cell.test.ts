import { describe, expect, it } from 'vitest';
import { createActorSystem } from '../../../../actors/runtime/system.ts';
import { systemClock } from '../../../../core/clock.ts';
import { gate, notes, parentOf, settle, testSystem, textProps } from './harness.ts';

describe('an actor', () => {
  it('starts before its first message and handles what it was told in order', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const ref = t.system.spawn(
      'a',
      textProps(() => ({ onStart: () => void seen.push('start'), receive: (m) => void seen.push(m) })),
    );
    for (const m of ['1', '2', '3']) ref.tell(m);
    expect(seen).toEqual([]);
    expect(t.system.queued).toBe(3);
    await settle();
    expect(seen).toEqual(['start', '1', '2', '3']);
    expect(ref.path).toBe('/a');
  });

  it('waits for a start that takes time before its first message', async () => {
    const t = testSystem();
    const started = gate();
    const seen: string[] = [];
    const ref = t.system.spawn(
      'a',
      textProps(() => ({ onStart: () => started.promise, receive: (m) => void seen.push(m) })),
    );
    ref.tell('1');
    await settle();
    expect(seen).toEqual([]);
    started.open();
    await settle();
    expect(seen).toEqual(['1']);
  });

  it('takes no second message while the promise of the first is pending', async () => {
    const t = testSystem();
    const gates = [gate(), gate()];
    const log: string[] = [];
    const ref = t.system.spawn(
      'a',
      textProps(() => ({
        receive: async (m) => {
          log.push(`begin ${m}`);
          await gates[Number(m)]?.promise;
          log.push(`end ${m}`);
        },
      })),
    );
    ref.tell('0');
    ref.tell('1');
    await settle();
    expect(log).toEqual(['begin 0']);
    gates[0]?.open();
    await settle();
    expect(log).toEqual(['begin 0', 'end 0', 'begin 1']);
    gates[1]?.open();
    await settle();
    expect(log).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1']);
  });

  it('lets other actors go on while it waits', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const never = gate();
    const slow = t.system.spawn(
      'slow',
      textProps(() => ({ receive: () => never.promise })),
    );
    const quick = t.system.spawn('quick', notes(seen));
    slow.tell('1');
    quick.tell('2');
    await settle();
    expect(seen).toEqual(['2']);
  });

  it('gives others a turn after as many messages as the throughput says', async () => {
    const t = testSystem({ throughput: 2 });
    const seen: string[] = [];
    const a = t.system.spawn('a', notes(seen));
    const b = t.system.spawn('b', notes(seen));
    await settle();
    for (let i = 0; i < 5; i++) a.tell(`a${i}`);
    for (let i = 0; i < 3; i++) b.tell(`b${i}`);
    await settle();
    expect(seen).toEqual(['a0', 'a1', 'b0', 'b1', 'a2', 'a3', 'b2', 'a4']);
  });

  it.each(['plain', 'promise'])(
    'never keeps the event loop from turning, however busy it keeps itself (%s)',
    async (kind) => {
      const t = testSystem();
      let handled = 0;
      let isOver = false;
      const ref = t.system.spawn(
        'a',
        textProps((context) => ({
          receive: (m) => {
            handled++;
            if (!isOver) context.self.tell(m);
            return kind === 'promise' ? Promise.resolve() : undefined;
          },
        })),
      );
      ref.tell('again');
      for (let turns = 0; turns < 10; turns++) await new Promise<void>((resolve) => setImmediate(resolve));
      isOver = true;
      expect(handled).toBeGreaterThan(1_000);
      await settle();
      expect(t.system.queued).toBe(0);
    },
  );

  it('lets I/O in between the messages of a flood', async () => {
    const system = createActorSystem({ clock: systemClock });
    let isOver = false;
    const ref = system.spawn(
      'a',
      textProps((context) => ({ receive: (m) => void (isOver || context.self.tell(m)) })),
    );
    ref.tell('again');
    await new Promise<void>((resolve) => setTimeout(resolve, 1)); // would never resolve
    isOver = true;
    await system.shutdown('now');
    expect(system.size).toBe(0);
  });

  it('refuses a second living child of the same name, and names that are none', async () => {
    const t = testSystem();
    const { context } = await parentOf(t);
    context().spawn('a', notes([]));
    expect(() => context().spawn('a', notes([]))).toThrow('/parent/a is alive already');
    expect(() => context().spawn('', notes([]))).toThrow('cannot name an actor');
    expect(() => context().spawn('a/b', notes([]))).toThrow('cannot name an actor');
    expect(() => t.system.spawn('parent', notes([]))).toThrow('/parent is alive already');
  });

  it('gives a name free once its actor has stopped; the old reference stays stopped', async () => {
    const t = testSystem();
    const { context } = await parentOf(t);
    const seen: string[] = [];
    const old = context().spawn('a', notes(seen));
    await context().stop(old);
    const fresh = context().spawn('a', notes(seen));
    expect(old.tell('old')).toBe('stopped');
    expect(fresh.tell('fresh')).toBe('accepted');
    await settle();
    expect(seen).toEqual(['fresh']);
    expect(fresh.path).toBe('/parent/a');
  });

  it('is refused where it is no child of whoever stops it, or of no runtime', async () => {
    const t = testSystem();
    const { context } = await parentOf(t);
    const stranger = t.system.spawn('stranger', notes([]));
    expect(() => context().stop(stranger)).toThrow('/stranger is no child of /parent');
    expect(() => t.system.stop({ path: '/fake', tell: () => 'accepted' })).toThrow('not an actor of this runtime');
  });
});
