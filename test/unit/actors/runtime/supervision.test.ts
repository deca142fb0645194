import { describe, expect, it } from 'vitest';
import {
  alwaysStrategy,
  defaultRootStrategy,
  defaultStrategy,
  restartStrategy,
} from '../../../../actors/runtime/supervisor.ts';
import type { ActorContext, Props } from '../../../../actors/runtime/types.ts';
import { gate, notes, parentOf, settle, type Text, testSystem, textProps } from './harness.ts';

/** Notes what it is told and fails at `boom`; each instance has a number. */
function fragile(log: string[], overrides: Partial<Props<Text>> = {}): Props<Text> {
  let instances = 0;
  return textProps(() => {
    const n = ++instances;
    return {
      onStart: () => void log.push(`start ${n}`),
      receive: (m) => {
        if (m.endsWith('boom')) throw new Error(m);
        log.push(`${n}: ${m}`);
      },
      onStop: (reason) => void log.push(`stop ${n} ${reason}`),
    };
  }, overrides);
}

describe('supervision by restart', () => {
  it('drops the message that failed, starts a new instance and handles the rest', async () => {
    const t = testSystem({ supervisor: alwaysStrategy('restart') });
    const log: string[] = [];
    const dropped: string[] = [];
    const ref = t.system.spawn('a', fragile(log, { onDropped: (m, reason) => dropped.push(`${m} ${reason}`) }));
    for (const m of ['1', 'boom', '2']) ref.tell(m);
    await settle();
    expect(log).toEqual(['start 1', '1: 1', 'stop 1 restarting', 'start 2', '2: 2']);
    expect(dropped).toEqual(['boom failed']);
    expect(t.deadLetters.map((l) => `${l.message} ${l.reason}`)).toEqual(['boom failed']);
    expect(t.failures).toMatchObject([{ path: '/a', error: { message: 'boom' }, directive: 'restart' }]);
  });

  it('treats a rejected promise of receive as it treats a throw', async () => {
    const t = testSystem({ supervisor: alwaysStrategy('restart') });
    const seen: string[] = [];
    const ref = t.system.spawn(
      'a',
      textProps(() => ({
        receive: async (m) => {
          await Promise.resolve();
          if (m === 'boom') throw new Error(m);
          seen.push(m);
        },
      })),
    );
    for (const m of ['boom', '1']) ref.tell(m);
    await settle();
    expect(seen).toEqual(['1']);
    expect(t.deadLetters).toMatchObject([{ message: 'boom', reason: 'failed' }]);
  });

  it('waits longer before each restart, up to a cap, while the mailbox fills under its bound', async () => {
    const t = testSystem({ supervisor: restartStrategy({ backoffMsMin: 100, backoffMsMax: 250 }) });
    const log: string[] = [];
    const ref = t.system.spawn('a', fragile(log, { mailbox: { control: 10, frame: 2, overflow: 'reject' } }));
    ref.tell('boom');
    await settle();
    expect(['1', '2', '3'].map((m) => ref.tell(m))).toEqual(['accepted', 'accepted', 'full']);
    t.clock.advance(99);
    await settle();
    expect(log).toEqual(['start 1', 'stop 1 restarting']);
    t.clock.advance(1);
    await settle();
    expect(log.slice(2)).toEqual(['start 2', '2: 1', '2: 2']);
    for (const [instance, backoffMs] of [
      [3, 200],
      [4, 250],
      [5, 250],
    ] as const) {
      ref.tell('boom');
      await settle();
      t.clock.advance(backoffMs - 1);
      await settle();
      expect(log.at(-1)).toBe(`stop ${instance - 1} restarting`);
      t.clock.advance(1);
      await settle();
      expect(log.at(-1)).toBe(`start ${instance}`);
    }
  });

  it('gives up after the restarts the window allows, and not while failures are farther apart', async () => {
    const strategy = restartStrategy({ restartsMax: 2, windowMs: 1_000, backoffMsMin: 0, backoffMsMax: 0 });
    const t = testSystem({ supervisor: strategy });
    const log: string[] = [];
    const ref = t.system.spawn('a', fragile(log));
    for (let i = 0; i < 6; i++) {
      ref.tell('boom');
      await settle();
      t.clock.advance(500);
    }
    expect(t.failures.map((f) => f.directive)).toEqual(Array.from({ length: 6 }, () => 'restart'));
    ref.tell('boom');
    ref.tell('boom');
    ref.tell('rest');
    await settle();
    expect(t.failures.at(-1)?.directive).toBe('stop');
    expect(ref.tell('late')).toBe('stopped');
    expect(log.at(-1)).toBe('stop 8 failed');
    expect(t.deadLetters.slice(-2)).toMatchObject([
      { message: 'rest', reason: 'stopped' },
      { message: 'late', reason: 'stopped' },
    ]);
  });

  it('counts a failure to be made or to start, and tries again', async () => {
    const t = testSystem();
    let attempts = 0;
    const seen: string[] = [];
    const ref = t.system.spawn(
      'a',
      textProps(() => {
        attempts++;
        if (attempts === 1) throw new Error('create');
        return {
          onStart: async () => {
            if (attempts === 2) throw new Error('start');
          },
          receive: (m) => void seen.push(m),
        };
      }),
    );
    ref.tell('1');
    await t.clock.advanceAsync(200, 10);
    expect(t.failures.map((f) => (f.error as Error).message)).toEqual(['create', 'start']);
    expect(seen).toEqual(['1']);
    expect(t.deadLetters).toEqual([]);
  });

  it('begins afresh: children are stopped, timers and watches end, their names are free', async () => {
    const t = testSystem({ supervisor: alwaysStrategy('restart') });
    const log: string[] = [];
    const other = t.system.spawn('other', notes([]));
    let instances = 0;
    const ref = t.system.spawn(
      'a',
      textProps((context) => {
        const n = ++instances;
        return {
          onStart: () => {
            context.spawn(
              'child',
              textProps(() => ({ receive() {}, onStop: (r) => void log.push(`child of ${n} ${r}`) })),
            );
            if (n > 1) return;
            context.schedule(10, 'timer');
            context.setIdleTimeout(10, 'idle');
            context.watch(other, '!other stopped');
          },
          receive: (m) => {
            if (m === 'boom') throw new Error(m);
            log.push(m);
          },
          onStop: (r) => void log.push(`a ${n} ${r}`),
        };
      }),
    );
    await settle();
    ref.tell('boom');
    await settle();
    expect(log).toEqual(['child of 1 parent-stopped', 'a 1 restarting']);
    expect(t.system.size).toBe(3);
    expect(t.clock.pendingTimers).toBe(0);
    await t.system.stop(other);
    t.clock.advance(100);
    await settle();
    expect(log).toHaveLength(2);
  });

  it('is told of a failing onStop and goes on', async () => {
    const t = testSystem({ supervisor: alwaysStrategy('restart') });
    const seen: string[] = [];
    const ref = t.system.spawn(
      'a',
      textProps(() => ({
        receive: (m) => {
          if (m === 'boom') throw new Error(m);
          seen.push(m);
        },
        onStop: async () => {
          throw new Error('stop');
        },
      })),
    );
    ref.tell('boom');
    ref.tell('1');
    await settle();
    expect(seen).toEqual(['1']);
    expect(t.failures.map((f) => (f.error as Error).message)).toEqual(['boom', 'stop']);
    await t.system.shutdown('drain');
    expect(t.failures.map((f) => (f.error as Error).message)).toEqual(['boom', 'stop', 'stop']);
    expect(t.system.size).toBe(0);
  });
});

describe('a failing actor that is to stop', () => {
  it('does so at once when it waits for its restart and is stopped now', async () => {
    const t = testSystem();
    const log: string[] = [];
    const ref = t.system.spawn('a', fragile(log));
    ref.tell('boom');
    ref.tell('1');
    await settle();
    await t.system.stop(ref, 'now');
    expect(log).toEqual(['start 1', 'stop 1 restarting']);
    expect(t.deadLetters.map((l) => `${l.message} ${l.reason}`)).toEqual(['boom failed', '1 stopped']);
    expect(t.clock.pendingTimers).toBe(0);
  });

  it('starts at once to empty its mailbox when it waits for its restart and is drained', async () => {
    const t = testSystem();
    const log: string[] = [];
    const ref = t.system.spawn('a', fragile(log));
    ref.tell('boom');
    ref.tell('1');
    await settle();
    await t.system.stop(ref, 'drain');
    expect(log).toEqual(['start 1', 'stop 1 restarting', 'start 2', '2: 1', 'stop 2 stopped']);
    expect(t.clock.pendingTimers).toBe(0);
  });

  it('is not started again when it fails while draining; the rest becomes dead letters', async () => {
    const t = testSystem();
    const log: string[] = [];
    const ref = t.system.spawn('a', fragile(log));
    for (const m of ['1', 'boom', '2']) ref.tell(m);
    await t.system.stop(ref, 'drain');
    expect(log).toEqual(['start 1', '1: 1', 'stop 1 failed']);
    expect(t.deadLetters.map((l) => `${l.message} ${l.reason}`)).toEqual(['boom failed', '2 stopped']);
  });
});

describe('supervision by stop and escalate', () => {
  it('asks the strategy of the parent, not of the child', async () => {
    const t = testSystem({ supervisor: alwaysStrategy('restart') });
    const { context } = await parentOf(t, [], { supervisor: alwaysStrategy('stop') });
    const child = context().spawn('child', fragile([], { supervisor: alwaysStrategy('escalate') }));
    child.tell('boom');
    await settle();
    expect(t.failures).toMatchObject([{ path: '/parent/child', directive: 'stop' }]);
    expect(child.tell('1')).toBe('stopped');
    expect(t.system.size).toBe(1);
  });

  it('fails the parent with the error of an escalating child, once its message at hand is done', async () => {
    const t = testSystem({ supervisor: alwaysStrategy('restart') });
    const slow = gate();
    const log: string[] = [];
    let context: ActorContext<Text> | undefined;
    const parent = t.system.spawn(
      'parent',
      textProps(
        (c) => {
          context = c;
          log.push('create');
          return {
            receive: async (m) => {
              if (m === 'slow') await slow.promise;
              log.push(m);
            },
            onStop: (reason) => void log.push(reason),
          };
        },
        { supervisor: alwaysStrategy('escalate') },
      ),
    );
    parent.tell('slow');
    parent.tell('after');
    await settle();
    const children = ['x', 'y'].map((name) => context?.spawn(name, fragile([])));
    for (const child of children) child?.tell('boom');
    await settle();
    expect(log).toEqual(['create']);
    slow.open();
    await settle();
    expect(log).toEqual(['create', 'slow', 'restarting', 'create', 'after']);
    expect(t.failures.map((f) => `${f.path} ${f.directive}`)).toEqual([
      '/parent/x escalate',
      '/parent/y escalate',
      '/parent restart', // the second escalation joins the failure of the first
      '/parent restart',
    ]);
    expect(t.system.size).toBe(1);
  });

  it('tells the process when a root actor escalates, and stops that actor', async () => {
    const t = testSystem({ supervisor: alwaysStrategy('escalate') });
    const ref = t.system.spawn('a', fragile([]));
    ref.tell('boom');
    await settle();
    expect(t.escalations).toMatchObject([{ path: '/a', error: { message: 'boom' }, directive: 'escalate' }]);
    expect(t.system.size).toBe(0);
  });
});

describe('restartStrategy', () => {
  it('doubles the backoff from its least to its most, and stays finite for any count', () => {
    const s = restartStrategy({ backoffMsMin: 50, backoffMsMax: 5_000 });
    expect([1, 2, 3, 7, 8, 9, 5_000].map((n) => s.backoffMs(n))).toEqual([50, 100, 200, 3_200, 5_000, 5_000, 5_000]);
  });

  it('uses up the default restarts within its window even when every start fails at once', () => {
    let waitedMs = 0;
    let n = 1;
    while (defaultStrategy.decide(new Error(), n) === 'restart') waitedMs += defaultStrategy.backoffMs(n++);
    expect(n).toBe(11);
    expect(waitedMs).toBeLessThan(defaultStrategy.windowMs);
  });

  it('ends in a stop for children and in an escalation for root actors', () => {
    expect(defaultStrategy.decide(new Error(), 11)).toBe('stop');
    expect(defaultRootStrategy.decide(new Error(), 11)).toBe('escalate');
  });
});
