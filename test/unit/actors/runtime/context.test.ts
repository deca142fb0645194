import { describe, expect, it } from 'vitest';
import { AskRefusedError, AskTimeoutError } from '../../../../actors/runtime/errors.ts';
import { alwaysStrategy } from '../../../../actors/runtime/supervisor.ts';
import { gate, notes, parentOf, settle, testSystem, textProps } from './harness.ts';

describe('watch', () => {
  it('tells the watcher once the other has stopped for good, not when it restarts', async () => {
    const t = testSystem({ supervisor: alwaysStrategy('restart') });
    const seen: string[] = [];
    const { context } = await parentOf(t, seen);
    const other = t.system.spawn(
      'other',
      textProps(() => ({
        receive: () => {
          throw new Error('boom');
        },
      })),
    );
    context().watch(other, '!other');
    other.tell('boom');
    await settle();
    expect(seen).toEqual([]);
    await t.system.stop(other);
    await settle();
    expect(seen).toEqual(['!other']);
  });

  it('fires at once for one that has stopped already', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const { context } = await parentOf(t, seen);
    const other = t.system.spawn('other', notes([]));
    await t.system.stop(other);
    context().watch(other, '!gone');
    await settle();
    expect(seen).toEqual(['!gone']);
  });

  it('is heard before waiting frames, even with a full mailbox and whatever lane the message is of', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const { parent, context } = await parentOf(t, seen, { mailbox: { control: 1, frame: 1, overflow: 'reject' } });
    const other = t.system.spawn('other', notes([]));
    await t.system.stop(other);
    parent.tell('!full');
    parent.tell('full');
    context().watch(other, 'gone');
    await settle();
    expect(seen).toEqual(['!full', 'gone', 'full']);
  });

  it('holds the last message given for a pair, and ends with unwatch', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const { context } = await parentOf(t, seen);
    const others = ['a', 'b', 'c', 'd'].map((name) => t.system.spawn(name, notes([])));
    for (const other of others) context().watch(other, `!first ${other.path}`);
    for (const other of others) context().watch(other, `!${other.path}`);
    for (const i of [1, 3]) {
      const other = others[i];
      if (other === undefined) throw new Error('no such actor');
      context().unwatch(other);
      context().unwatch(other);
    }
    for (const other of others) await t.system.stop(other);
    await settle();
    expect(seen).toEqual(['!/a', '!/c']);
  });

  it('lets many watch one, some of whom have gone before', async () => {
    const t = testSystem();
    const heard: string[] = [];
    const other = t.system.spawn('other', notes([]));
    const watchers = [0, 1, 2, 3, 4].map((i) =>
      t.system.spawn(
        `w${i}`,
        textProps((context) => ({ onStart: () => context.watch(other, `!${i}`), receive: (m) => void heard.push(m) })),
      ),
    );
    await settle();
    for (const i of [0, 2, 4]) {
      const watcher = watchers[i];
      if (watcher !== undefined) await t.system.stop(watcher);
    }
    await t.system.stop(other);
    await settle();
    expect(heard.sort()).toEqual(['!1', '!3']);
    expect(t.deadLetters).toEqual([]);
  });
});

describe('ask', () => {
  interface Question {
    readonly text: string;
    readonly reply: (answer: string) => void;
  }
  const answering = (answer: (q: Question) => void) => ({
    create: () => ({ receive: answer }),
    mailbox: { control: 1, frame: 1, overflow: 'reject' as const },
    laneOf: () => 'control' as const,
  });
  const question =
    (text: string) =>
    (reply: (answer: string) => void): Question => ({ text, reply });

  it('resolves with the first answer and leaves no timer', async () => {
    const t = testSystem();
    const ref = t.system.spawn(
      'a',
      answering((q) => {
        q.reply(`${q.text}!`);
        q.reply('again');
      }),
    );
    await expect(t.system.ask(ref, question('hello'), 100)).resolves.toBe('hello!');
    expect(t.clock.pendingTimers).toBe(0);
  });

  it('rejects when nobody answers in time, and ignores the answer that comes later', async () => {
    const t = testSystem();
    const replies: ((answer: string) => void)[] = [];
    const ref = t.system.spawn(
      'a',
      answering((q) => void replies.push(q.reply)),
    );
    const asked = t.system.ask(ref, question('hello'), 100);
    const outcome = expect(asked).rejects.toMatchObject({ code: 'ask_timeout', name: 'AskTimeoutError' });
    await settle();
    t.clock.advance(100);
    await outcome;
    await expect(asked).rejects.toBeInstanceOf(AskTimeoutError);
    replies[0]?.('late');
  });

  it('rejects at once when the mailbox is full or the actor has stopped', async () => {
    const t = testSystem();
    const ref = t.system.spawn(
      'a',
      answering(() => {}),
    );
    ref.tell({ text: 'first', reply: () => {} });
    await expect(t.system.ask(ref, question('x'), 100)).rejects.toMatchObject({ code: 'ask_refused', result: 'full' });
    await t.system.stop(ref);
    const refused = t.system.ask(ref, question('x'), 100);
    await expect(refused).rejects.toBeInstanceOf(AskRefusedError);
    await expect(refused).rejects.toMatchObject({ result: 'stopped' });
    expect(t.clock.pendingTimers).toBe(0);
  });
});

describe('schedule', () => {
  it('tells the actor after the delay, unless cancelled', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const { context } = await parentOf(t, seen);
    context().schedule(10, 'ten');
    context().schedule(5, 'five');
    const never = context().schedule(7, 'never');
    never.cancel();
    never.cancel();
    await t.clock.advanceAsync(9);
    expect(seen).toEqual(['five']);
    await t.clock.advanceAsync(1);
    expect(seen).toEqual(['five', 'ten']);
    expect(t.clock.pendingTimers).toBe(0);
  });

  it('arrives although the mailbox is full', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const { parent, context } = await parentOf(t, seen, { mailbox: { control: 1, frame: 1, overflow: 'reject' } });
    context().schedule(1, 'timer');
    parent.tell('full');
    t.clock.advance(1);
    await settle();
    expect(seen).toEqual(['full', 'timer']);
    expect(t.deadLetters).toEqual([]);
  });
});

describe('the idle timeout', () => {
  it('fires when nothing arrived for as long, and again as long as nothing does', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const { context } = await parentOf(t, seen);
    context().setIdleTimeout(100, '!idle');
    await t.clock.advanceAsync(99, 33);
    expect(seen).toEqual([]);
    await t.clock.advanceAsync(1);
    expect(seen).toEqual(['!idle']);
    await t.clock.advanceAsync(250, 50);
    expect(seen).toEqual(['!idle', '!idle', '!idle']);
  });

  it('counts from the last message that arrived', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const { parent, context } = await parentOf(t, seen);
    context().setIdleTimeout(100, '!idle');
    await t.clock.advanceAsync(60, 60);
    parent.tell('1');
    await t.clock.advanceAsync(99, 33);
    expect(seen).toEqual(['1']);
    await t.clock.advanceAsync(1);
    expect(seen).toEqual(['1', '!idle']);
  });

  it('does not call one idle that is still at a message', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const slow = gate();
    const ref = t.system.spawn(
      'a',
      textProps((context) => ({
        onStart: () => context.setIdleTimeout(100, '!idle'),
        receive: (m) => {
          seen.push(m);
          return m === 'slow' ? slow.promise : undefined;
        },
      })),
    );
    ref.tell('slow');
    await t.clock.advanceAsync(1_000, 50);
    slow.open();
    await settle();
    expect(seen).toEqual(['slow']);
    await t.clock.advanceAsync(100, 50);
    expect(seen).toEqual(['slow', '!idle']);
  });

  it('can be replaced and ended, and holds one timer at most', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const { context } = await parentOf(t, seen);
    context().setIdleTimeout(100, '!a');
    context().setIdleTimeout(50, '!b');
    expect(t.clock.pendingTimers).toBe(1);
    await t.clock.advanceAsync(50, 50);
    expect(seen).toEqual(['!b']);
    context().setIdleTimeout(undefined);
    expect(t.clock.pendingTimers).toBe(0);
    expect(() => context().setIdleTimeout(10)).toThrow('needs a message');
  });
});

describe('pipe', () => {
  it('tells the actor what came of a promise, without holding it up', async () => {
    const t = testSystem();
    const seen: string[] = [];
    const { parent, context } = await parentOf(t, seen);
    const [good, bad] = [gate<number>(), gate<number>()];
    for (const g of [good, bad]) {
      context().pipe(
        g.promise,
        (n) => `done ${n}`,
        (error) => `failed ${(error as Error).message}`,
      );
    }
    parent.tell('meanwhile');
    await settle();
    good.open(1);
    bad.fail(new Error('no'));
    await settle();
    expect(seen).toEqual(['meanwhile', 'done 1', 'failed no']);
  });

  it('still delivers after a restart, and makes a dead letter of what comes after a stop', async () => {
    const t = testSystem({ supervisor: alwaysStrategy('restart') });
    const seen: string[] = [];
    const [first, second] = [gate(), gate()];
    const ref = t.system.spawn(
      'a',
      textProps((context) => ({
        receive: (m) => {
          if (m === 'boom') throw new Error(m);
          seen.push(m);
          if (m !== 'go') return;
          context.pipe(first.promise, () => 'first', String);
          context.pipe(second.promise, () => 'second', String);
        },
      })),
    );
    ref.tell('go');
    ref.tell('boom');
    await settle();
    first.open();
    await settle();
    expect(seen).toEqual(['go', 'first']);
    await t.system.stop(ref);
    second.open();
    await settle();
    expect(t.deadLetters.map((l) => `${l.message} ${l.reason}`)).toEqual(['boom failed', 'second stopped']);
  });

  it('fails the actor whose mapping throws', async () => {
    const t = testSystem({ supervisor: alwaysStrategy('restart') });
    const { context } = await parentOf(t);
    context().pipe(
      Promise.resolve(),
      () => {
        throw new Error('mapping');
      },
      String,
    );
    await settle();
    expect(t.failures).toMatchObject([{ path: '/parent', error: { message: 'mapping' }, directive: 'restart' }]);
  });
});
